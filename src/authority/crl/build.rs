//! Building the CRL of a generation: number, list, signature, second reading, files, in this order.

use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, Generation, Signer};
use crate::encoding::revocation::{Content, Draft, SignedList, outline};
use crate::keys::KeyError;
use crate::ledger::{CrlRecord, History, NewCrl, ReservedCrl};
use crate::lint::crl::{check_entry, check_head};
use crate::profile::ProfileName;
use crate::store::layout::IssuerNumber;
use crate::words::finding::Finding;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::signature;
use crate::words::x509::usage::KeyUsage;

/// How long a CRL holds where nobody says otherwise.
const LIFETIME: Lifetime = Lifetime::days(7);
/// The same for a root that signs CAs only, and is opened rarely.
const LIFETIME_OF_OFFLINE_ROOT: Lifetime = Lifetime::days(180);

/// A CRL that is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlOrder {
    /// Of which generation.
    pub issuer: IssuerNumber,
    /// How long it is to hold; else what `ca.toml` says, else 7 days, or 180 for a root that signs
    /// CAs only.
    pub lifetime: Option<Lifetime>,
}

/// A CRL that is out.
#[derive(Debug)]
pub struct BuiltCrl {
    list: SignedList,
    record: CrlRecord,
}

impl BuiltCrl {
    /// The list, in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.list.der()
    }

    /// Number, dates and length.
    #[must_use]
    pub const fn record(&self) -> &CrlRecord {
        &self.record
    }
}

impl Authority {
    /// Builds the CRL of a generation, complete, and brings it out: into the generation's folder and
    /// into the directory that `ca.toml` publishes to. What is revoked is on it until it was on one
    /// CRL from after its end.
    ///
    /// Its number is written down before the key is used; it counts as built when it is in every
    /// place. With the CRL of the generation that signs, the head of the audit log is signed as well. A CA in memory has no places, and the result is all there is.
    ///
    /// # Errors
    /// - [`AuthorityError::UnknownHistory`] where the CA was adopted and nobody said what it had revoked;
    /// - [`AuthorityError::NoCrlSign`] where the CA's certificate does not allow it;
    /// - [`AuthorityError::CrlAhead`] where a CRL is out that this ledger does not know of;
    /// - [`AuthorityError::ForeignPlan`] where the key is another generation's;
    /// - [`AuthorityError::Ledger`], [`AuthorityError::File`], [`AuthorityError::Backend`].
    pub fn build_crl(&mut self, order: &CrlOrder, signer: &Signer, act: &Act) -> Result<BuiltCrl, AuthorityError> {
        let generation = self.generation(order.issuer)?;
        if signer.certificate.fingerprint() != generation.certificate.fingerprint() {
            return Err(AuthorityError::ForeignPlan);
        }
        may_sign_crls(&generation)?;
        self.refuse_behind(&generation)?;
        let this_update = act.now.time();
        let lifetime = match order.lifetime {
            Some(lifetime) => lifetime,
            None => self.crl_lifetime(&generation)?,
        };
        let next_update = this_update.plus_seconds(lifetime.seconds());
        // RFC 5280 section 3.3: what ended before the last CRL was made has been on one since.
        let ended_before = self.ledger.crl_standing(order.issuer)?.last.map(|last| last.this_update);
        let reserved = self.ledger.reserve_crl(NewCrl { issuer: order.issuer, this_update, next_update }, act)?;
        let made = self.signed_list(&generation, &reserved, ended_before, signer).and_then(|(list, changes)| {
            self.bring_out(&generation, &list, reserved.number(), act.now)?;
            Ok((list, changes))
        });
        match made {
            Ok((list, changes)) => {
                let facts = (list.entries(), Fingerprint::of(list.der()));
                let record = self.ledger.complete_crl(reserved, facts, changes, act)?;
                if generation.number == self.issuer.number {
                    self.checkpoint_beside(signer, act);
                }
                Ok(BuiltCrl { list, record })
            }
            Err(error) => {
                // Where the disk is full, this cannot be written either; the first error says more.
                drop(self.ledger.fail_crl(&reserved, &error.to_string(), act));
                Err(error)
            }
        }
    }

