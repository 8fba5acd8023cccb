//! Who signed what: each signature over a certificate is checked once for a question, and those over
//! certificates of CAs once for all questions of a [`Judge`](super::Judge).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::signature::SignatureError;

/// So many CAs are remembered, whatever is in the files.
const MOST_AUTHORITIES: usize = 10_000;

type Verdict = Result<(), SignatureError>;

/// What came of the signatures over certificates of CAs, by the digests of certificate and issuer's key.
#[derive(Debug, Default)]
pub(super) struct Authorities(Mutex<HashMap<(Fingerprint, Fingerprint), Verdict>>);

/// What came of the signatures that one question has to do with. They are known by where the certificates
/// stand, which is one place for each of them while a question is answered.
#[derive(Debug, Default)]
pub(super) struct Signatures<'j> {
    checked: RefCell<HashMap<(*const Certificate, *const Certificate), Verdict>>,
    authorities: Option<&'j Authorities>,
}

impl<'j> Signatures<'j> {
    /// Those of one question of many.
    pub(super) fn known_to(authorities: &'j Authorities) -> Self {
        Self { checked: RefCell::default(), authorities: Some(authorities) }
    }

    /// How many were checked.
    pub(super) fn count(&self) -> usize {
        self.checked.borrow().len()
    }

    /// Whether the issuer's key verifies the certificate.
    pub(super) fn verify<'c>(&self, certificate: &'c Certificate, issuer: &'c Certificate) -> Verdict {
        let pair = (std::ptr::from_ref(certificate), std::ptr::from_ref(issuer));
        if let Some(known) = self.checked.borrow().get(&pair) {
            return known.clone();
        }
        let verdict = match self.authorities {
            Some(authorities) if certificate.is_ca() => authorities.verify(certificate, issuer),
            _ => certificate.verify_signature(issuer.public_key()),
        };
        self.checked.borrow_mut().insert(pair, verdict.clone());
        verdict
    }
}

impl Authorities {
    fn verify(&self, certificate: &Certificate, issuer: &Certificate) -> Verdict {
        let pair = (certificate.fingerprint(), issuer.public_key().fingerprint());
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = known().get(&pair) {
            return verdict.clone();
        }
        // Two threads may check the same one; they come to the same end.
        let verdict = certificate.verify_signature(issuer.public_key());
        let mut known = known();
        if known.len() < MOST_AUTHORITIES {
            known.insert(pair, verdict.clone());
        }
        verdict
    }
}
