//! An intermediate whose parent is elsewhere, an offline root for one: first a key and a request,
//! later the certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::adopt::checked_chain;
use super::init::{CaReport, prepare, register, staging};
use super::{AuthorityError, LARGEST_TEXT, NewCa};
use crate::audit::event::Act;
use crate::bundle::pem;
use crate::encoding::request as requests;
use crate::enroll::csr::{self, CsrError, Wishes};
use crate::keys::{LockedKey, PrivateKey, seal};
use crate::ledger::{History, Ledger};
use crate::store::atomic::{self, Readers};
use crate::store::config;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::lock::DirectoryLock;
use crate::store::read::read_limited;
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
/// Where something is in the way.
pub fn request(directory: &Path, new: &NewCa, act: &Act) -> Result<Waiting, AuthorityError> {
    new.order("intermediate", act)?;
    let staging = staging(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let subject = new.named("intermediate", &key);
    let wishes = Wishes { subject, ..Wishes::default() };
    let request = csr::request(&key, &wishes).map_err(|error| match error {
        CsrError::Nameless => AuthorityError::Nameless,
        CsrError::Write(error) => error.into(),
        CsrError::Key(error) => error.into(),
    })?;
    let name = new.name.clone().or_else(|| request.subject().common_name().map(str::to_owned));
    let name = name.unwrap_or_else(|| request.subject().rfc4514());
    let layout = Layout::at(staging.path());
    let config = config::initial(&name, new.trust_domain.as_deref());
    prepare(&layout, &config, &seal(&key, new.passphrase.as_ref())?)?;
    let file = layout.issuer(IssuerNumber::FIRST).request();
    atomic::write_new(&file, pem::request(&request).as_bytes(), Readers::Everybody)?;
    staging.commit()?;
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
    if !layout.is_there() {
        return Err(AuthorityError::NotThere(directory.to_owned()));
    }
    let _lock = DirectoryLock::alone(directory, Duration::from_secs(30))?;
    if layout.ledger().is_file() {
        return Err(AuthorityError::NotWaiting(directory.to_owned()));
    }
    let (certificate, above) = checked_chain(certificates, act.now)?;
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| AuthorityError::Unreadable { path, source }
    };
    let file = folder.request();
    let waiting = requests::read_all(&read_limited(&file, LARGEST_TEXT)?).map_err(unreadable(&file))?;
    if waiting.first().is_none_or(|request| request.public_key() != certificate.public_key()) {
        return Err(AuthorityError::KeyMismatch(folder.key()));
    }
    let content = zeroize::Zeroizing::new(read_limited(&folder.key(), LARGEST_TEXT)?);
    let key = LockedKey::read(&content).map_err(|source| AuthorityError::Key { path: folder.key(), source })?;

    // Everything is written beside what waits, and the ledger last: with it the CA is there.
    // A run that was killed half-way leaves files that the next one replaces.
    let public = |path: PathBuf, text: String| atomic::replace(&path, text.as_bytes(), Readers::Everybody);
    public(folder.certificate(), pem::certificate(&certificate))?;
    let root = above.last().unwrap_or(&certificate);
    if !above.is_empty() {
        public(folder.above(), pem::certificates(&above))?;
        public(layout.chain(), pem::certificates(std::iter::once(&certificate).chain(&above).take(above.len())))?;
    }
    public(layout.trust(), pem::certificate(root))?;
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
    let room = crate::store::staging::Staging::within(layout.root())?;
    let beside = Layout::at(room.path());
    let mut ledger = Ledger::create(&beside.ledger(), Duration::ZERO, act.now)?;
    register(&mut ledger, certificate, History::Whole, None, act)?;
    ledger.settle()?;
    atomic::rename_file(&beside.ledger(), &layout.ledger())?;
    Ok(())
}