    fn signed_list(
        &self,
        generation: &Generation,
        reserved: &ReservedCrl,
        ended_before: Option<crate::words::clock::Time>,
        signer: &Signer,
    ) -> Result<(SignedList, u64), AuthorityError> {
        let certificate = &generation.certificate;
        let NewCrl { issuer: _, this_update, next_update } = *reserved.dates();
        // RFC 5280 section 5.2.1: the issuer's own key, by the identifier that its certificate has.
        let own = certificate.extensions().subject_key_identifier().cloned();
        let content = Content {
            issuer: certificate.subject(),
            authority_key_identifier: &own.unwrap_or_else(|| certificate.public_key().key_identifier()),
            this_update,
            next_update,
            number: reserved.number(),
            signature_algorithm: SignatureAlgorithm::of_key(certificate.public_key().algorithm())
                .ok_or(KeyError::Unsupported)?,
        };
        let mut draft = Draft::new(&content)?;
        let changes = self
            .ledger
            .revoked(generation.number, ended_before, |listed| draft.add(listed).map_err(AuthorityError::from))?;
        let unsigned = draft.finish()?;
        let signature = signer.key.sign(unsigned.to_be_signed())?;
        let list = unsigned.assemble(&signature)?;
        let unsound = second_reading(&list, &content, generation);
        if unsound.is_empty() { Ok((list, changes)) } else { Err(AuthorityError::UnsoundCrl(unsound)) }
    }

    /// How long a CRL holds where the call does not say.
    fn crl_lifetime(&self, generation: &Generation) -> Result<Lifetime, AuthorityError> {
        if let Some(set) = &self.settings.crl_lifetime {
            return Ok(set.value);
        }
        if !generation.certificate.is_self_issued() {
            return Ok(LIFETIME);
        }
        let is_ca = |name: &&ProfileName| self.profiles.get(name).is_ok_and(|profile| profile.ca);
        // Its own OCSP responder and the signer of its log do not make it a CA of leaves.
        let own: Vec<&str> = self
            .profiles
            .names()
            .into_iter()
            .filter(is_ca)
            .map(ProfileName::as_str)
            .chain(["ocsp-responder", ProfileName::AUDIT_SIGNER.as_str()])
            .collect();
        let number = generation.number;
        let signs_cas_only = self.ledger.has_certificates(number)? && !self.ledger.has_other_profiles(number, &own)?;
        Ok(if signs_cas_only { LIFETIME_OF_OFFLINE_ROOT } else { LIFETIME })
    }
}

/// Whether what is known and what its certificate says allow this CA to sign CRLs.
fn may_sign_crls(generation: &Generation) -> Result<(), AuthorityError> {
    if generation.history == History::Unknown {
        return Err(AuthorityError::UnknownHistory(generation.number));
    }
    // RFC 5280 section 4.2.1.3: where key usage is there, it has to name cRLSign.
    match generation.certificate.extensions().key_usage() {
        Some(usages) if !usages.contains(KeyUsage::CrlSign) => {
            Err(AuthorityError::NoCrlSign { subject: generation.certificate.subject().rfc4514() })
        }
        _ => Ok(()),
    }
}

/// Whether the bytes say what was meant, hold no rule's breach, and are signed by the CA's key.
fn second_reading(list: &SignedList, meant: &Content<'_>, generation: &Generation) -> Vec<Finding> {
    let mut findings = Vec::new();
    let read = outline(list.der(), |entry| {
        findings.extend(check_entry(&entry));
        Ok(())
    });
    let outline = match read {
        Ok(outline) => outline,
        Err(error) => {
            return vec![Finding::error("lint.not_readable", format!("the CRL does not read back: {error}"))];
        }
    };
    let head = &outline.head;
    findings.extend(check_head(head));
    // Without `..`, so that a new part is compared too.
    let Content { issuer, authority_key_identifier, this_update, next_update, number, signature_algorithm } = meant;
    let named = head.extensions.authority_key_identifier().and_then(|aki| aki.key_identifier.as_deref());
    let signed = list.der().get(outline.to_be_signed.clone()).unwrap_or(&[]);
    let same = [
        ("issuer", head.issuer.der() == issuer.der()),
        ("authority key identifier", named == Some(*authority_key_identifier)),
        ("date", (head.this_update, head.next_update) == (*this_update, Some(*next_update))),
        ("number", head.number() == Some(*number)),
        ("signature algorithm", head.signature_algorithm.oid == signature_algorithm.oid()),
        ("list of entries", (outline.entries, outline.digest) == (list.entries(), list.digest())),
    ];
    let differs = same
        .iter()
        .filter(|(_, same)| !same)
        .map(|(what, _)| Finding::error("lint.differs", format!("the encoded CRL has another {what} than was meant")));
    findings.extend(differs);
    let key = generation.certificate.public_key();
    if let Err(error) = signature::verify(&head.signature_algorithm, key, signed, &outline.signature) {
        findings.push(Finding::error("lint.differs", format!("the signature of the CRL does not hold: {error}")));
    }
    findings
}

/// The number of a CRL that is compared with what the ledger knows.
pub(super) fn is_ahead(published: Option<CrlNumber>, known: Option<CrlNumber>) -> bool {
    published.is_some_and(|published| known.is_none_or(|known| published > known))
}
