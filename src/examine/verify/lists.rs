//! The CRLs of a question: whom they name, who signed them, and which certificates are on them.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::words::x509::extension::{Extension, ExtensionBody};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::name::Name;
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};
use crate::words::x509::serial::Serial;
use crate::words::x509::signature::SignatureError;

/// All CRLs of a question.
#[derive(Debug)]
pub(super) struct Lists<'a>(Vec<List<'a>>);

/// One of them, and what is remembered of it.
#[derive(Debug)]
pub(super) struct List<'a> {
    list: &'a RevocationList,
    /// For many questions: where each number stands.
    by_serial: Option<HashMap<&'a Serial, &'a RevokedEntry>>,
    /// By the digest of the key that it was checked with.
    signed: Mutex<HashMap<Fingerprint, Result<(), SignatureError>>>,
    is_beyond_us: OnceLock<bool>,
}

impl<'a> Lists<'a> {
    /// For one question: they are looked through from top to bottom, which is less work than sorting.
    pub(super) fn plain(lists: &'a [RevocationList]) -> Self {
        Self(lists.iter().map(|list| List::of(list, None)).collect())
    }

    /// For many questions.
    pub(super) fn sorted(lists: &'a [RevocationList]) -> Self {
        Self(lists.iter().map(|list| List::of(list, Some(by_serial(list)))).collect())
    }

    /// Those that name this issuer.
    pub(super) fn naming(&self, issuer: &Name) -> Vec<&List<'a>> {
        self.0.iter().filter(|list| list.list.issuer().matches(issuer)).collect()
    }
}

/// The first entry of each number that revokes it.
fn by_serial(list: &RevocationList) -> HashMap<&Serial, &RevokedEntry> {
    let mut known = HashMap::with_capacity(list.entries().len());
    for entry in list.entries().iter().filter(|entry| revokes(entry)) {
        known.entry(&entry.serial).or_insert(entry);
    }
    known
}

/// RFC 5280 section 5.3.1: removeFromCRL, of delta CRLs, takes an entry back.
fn revokes(entry: &RevokedEntry) -> bool {
    entry.reason() != RevocationReason::RemoveFromCrl
}

impl<'a> List<'a> {
    fn of(list: &'a RevocationList, by_serial: Option<HashMap<&'a Serial, &'a RevokedEntry>>) -> Self {
        Self { list, by_serial, signed: Mutex::default(), is_beyond_us: OnceLock::new() }
    }

    /// What it says.
    pub(super) const fn list(&self) -> &'a RevocationList {
        self.list
    }

    /// The entry that revokes this number.
    pub(super) fn entry_of(&self, serial: &Serial) -> Option<&'a RevokedEntry> {
        match &self.by_serial {
            Some(known) => known.get(serial).copied(),
            None => self.list.entries().iter().find(|entry| entry.serial == *serial && revokes(entry)),
        }
    }

    /// Whether this key signed it.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), SignatureError> {
        let digest = key.fingerprint();
        let known = || self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = known().get(&digest) {
            return verdict.clone();
        }
        let verdict = self.list.verify_signature(key);
        known().insert(digest, verdict.clone());
        verdict
    }

    /// Whether it, or an entry of it, has a critical extension that is not known here (RFC 5280 sections
    /// 5.2 and 5.3).
    pub(super) fn is_beyond_us(&self) -> bool {
        *self.is_beyond_us.get_or_init(|| {
            let of_entries = self.list.entries().iter().flat_map(|entry| entry.extensions.iter());
            self.list.extensions().iter().chain(of_entries).any(is_unknown)
        })
    }
}

fn is_unknown(extension: &Extension) -> bool {
    let known = matches!(
        extension.body,
        ExtensionBody::CrlNumber(_)
            | ExtensionBody::IssuingDistributionPoint(_)
            | ExtensionBody::AuthorityKeyIdentifier(_)
            | ExtensionBody::ReasonCode(_)
            | ExtensionBody::InvalidityDate(_)
    );
    let malformed = matches!(extension.body, ExtensionBody::Malformed(_));
    extension.critical && !known || malformed && extension.oid == oid::ISSUING_DISTRIBUTION_POINT
}
