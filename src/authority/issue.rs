//! From an order to a certificate that the ledger knows: plan, reserve, sign, complete. Each step
//! uses up the one before, so that none can be left out.

use super::{Authority, AuthorityError, LockedIssuerKey, Signer};
use crate::audit::event::{Act, Actor};
use crate::bundle::pem;
use crate::encoding::certificate::assemble;
use crate::enroll::csr;
use crate::keys::{PrivateKey, random, seal};
use crate::ledger::{KnownName, Ledger, Reservation, ReservedRow};
use crate::lint::{self, Cleared};
use crate::policy::{self, Grant, IssuerTerms};
use crate::profile::ProfileName;
use crate::store::layout::IssuerNumber;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::algorithm::{KeyAlgorithm, SignatureAlgorithm};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::{ProvenKey, Request};
use crate::words::x509::san::San;
use crate::words::x509::serial::Serial;

/// A certificate that every rule allows, down to its to-be-signed bytes. Nothing is written yet,
/// and no key was opened.
#[derive(Debug)]
pub struct Plan {
    cleared: Cleared,
}

impl Plan {
    /// The number that it will have.
    #[must_use]
    pub fn serial(&self) -> &Serial {
        self.cleared.serial()
    }

    /// What was asked and what is granted, a row for each part of the request.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        self.cleared.draft().grants()
    }

    /// Warnings and notices of the rules.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        findings(&self.cleared)
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &ProfileName {
        self.cleared.draft().profile()
    }

    /// The certificate as it will read, but for its signature.
    #[must_use]
    pub fn preview(&self) -> &Certificate {
        self.cleared.preview()
    }
}

/// A certificate that exists: signed, verified, and in the ledger.
#[derive(Debug)]
pub struct Issued {
    certificate: Certificate,
    chain: Vec<Certificate>,
    grants: Vec<Grant>,
    findings: Vec<Finding>,
    profile: ProfileName,
}

impl Issued {
    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What goes behind it in a handshake: intermediates, without the root.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Leaf, then chain, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::certificates(std::iter::once(&self.certificate).chain(&self.chain))
    }

    /// What was asked and what was granted.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Warnings and notices of the rules.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &ProfileName {
        &self.profile
    }
}

/// A certificate and its key.
#[derive(Debug)]
pub struct IssuedWithKey {
    issued: Issued,
    key: PrivateKey,
}

impl IssuedWithKey {
    /// The certificate.
    #[must_use]
    pub const fn issued(&self) -> &Issued {
        &self.issued
    }

    /// Leaf, then chain, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.issued.certificate_pem()
    }

    /// The key, in unencrypted PKCS#8 PEM.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn key_pem(&self) -> Result<zeroize::Zeroizing<String>, AuthorityError> {
        Ok(seal(&self.key, None)?)
    }
}

impl Authority {
    /// Asks every rule whether this may be issued, and builds what would be signed.
    ///
    /// # Errors
    /// [`AuthorityError::Refused`] with everything that stands in the way.
    pub fn plan(
        &self,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let proven = ProvenKey::from_request(request).map_err(AuthorityError::Possession)?;
        let fingerprint = proven.public_key().fingerprint();
        if self.ledger.is_key_compromised(&fingerprint)? {
            return Err(AuthorityError::CompromisedKey(fingerprint));
        }
        let profile = self.profiles.get(profile)?;
        let algorithm = SignatureAlgorithm::of_key(self.issuer.certificate.public_key().algorithm())
            .ok_or(crate::keys::KeyError::Unsupported)?;
        let label = self.issuer.number.to_string();
        let terms = IssuerTerms {
            label: &label,
            default_lifetime: self.settings.default_lifetime.as_ref(),
            max_lifetime: self.settings.max_lifetime.as_ref(),
            urls: &self.settings.urls,
            trust_domain: self.settings.trust_domain.as_ref(),
            ..IssuerTerms::authority(&self.issuer.certificate, &self.issuer.above, algorithm)
        };
        let draft = policy::draft(&profile, &proven, order, &terms, now)?;
        Ok(Plan { cleared: lint::clear(draft, random::serial()?)? })
    }

    /// The CA's key, to be unlocked before [`Authority::issue`].
    ///
    /// # Errors
    /// Where its file is missing or holds no key.
    pub fn locked_key(&self) -> Result<LockedIssuerKey, AuthorityError> {
        self.issuer.locked_key()
    }

