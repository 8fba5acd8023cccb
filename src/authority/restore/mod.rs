//! A CA directory from a backup, or from what is left of it.

mod rebuild;
mod unpacked;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use rebuild::{Rebuilt, rebuild};

use super::backup::Manifest;
use super::{Authority, AuthorityError, Generation, LARGEST_TEXT};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::encoding::{encrypted_data, revocation};
use crate::keys::{Passphrase, open_file};
use crate::ledger::{Ledger, LedgerError};
use crate::store::FileError;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::{is_file, kind_if_no_file, read_limited};
use crate::store::staging::Staging;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::revocation::RevocationList;

/// An encrypted backup is opened in memory.
const LARGEST_SEALED: u64 = 2 * 1024 * 1024 * 1024;
/// A CRL of a few million certificates.
const LARGEST_CRL: u64 = 512 * 1024 * 1024;

/// Why a backup is not restored. Nothing is written where it should go.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    /// It has no manifest in the place for it.
    #[error("its first file is not `manifest.json`")]
    NoManifest,
    /// The manifest says nothing that is understood.
    #[error("its manifest cannot be read: {0}")]
    Manifest(String),
    /// A newer program made it.
    #[error("its format is {0}, and this program knows format 1")]
    Format(u32),
    /// A file that the manifest does not list, or not there.
    #[error("`{0}` is not in its manifest")]
    Unlisted(String),
    /// A file that is listed and not there.
    #[error("`{0}` is listed in its manifest and missing")]
    Missing(String),
    /// A file that is not the one that was backed up.
    #[error("`{0}` is not as its manifest says: it was changed since")]
    Changed(String),
    /// The ledger does not hold together.
    #[error("its ledger is not sound: {0}")]
    Ledger(String),
    /// The log does not end where it did.
    #[error("its audit log does not end as its manifest says")]
    AuditHead,
    /// A key of another certificate.
    #[error("its key `{0}` does not belong to the CA certificate")]
    Key(String),
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// Where.
    pub directory: PathBuf,
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// The encrypted keys of which nobody said the passphrase, so that they were not compared with
    /// their certificates.
    pub unchecked_keys: Vec<PathBuf>,
}

/// Whether a backup is encrypted.
///
/// # Errors
/// Where it cannot be read.
pub fn is_encrypted(backup: &Path) -> Result<bool, AuthorityError> {
    let mut start = Vec::with_capacity(64);
    let file = open_plain(backup)?;
    file.take(64).read_to_end(&mut start).map_err(FileError::io("read", backup))?;
    Ok(encrypted_data::is_one(&start))
}

/// Makes a CA directory of a backup. Everything is checked before the directory is there: digests, the
/// ledger, the log, the keys; then it is there whole.
///
/// A restored CA gives no number out twice: its own are random, 126 bits long, so that those which
/// it gave out after the backup and has forgotten are not drawn again. Its CRL numbers go on rising, as each
/// is at least the Unix time of its making.
///
/// # Errors
/// [`AuthorityError::NotEmpty`] where something is in the way; [`AuthorityError::Unsound`] and
/// [`AuthorityError::Archive`] where the backup is not whole; [`AuthorityError::SealedBackup`] where the
/// passphrase is missing or wrong.
pub fn restore(
    backup: &Path,
    passphrase: Option<&Passphrase>,
    key_passphrase: Option<&Passphrase>,
    directory: &Path,
    act: &Act,
) -> Result<Restored, AuthorityError> {
    let staging = Staging::beside(directory).map_err(|error| match error {
        FileError::Exists(path) => AuthorityError::NotEmpty(path),
        other => other.into(),
    })?;
    let manifest = if is_encrypted(backup)? {
        let Some(passphrase) = passphrase else {
            return Err(AuthorityError::SealedBackup { path: backup.to_owned(), source: None });
        };
        let sealed = read_limited(backup, LARGEST_SEALED)?;
        let plain = open_file(&sealed, passphrase)
            .map_err(|source| AuthorityError::SealedBackup { path: backup.to_owned(), source: Some(source) })?;
        unpacked::unpack_into(staging.path(), Cursor::new(plain.as_slice()))?
    } else {
        unpacked::unpack_into(staging.path(), open_plain(backup)?)?
    };
    let layout = Layout::at(staging.path());
    let unchecked_keys = sound(&layout, &manifest, key_passphrase)?;
    let mut ledger = Ledger::open(&layout.ledger(), Duration::ZERO)?;
    let what = format!("the backup of {}", manifest.created);
    ledger.append(&Event::new(act, Action::Restore, Object::File { what }, Outcome::Done))?;
    ledger.settle()?;
    staging.commit().map_err(|error| match error {
        FileError::Exists(path) => AuthorityError::NotEmpty(path),
        other => other.into(),
    })?;
    let moved = |path: PathBuf| path.strip_prefix(layout.root()).map_or(path.clone(), |below| directory.join(below));
    Ok(Restored {
        directory: directory.to_owned(),
        manifest,
        unchecked_keys: unchecked_keys.into_iter().map(moved).collect(),
    })
}

