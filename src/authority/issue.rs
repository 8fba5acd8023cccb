//! From a plan to a certificate that the ledger knows: reserve, sign, complete. Each step uses up
//! the one before, so that none can be left out.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::plan::{Plan, findings};
use super::{Authority, AuthorityError, Generation, Signer};
use crate::audit::event::Act;
use crate::bundle::{pem, tls};
use crate::encoding::certificate;
use crate::keys::PrivateKey;
use crate::ledger::{KnownName, Ledger, Reservation, ReservedRow, RowId};
use crate::lint::Cleared;
use crate::policy::Grant;
use crate::profile::ProfileName;
use crate::store::layout::IssuerNumber;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::request::Request;

/// A certificate that exists: signed, verified, and in the ledger.
#[derive(Debug)]
pub struct Issued {
    certificate: Certificate,
    chain: Arc<[Certificate]>,
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

    /// The certificate alone.
    #[must_use]
    pub fn into_certificate(self) -> Certificate {
        self.certificate
    }

    /// What goes behind it in a handshake: intermediates, without the root.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Leaf, then chain, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::certificates(std::iter::once(&self.certificate).chain(self.chain.iter()))
    }

    /// Leaf, then chain, as rustls takes them.
    #[must_use]
    pub fn certificate_der(&self) -> Vec<CertificateDer<'static>> {
        tls::certificates(std::iter::once(&self.certificate).chain(self.chain.iter()))
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

impl Authority {
    /// A certificate for a request in one call: [`Authority::plan`], then [`Authority::issue`].
    ///
    /// ```
    /// use mtls_ca::profile::ProfileName;
    /// use mtls_ca::{Act, Authority, Now, Order, encoding};
    /// # use mtls_ca::{bundle::pem, enroll::csr, keys::PrivateKey, x509::algorithm::KeyAlgorithm};
    /// # let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
    /// # let file = pem::request(&csr::request(&key, &csr::Wishes::named("billing", None, Vec::new())?)?);
    ///
    /// let act = Act::of_process("reload-tests", Now::from_system());
    /// let mut ca = Authority::ephemeral(act.now)?;
    /// let signer = ca.unlock(None)?;
    /// let request = encoding::request::read_one(file.as_bytes())?;
    /// let issued = ca.sign(request, &Order::default(), &ProfileName::CLIENT, &signer, &act)?;
    /// assert_eq!(issued.certificate().subject().rfc4514(), "CN=billing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As both of them.
    pub fn sign(
        &mut self,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        signer: &Signer,
        act: &Act,
    ) -> Result<Issued, AuthorityError> {
        let plan = self.plan_on_record(request, order, profile, act)?;
        self.issue(plan, signer, act)
    }

    /// Writes the plan down, signs it, checks the signature, and stores the certificate. Only then
    /// does it return.
    ///
    /// # Errors
    /// [`AuthorityError::ForeignPlan`] where another CA made the plan or unlocked the key;
    /// [`AuthorityError::CompromisedKey`] where the key was revoked since;
    /// [`AuthorityError::Ledger`] where the ledger could not be written, [`AuthorityError::Backend`]
    /// or [`AuthorityError::BadSignature`] where the key failed. A reservation that was not completed
    /// stays in the ledger as pending or abandoned.
    pub fn issue(&mut self, plan: Plan, signer: &Signer, act: &Act) -> Result<Issued, AuthorityError> {
        let issuer = self.issuer.clone();
        self.issue_under(&issuer, plan, signer, act)
    }

    /// The same for a certificate of any generation, which [`Authority::plan_under`] planned.
    pub(super) fn issue_under(
        &mut self,
        issuer: &Generation,
        plan: Plan,
        signer: &Signer,
        act: &Act,
    ) -> Result<Issued, AuthorityError> {
        let own = issuer.certificate.fingerprint();
        let may_sign = issuer.number == self.issuer.number || *plan.profile() == ProfileName::OCSP_RESPONDER;
        if !may_sign || plan.issuer != own || signer.certificate.fingerprint() != own {
            return Err(AuthorityError::ForeignPlan);
        }
        // The plan may be of yesterday.
        let key = plan.preview().public_key().fingerprint();
        if self.ledger.is_key_compromised(&key)? {
            return Err(AuthorityError::CompromisedKey(key));
        }
        let chain = issuer.chain().into();
        let reserved = Reserved::reserve(Recorded::of(plan, act), issuer.number, &mut self.ledger, act)?;
        reserved.sign(signer, &mut self.ledger, act, chain)
    }
}

/// A plan with everything that its reservation says.
pub(super) struct Recorded {
    cleared: Cleared,
    replaces: Option<RowId>,
    requester: String,
    subject: String,
    public_key: Fingerprint,
    names: Vec<KnownName>,
}

impl Recorded {
    pub(super) fn of(plan: Plan, act: &Act) -> Self {
        let Plan { cleared, issuer: _, replaces } = plan;
        let preview = cleared.preview();
        Self {
            requester: cleared.draft().requester().map_or_else(|| act.actor.to_string(), str::to_owned),
            subject: preview.subject().rfc4514(),
            public_key: preview.public_key().fingerprint(),
            names: KnownName::all_of(preview),
            replaces,
            cleared,
        }
    }

    pub(super) const fn cleared(&self) -> &Cleared {
        &self.cleared
    }

