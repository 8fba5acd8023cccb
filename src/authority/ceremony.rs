//! An intermediate whose parent is elsewhere, an offline root for one: first a key and a request,
//! later the certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::chain::checked_chain;
use super::derived;
use super::foundation::{Site, register};
use super::new_ca::{CaReport, Kind, NewCa, display_name};
use super::{AuthorityError, LARGEST_TEXT, first_settings};
use crate::audit::event::Act;
use crate::encoding::request as requests;
use crate::enroll::csr::{self, Wishes};
use crate::keys::{LockedKey, PrivateKey, seal};
use crate::ledger::{History, Ledger};
use crate::store::atomic;
use crate::store::config;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::lock::DirectoryLock;
use crate::store::read::{is_file, read_limited};
use crate::store::staging::Staging;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::Request;

/// What waits for its certificate.
#[derive(Debug)]
pub struct Waiting {
    /// Where.
    pub directory: PathBuf,
    /// The request that the parent is to sign.
    pub request: Request,
    /// Where the request is.
    pub request_file: PathBuf,
    /// Whether the key is encrypted.
    pub key_is_encrypted: bool,
}

/// Makes a key and a request, and a directory that waits for the certificate.
///
/// # Errors
/// [`AuthorityError::NotEmpty`] where something is in the way.
pub fn request(directory: &Path, new: &NewCa) -> Result<Waiting, AuthorityError> {
    let site = Site::begin(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let wishes = Wishes { subject: new.subject(Kind::Intermediate, &key)?, ..Wishes::default() };
    let request = csr::request(&key, &wishes)?;
    let name = display_name(new.name.as_deref(), request.subject());
    site.equip(&config::initial(&name, new.trust_domain.as_deref()), &seal(&key, new.passphrase.as_ref())?)?;
    site.wait(&request)?;
    Ok(Waiting {
        directory: directory.to_owned(),
        request,
        request_file: Layout::at(directory).issuer(IssuerNumber::FIRST).request(),
        key_is_encrypted: new.passphrase.is_some(),
    })
}

/// Takes the certificate that the parent made from the request, and opens the CA for business.
/// `certificates` begins with it; the parent's certificates up to the root follow, in any order.
///
/// # Errors
/// Where the certificate is for another key, is no CA's, or has no chain up to a root.
pub fn complete(directory: &Path, certificates: &[Certificate], act: &Act) -> Result<CaReport, AuthorityError> {
    let layout = Layout::at(directory);
    let folder = layout.issuer(IssuerNumber::FIRST);
    if !is_file(&layout.ledger())? && !is_file(&folder.request())? {
        return Err(AuthorityError::NotThere(directory.to_owned()));
    }
    let _lock = DirectoryLock::alone(directory, Duration::from_secs(30))?;
    if layout.ledger().is_file() {
        return Err(AuthorityError::NotWaiting(directory.to_owned()));
    }
    let (certificate, above) = checked_chain(certificates, act.now)?;
    let file = folder.request();
    let waiting = requests::read_one(&read_limited(&file, LARGEST_TEXT)?)
        .map_err(|source| AuthorityError::Unreadable { path: file, source })?;
    if waiting.public_key() != certificate.public_key() {
        return Err(AuthorityError::KeyMismatch(folder.key()));
    }
    let content = zeroize::Zeroizing::new(read_limited(&folder.key(), LARGEST_TEXT)?);
    let key = LockedKey::read(&content).map_err(|source| AuthorityError::Key { path: folder.key(), source })?;

    // Everything is written beside what waits, and the ledger last: with it the CA is there.
    // A run that was killed half-way leaves files that the next one replaces.
    derived::write_first(&layout, &certificate, &above)?;
    found_ledger(&layout, &certificate, act)?;
    Ok(CaReport {
        directory: directory.to_owned(),
        certificate,
        key_is_encrypted: key.is_encrypted(),
        findings: Vec::new(),
    })
}

/// The ledger is built in a folder beside and moved into place whole.
fn found_ledger(layout: &Layout, certificate: &Certificate, act: &Act) -> Result<(), AuthorityError> {
    let room = Staging::within(layout.root())?;
    let beside = Layout::at(room.path());
    let mut ledger = Ledger::create(&beside.ledger(), Duration::ZERO, act.now)?;
    ledger.note_settings(first_settings(layout)?);
    register(&mut ledger, certificate, History::Whole, act)?;
    ledger.settle()?;
    atomic::rename_file(&beside.ledger(), &layout.ledger())?;
    Ok(())
}