/// The CRLs of a file, however long they are.
///
/// # Errors
/// Where it cannot be read, or holds none.
pub fn published(path: &Path) -> Result<Vec<RevocationList>, AuthorityError> {
    revocation::read_all(&read_limited(path, LARGEST_CRL)?)
        .map_err(|source| AuthorityError::Unreadable { path: path.to_owned(), source })
}

fn open_plain(path: &Path) -> Result<File, AuthorityError> {
    if let Some(found) = kind_if_no_file(path)? {
        return Err(FileError::NotAFile { path: path.to_owned(), found }.into());
    }
    Ok(File::open(path).map_err(FileError::io("read", path))?)
}

/// Checks what was unpacked; says which keys could not be checked.
fn sound(
    layout: &Layout,
    manifest: &Manifest,
    key_passphrase: Option<&Passphrase>,
) -> Result<Vec<PathBuf>, AuthorityError> {
    let ledger = Ledger::open(&layout.ledger(), Duration::ZERO).map_err(|error| match error {
        LedgerError::Missing(_) => AuthorityError::from(Unsound::Missing("ledger.sqlite".to_owned())),
        other => other.into(),
    })?;
    if let Some(finding) = ledger.check()?.iter().find(|finding| finding.is_error()) {
        return Err(Unsound::Ledger(finding.message.clone()).into());
    }
    let head = ledger.audit_head()?;
    if (head.seq, head.hash.to_string()) != (manifest.audit_head.seq, manifest.audit_head.hash.clone()) {
        return Err(Unsound::AuditHead.into());
    }
    let mut unchecked = Vec::new();
    for issuer in ledger.issuers()? {
        let path = layout.issuer(issuer.number).key();
        let name = path.strip_prefix(layout.root()).unwrap_or(&path).display().to_string();
        let listed = |wanted: &str| manifest.issuers.iter().any(|known| known.sha256 == wanted);
        if !listed(&Fingerprint::of(&issuer.certificate).to_string()) {
            return Err(Unsound::Changed("issuers".to_owned()).into());
        }
        let generation = Generation::load(layout, &ledger, issuer)?;
        if !path.is_file() {
            // Kept elsewhere, as an offline root's is.
            continue;
        }
        let locked = generation.locked_key()?;
        if locked.needs_passphrase() && key_passphrase.is_none() {
            unchecked.push(path);
            continue;
        }
        locked.unlock(key_passphrase).map_err(|error| match error {
            AuthorityError::KeyMismatch(_) => AuthorityError::from(Unsound::Key(name)),
            other => other,
        })?;
    }
    Ok(unchecked)
}

impl Authority {
    /// Why there is no ledger to open in a directory.
    pub(super) fn absence(layout: &Layout, directory: &Path) -> Result<AuthorityError, AuthorityError> {
        let waiting = is_file(&layout.issuer(IssuerNumber::FIRST).request())?;
        let directory = directory.to_owned();
        Ok(match (Self::has_lost_its_ledger(layout), waiting) {
            (true, _) => AuthorityError::LedgerLost(directory),
            (false, true) => AuthorityError::Waiting(directory),
            (false, false) => AuthorityError::NotThere(directory),
        })
    }

    /// Whether there is a CA certificate and key in a directory, and no ledger any more.
    pub(super) fn has_lost_its_ledger(layout: &Layout) -> bool {
        let first = layout.issuer(IssuerNumber::FIRST);
        first.certificate().is_file() && first.key().is_file() && layout.config().is_file()
    }
}

/// The text of a file of the directory.
fn text(path: &Path) -> Result<Vec<u8>, AuthorityError> {
    Ok(read_limited(path, LARGEST_TEXT)?)
}
