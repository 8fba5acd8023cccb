//! The forms of a delivered certificate, which its successor has as well: a service that reads a PKCS#12 store
//! is not to find none after a renewal.

use std::path::{Path, PathBuf};

use crate::bundle::export::{Alias, Extras, Format};
use crate::encoding::key_store::{self, OpenError};
use crate::keys::Passphrase;
use crate::store::FileError;
use crate::store::read::read_limited;
use crate::store::versions::Versions;

use super::LARGEST_TEXT;
use super::deliver::RefreshError;

/// What the next set of a folder has besides key, certificate, chain and trust: what is wanted, and every form
/// that is there now.
///
/// # Errors
/// Where a store is there and its password is not given, or is another one: whoever opens the next store would
/// fail.
pub(super) fn of_folder(folder: &Path, wanted: &Extras) -> Result<Extras, RefreshError> {
    let mut next = wanted.clone();
    for format in Format::ALL.into_iter().filter(|format| !format.is_given()) {
        let path = Versions::member(folder, format.file());
        let Some(bytes) = there(&path)? else { continue };
        if !next.formats.contains(&format) {
            next.formats.push(format);
        }
        if let (None, true) = (&next.sealing.alias, format.has_password() && format.has_key()) {
            next.sealing.alias = alias(&path, &bytes, next.sealing.password.as_deref())?;
        }
    }
    Ok(next)
}

/// The bytes of a file; nothing where there is none.
fn there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read_limited(path, LARGEST_TEXT) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Under which name the key stands in a store, which the next one keeps.
fn alias(path: &Path, bytes: &[u8], password: Option<&Passphrase>) -> Result<Option<Alias>, RefreshError> {
    let closed = |wrong| RefreshError::StoreClosed { path: PathBuf::from(path), wrong };
    let password = password.ok_or_else(|| closed(false))?;
    match key_store::open(bytes, password.expose()) {
        Ok(contents) => {
            Ok(contents.keys.into_iter().next().and_then(|key| key.alias).and_then(|alias| alias.parse().ok()))
        }
        Err(OpenError::WrongPassword) => Err(closed(true)),
        // Something else under this name: it is replaced.
        Err(OpenError::Unreadable(_)) => Ok(None),
    }
}
