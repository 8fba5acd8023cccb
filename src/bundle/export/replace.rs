//! Whether a file of some form may take the place of the one that stands there.

use std::collections::HashSet;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Format, Sealing};
use crate::encoding::key_store::{self, Contents};
use crate::encoding::private_key::KeyForm;
use crate::keys::{LockedKey, PrivateKey};
use crate::store::FileError;
use crate::store::atomic::{Existing, Output, Readers};
use crate::store::read::{LARGEST_FILE, read_limited};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKey;

/// Checks the place of a file. A key never goes: a file that holds one may be replaced only where it is the
/// very key that the new file holds.
///
/// # Errors
/// What is in the way.
pub fn plan(
    format: Format,
    path: &Path,
    key: Option<&PublicKey>,
    sealing: &Sealing,
    force: bool,
) -> Result<(), FileError> {
    let existing = if force { Existing::Replace } else { Existing::Keep };
    // A store of PKCS#12 that is closed may hold a key; a trust store that opens holds none.
    if !format.has_key() && force && is_without_key(path, sealing) {
        return Ok(());
    }
    if !format.has_key() {
        return Output::plan(path, Readers::Everybody, existing).map(drop);
    }
    match key {
        Some(key) if force && holds(path, key, sealing) => Ok(()),
        _ => Output::plan(path, Readers::Owner, existing).map(drop),
    }
}

/// Whether a file is a store that opens and holds certificates only.
fn is_without_key(path: &Path, sealing: &Sealing) -> bool {
    let (Ok(bytes), Some(password)) = (read_limited(path, LARGEST_FILE), &sealing.password) else { return false };
    key_store::open(&bytes, password.expose()).is_ok_and(|contents| contents.keys.is_empty())
}

/// Whether a trust store can be opened and holds these certificates and nothing else, whatever its octets are.
#[must_use]
pub fn holds_exactly(path: &Path, certificates: &[Certificate], sealing: &Sealing) -> bool {
    let (Ok(bytes), Some(password)) = (read_limited(path, LARGEST_FILE), &sealing.password) else { return false };
    let Ok(Contents { keys, certificates: found }) = key_store::open(&bytes, password.expose()) else { return false };
    let wanted: HashSet<&[u8]> = certificates.iter().map(Certificate::der).collect();
    keys.is_empty()
        && found.iter().all(|entry| entry.counts_for_java)
        && found.iter().map(|entry| entry.der.as_slice()).collect::<HashSet<_>>() == wanted
}

/// Whether a file can be opened and the only key in it is this one.
fn holds(path: &Path, key: &PublicKey, sealing: &Sealing) -> bool {
    let Ok(bytes) = read_limited(path, LARGEST_FILE) else { return false };
    let bytes = Zeroizing::new(bytes);
    let found = match (key_store::kind(&bytes), &sealing.password) {
        (Some(_), Some(password)) => match key_store::open(&bytes, password.expose()) {
            Ok(contents) => match contents.keys.as_slice() {
                [one] => PrivateKey::from_der(KeyForm::Pkcs8, &one.pkcs8).ok(),
                _ => None,
            },
            Err(_) => None,
        },
        (Some(_), None) => None,
        (None, _) => LockedKey::read(&bytes).ok().and_then(|locked| locked.open(None).ok()),
    };
    found.is_some_and(|found| found.public_key() == key)
}