    /// Writes the plan down, signs it, checks the signature, and stores the certificate. Only then
    /// does it return.
    ///
    /// # Errors
    /// Where the ledger or the backend fails. A reservation that was not completed stays in the
    /// ledger as pending or abandoned.
    pub fn issue(&mut self, plan: Plan, signer: &Signer, act: &Act) -> Result<Issued, AuthorityError> {
        let chain = self.issuer.chain();
        let reserved = Reserved::reserve(plan.cleared, self.issuer.number, &mut self.ledger, act)?;
        reserved.sign(signer, &mut self.ledger, act, chain)
    }

    /// Key and certificate in one call, for the tests of other programs: a P-256 key, a built-in
    /// profile, and names whose kind is found by their form.
    ///
    /// # Errors
    /// As [`Authority::plan`] and [`Authority::issue`].
    pub fn issue_for_tests(
        &mut self,
        profile: &str,
        names: &[&str],
    ) -> Result<IssuedWithKey, Box<dyn std::error::Error>> {
        let now = Now::at(self.issuer.certificate.validity().not_before.plus_seconds(300));
        let sans = names.iter().map(|name| name.parse()).collect::<Result<Vec<San>, _>>()?;
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
        let order = Order { sans, requester: "test".to_owned(), ..Order::default() };
        let plan = self.plan(csr::nameless(&key)?, &order, &profile.parse()?, now)?;
        let signer = self.locked_key()?.unlock(None)?;
        let act = Act { now, actor: Actor::default(), command: "issue".to_owned() };
        Ok(IssuedWithKey { issued: self.issue(plan, &signer, &act)?, key })
    }
}

/// A plan that is written down, and whose key was not used yet.
struct Reserved {
    row: ReservedRow,
    cleared: Cleared,
}

impl Reserved {
    fn reserve(cleared: Cleared, issuer: IssuerNumber, ledger: &mut Ledger, act: &Act) -> Result<Self, AuthorityError> {
        let draft = cleared.draft();
        let names = names(cleared.preview());
        let subject = cleared.preview().subject().rfc4514();
        let reservation = Reservation {
            issuer,
            serial: cleared.serial(),
            to_be_signed: cleared.to_be_signed(),
            request: Some(draft.request().der()),
            profile: draft.profile().as_str(),
            requester: draft.requester(),
            validity: cleared.preview().validity(),
            subject: &subject,
            public_key: cleared.preview().public_key().fingerprint(),
            names: &names,
            replaces: None,
        };
        let row = ledger.reserve(&reservation, act)?;
        Ok(Self { row, cleared })
    }

    fn sign(
        self,
        signer: &Signer,
        ledger: &mut Ledger,
        act: &Act,
        chain: Vec<Certificate>,
    ) -> Result<Issued, AuthorityError> {
        let Self { row, cleared } = self;
        let certificate = match sign(&cleared, signer) {
            Ok(certificate) => certificate,
            Err(error) => {
                ledger.abandon(row, &error.to_string(), act)?;
                return Err(error);
            }
        };
        ledger.complete(row, certificate.der(), act)?;
        let draft = cleared.draft();
        Ok(Issued {
            certificate,
            chain,
            grants: draft.grants().to_vec(),
            findings: findings(&cleared),
            profile: draft.profile().clone(),
        })
    }
}

/// Signs what was cleared, and believes the result only after its signature verified under the
/// issuer's certificate and its signed bytes are those that were cleared.
pub(super) fn sign(cleared: &Cleared, signer: &Signer) -> Result<Certificate, AuthorityError> {
    let signature = signer.key.sign(cleared.to_be_signed())?;
    let certificate = assemble(cleared.to_be_signed(), signer.key.signature_algorithm(), &signature)?;
    let same = certificate.to_be_signed() == cleared.to_be_signed();
    if same && certificate.verify_signature(signer.certificate.public_key()).is_ok() {
        Ok(certificate)
    } else {
        Err(AuthorityError::BadSignature { serial: cleared.serial().clone() })
    }
}

/// What policy and lint had to say that does not forbid it.
pub(super) fn findings(cleared: &Cleared) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in cleared.draft().findings().iter().chain(cleared.remarks()) {
        // Policy and lint may say the same of the same thing.
        if !findings.iter().any(|said| said.message == finding.message) {
            findings.push(finding.clone());
        }
    }
    findings
}

/// By which names the ledger finds it: the subject's common names and the alternative names.
fn names(certificate: &Certificate) -> Vec<KnownName> {
    let common =
        certificate.subject().attributes().filter(|attribute| attribute.kind == crate::words::x509::oid::COMMON_NAME);
    let common = common.filter_map(|attribute| attribute.value.text());
    let common = common.map(|text| KnownName { kind: "cn".to_owned(), value: text.to_owned() });
    let alternative = certificate.extensions().subject_alt_names().iter();
    let alternative = alternative.map(|name| KnownName { kind: name.kind().to_owned(), value: name.value() });
    common.chain(alternative).collect()
}