    pub(super) fn reservation(&self, issuer: IssuerNumber) -> Reservation<'_> {
        let Self { cleared, replaces, requester, subject, public_key, names } = self;
        let draft = cleared.draft();
        Reservation {
            issuer,
            serial: cleared.serial(),
            to_be_signed: cleared.to_be_signed(),
            request: draft.request().map(Request::der),
            profile: draft.profile().as_str(),
            requester,
            validity: cleared.preview().validity(),
            subject,
            public_key: *public_key,
            names,
            replaces: *replaces,
            asked: draft.asked(),
            rules: draft.rules(),
        }
    }

    /// What is signed next.
    pub(super) fn into_cleared(self) -> Cleared {
        self.cleared
    }
}

/// A certificate that is signed and verified, and that the ledger does not have yet: nobody may see a byte
/// of it.
#[must_use = "a signed certificate is to be stored"]
pub(super) struct Signed {
    certificate: Certificate,
    grants: Vec<Grant>,
    findings: Vec<Finding>,
    profile: ProfileName,
}

impl Signed {
    pub(super) const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate of a CA that is being made, whose ledger begins with it, and what was said of it.
    pub(super) fn into_first(self) -> (Certificate, Vec<Finding>) {
        (self.certificate, self.findings)
    }

    /// Now that the ledger has it.
    pub(super) fn issued(self, chain: Arc<[Certificate]>) -> Issued {
        let Self { certificate, grants, findings, profile } = self;
        Issued { certificate, chain, grants, findings, profile }
    }
}

/// A plan that is written down, and whose key was not used yet.
struct Reserved {
    row: ReservedRow,
    plan: Recorded,
}

impl Reserved {
    fn reserve(plan: Recorded, issuer: IssuerNumber, ledger: &mut Ledger, act: &Act) -> Result<Self, AuthorityError> {
        let row = ledger.reserve(&plan.reservation(issuer), act)?;
        Ok(Self { row, plan })
    }

    fn sign(
        self,
        signer: &Signer,
        ledger: &mut Ledger,
        act: &Act,
        chain: Arc<[Certificate]>,
    ) -> Result<Issued, AuthorityError> {
        let Self { row, plan } = self;
        let signed = match signed(plan.into_cleared(), &signer.key, signer.certificate.public_key()) {
            Ok(signed) => signed,
            Err(error) => {
                ledger.abandon(row, &error.to_string(), act)?;
                return Err(error);
            }
        };
        ledger.complete(row, signed.certificate().der(), act)?;
        Ok(signed.issued(chain))
    }
}

/// Signs what was cleared, and believes the result only after its signature verified under the
/// issuer's public key and its signed bytes are those that were cleared.
pub(super) fn signed(cleared: Cleared, key: &PrivateKey, issuer: &PublicKey) -> Result<Signed, AuthorityError> {
    let findings = findings(&cleared);
    let signature = key.sign(cleared.to_be_signed())?;
    let (draft, to_be_signed, preview) = cleared.into_parts();
    let certificate = certificate::signed(preview, key.signature_algorithm(), &signature)?;
    let certificate = believed(certificate, &to_be_signed, issuer)?;
    let (grants, profile) = draft.into_grants();
    Ok(Signed { certificate, grants, findings, profile })
}

/// The same for bytes that were cleared by a process that is gone, and are in the ledger.
pub(super) fn signed_bytes(
    to_be_signed: &[u8],
    key: &PrivateKey,
    issuer: &PublicKey,
) -> Result<Certificate, AuthorityError> {
    let signature = key.sign(to_be_signed)?;
    believed(certificate::assemble(to_be_signed, key.signature_algorithm(), &signature)?, to_be_signed, issuer)
}

fn believed(certificate: Certificate, to_be_signed: &[u8], issuer: &PublicKey) -> Result<Certificate, AuthorityError> {
    if certificate.to_be_signed() == to_be_signed && certificate.verify_signature(issuer).is_ok() {
        Ok(certificate)
    } else {
        Err(AuthorityError::BadSignature { serial: certificate.serial().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::NewCa;
    use crate::enroll::csr;
    use crate::words::clock::{Now, Time};
    use crate::words::x509::algorithm::KeyAlgorithm;

    #[test]
    fn what_is_composed_is_what_the_bytes_read_as() {
        let now = Now::at(Time::from_unix(1_801_353_600).unwrap());
        let act = Act::of_process("test", now);
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        for (key_algorithm, name) in KeyAlgorithm::ALL {
            let mut ca = Authority::ephemeral_as(&NewCa { key_algorithm, ..NewCa::plain() }, now).unwrap();
            let signer = ca.unlock(None).unwrap();
            let wishes = csr::Wishes::named("svc-a.internal", None, Vec::new()).unwrap();
            let request = csr::request(&key, &wishes).unwrap();
            let issued = ca.sign(request, &Order::default(), &ProfileName::SERVER, &signer, &act).unwrap();
            assert_eq!(*issued.certificate(), certificate::read(issued.certificate().der()).unwrap(), "{name}");
        }
    }

    #[test]
    fn another_algorithm_than_the_one_within_is_not_put_beside_it() {
        let ca = Authority::ephemeral(Now::at(Time::from_unix(1_801_353_600).unwrap())).unwrap();
        let preview = certificate::preview(ca.certificate().to_be_signed()).unwrap();
        let other = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        let signature = other.sign(preview.der()).unwrap();
        assert!(certificate::signed(preview, other.signature_algorithm(), &signature).is_err());
    }
}
