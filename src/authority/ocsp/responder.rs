//! The responder of a generation: its key, its short-lived certificate, and when both are made anew.

use std::path::PathBuf;

use crate::audit::event::Act;
use crate::authority::issuer::{KeyPlace, locked_in};
use crate::authority::{Authority, AuthorityError, Generation, LARGEST_TEXT};
use crate::bundle::pem;
use crate::encoding::certificate;
use crate::enroll::csr::{self, Wishes};
use crate::keys::{Passphrase, PrivateKey, seal};
use crate::ledger::State;
use crate::profile::ProfileName;
use crate::store::atomic::{Readers, write_new};
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::{is_file, read_limited};
use crate::store::removal::discard_key;
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::algorithm::{KeyAlgorithm, RsaBits};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::IdDigest;
use crate::words::x509::name::Attribute;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

/// Who answers for a generation, ready to sign.
#[derive(Debug)]
pub struct Responder {
    pub(super) number: IssuerNumber,
    /// The generation's certificate.
    pub(super) issuer: Certificate,
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    pub(super) is_new: bool,
}

impl Responder {
    /// Its certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The generation that it answers for.
    #[must_use]
    pub const fn number(&self) -> IssuerNumber {
        self.number
    }

    /// Whether it was made for this call.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// ResponderID byKey: the SHA-1 digest of its public key (RFC 6960 section 4.2.1).
    pub(super) fn identifier(&self) -> Vec<u8> {
        IdDigest::Sha1.of(self.certificate.public_key().bits())
    }
}

impl Authority {
    /// Whether answering takes a passphrase: the key of a generation that answers, or of its responder,
    /// is encrypted.
    ///
    /// # Errors
    /// Where a key file cannot be read. One of a CA that is kept elsewhere may be missing.
    pub fn answering_takes_passphrase(&self, now: Now) -> Result<bool, AuthorityError> {
        for generation in self.answering(now)? {
            let KeyPlace::File(key) = &generation.key else { continue };
            for path in [Some(key.clone()), self.responder_file(&generation)].into_iter().flatten() {
                if is_file(&path)? && locked_in(&path)?.is_encrypted() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The responder of a generation: the one that there is, or a new one where that has less than a
    /// third of its life left, cannot be opened, or was revoked. Making one takes the generation's key.
    /// It is sealed with the same passphrase where that key is.
    ///
    /// # Errors
    /// As [`Authority::plan`] and [`Authority::issue`], and where a key stays closed.
    pub fn responder(
        &mut self,
        generation: &Generation,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Responder, AuthorityError> {
        let present = self.present_responder(generation, passphrase);
        if let Ok(Some(responder)) = &present
            && !is_due(&responder.certificate, act.now)
        {
            return present?.ok_or(AuthorityError::UnknownIssuer(generation.number));
        }
        match self.new_responder(generation, passphrase, act) {
            // The generation's key is kept elsewhere: what is here does for as long as it holds.
            Err(AuthorityError::File(error)) if error.is_not_found() => match present {
                Ok(Some(responder)) if responder.certificate.validity().seconds_left(act.now) > 0 => Ok(responder),
                Err(closed) => Err(closed),
                Ok(_) => Err(error.into()),
            },
            made => made,
        }
    }

    fn responder_file(&self, generation: &Generation) -> Option<PathBuf> {
        let layout = Layout::at(self.directory.as_ref()?);
        Some(layout.issuer(generation.number).responder())
    }

    /// The responder on disk; none where there is none that may answer.
    fn present_responder(
        &self,
        generation: &Generation,
        passphrase: Option<&Passphrase>,
    ) -> Result<Option<Responder>, AuthorityError> {
        let Some(path) = self.responder_file(generation) else { return Ok(None) };
        if !is_file(&path)? {
            return Ok(None);
        }
        let content = zeroize::Zeroizing::new(read_limited(&path, LARGEST_TEXT)?);
        let Some(certificate) = certificate::read_all(&content).ok().and_then(|found| found.into_iter().next()) else {
            return Ok(None);
        };
        let key = locked_in(&path)?.open(passphrase).map_err(|source| AuthorityError::Key { path, source })?;
        let known = self.ledger.by_fingerprint(&certificate.fingerprint())?;
        let may_answer = key.public_key() == certificate.public_key()
            && certificate.verify_signature(generation.certificate.public_key()).is_ok()
            && known.is_some_and(|entry| entry.state == State::Issued && entry.issuer == generation.number);
        let (number, issuer) = (generation.number, generation.certificate.clone());
        Ok(may_answer.then_some(Responder { number, issuer, certificate, key, is_new: false }))
    }

    fn new_responder(
        &mut self,
        generation: &Generation,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Responder, AuthorityError> {
        let issuer = &generation.certificate;
        let key = PrivateKey::generate(key_like(issuer.public_key()))?;
        let wishes = Wishes { subject: subject(generation), ..Wishes::default() };
        let request = csr::request(&key, &wishes)?;
        let plan = self.plan_under(generation, request, &Order::default(), &ProfileName::OCSP_RESPONDER, act.now)?;
        let locked = generation.locked_key()?;
        let passphrase = if locked.needs_passphrase() { passphrase } else { None };
        let sealed = seal(&key, passphrase)?;
        let signer = locked.unlock(passphrase)?;
        let issued = self.issue_under(generation, plan, &signer, act)?;
        let certificate = issued.into_certificate();
        if let Some(path) = self.responder_file(generation) {
            // No key is ever overwritten. What goes here was good for saying what the next one says too;
            // where power goes before the new one is there, another is made.
            discard_key(&path)?;
            let content = zeroize::Zeroizing::new(format!("{}{}", *sealed, pem::certificates([&certificate])));
            write_new(&path, content.as_bytes(), Readers::Owner)?;
        }
        let (number, issuer) = (generation.number, issuer.clone());
        Ok(Responder { number, issuer, certificate, key, is_new: true })
    }
}

/// With less than a third of its life left.
fn is_due(certificate: &Certificate, now: Now) -> bool {
    let validity = certificate.validity();
    validity.seconds_left(now).saturating_mul(3) < validity.seconds()
}

/// Whoever checks the certificate can check its signatures: a key of the issuer's kind. Of RSA the
/// smallest, for these keys live for days.
const fn key_like(issuer: &PublicKey) -> KeyAlgorithm {
    match issuer.algorithm() {
        PublicKeyAlgorithm::Rsa { .. } => KeyAlgorithm::Rsa(RsaBits::B2048),
        PublicKeyAlgorithm::EcdsaP384 => KeyAlgorithm::EcdsaP384,
        PublicKeyAlgorithm::EcdsaP521 => KeyAlgorithm::EcdsaP521,
        PublicKeyAlgorithm::Ed25519 => KeyAlgorithm::Ed25519,
        PublicKeyAlgorithm::EcdsaP256 | PublicKeyAlgorithm::Other { .. } => KeyAlgorithm::EcdsaP256,
    }
}

/// Below the name of its CA, as directory name constraints would want it.
fn subject(generation: &Generation) -> NameText {
    let issuer = generation.certificate.subject();
    let inherited = issuer.attributes().filter(|attribute| attribute.kind != oid::COMMON_NAME);
    let inherited = inherited.filter_map(|attribute| {
        let text = attribute.value.text()?.to_owned();
        Some(Attribute::new(attribute.kind.clone(), text))
    });
    let own = Attribute::new(oid::COMMON_NAME, format!("OCSP responder {}", generation.number));
    NameText::of(inherited.chain([own]).collect())
}
