//! The CA certificate that signs now, those above it, and the key that belongs to it.

use std::path::PathBuf;
use std::sync::Arc;

use super::{AuthorityError, LARGEST_TEXT};
use crate::encoding::certificate;
use crate::keys::{LockedKey, Passphrase, PrivateKey};
use crate::ledger::Ledger;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::read_limited;
use crate::words::x509::certificate::Certificate;

/// The issuer that new certificates get.
#[derive(Debug)]
pub(super) struct ActiveIssuer {
    pub(super) number: IssuerNumber,
    pub(super) certificate: Certificate,
    /// Its own issuer first, the root last; empty for a root.
    pub(super) above: Vec<Certificate>,
    key: KeyPlace,
}

/// Where its private key is.
#[derive(Debug, Clone)]
pub(super) enum KeyPlace {
    File(PathBuf),
    Memory(Arc<PrivateKey>),
}

impl ActiveIssuer {
    /// What the ledger says is active, with the files of its folder.
    pub(super) fn load(layout: &Layout, ledger: &Ledger) -> Result<Self, AuthorityError> {
        let active = ledger.active_issuer()?.ok_or_else(|| AuthorityError::NoIssuer(layout.root().to_owned()))?;
        let folder = layout.issuer(active.number);
        let certificate = certificate::read(&active.certificate)
            .map_err(|source| AuthorityError::Unreadable { path: ledger.path().to_owned(), source })?;
        let path = folder.above();
        let above = if certificate.is_self_issued() {
            Vec::new()
        } else {
            let bytes = read_limited(&path, LARGEST_TEXT)?;
            certificate::read_all(&bytes).map_err(|source| AuthorityError::Unreadable { path, source })?
        };
        Ok(Self { number: active.number, certificate, above, key: KeyPlace::File(folder.key()) })
    }

    pub(super) fn in_memory(certificate: Certificate, key: KeyPlace) -> Result<Self, AuthorityError> {
        Ok(Self { number: IssuerNumber::FIRST, certificate, above: Vec::new(), key })
    }

    /// The root of its chain: itself where it is one.
    pub(super) fn root(&self) -> &Certificate {
        self.above.last().unwrap_or(&self.certificate)
    }

    /// What goes behind a leaf: itself and those above, without the root.
    pub(super) fn chain(&self) -> Vec<Certificate> {
        let whole = std::iter::once(&self.certificate).chain(&self.above);
        whole.take(self.above.len()).cloned().collect()
    }

    /// Its key, closed.
    pub(super) fn locked_key(&self) -> Result<LockedIssuerKey, AuthorityError> {
        let (path, closed) = match &self.key {
            KeyPlace::File(path) => {
                let content = zeroize::Zeroizing::new(read_limited(path, LARGEST_TEXT)?);
                let locked =
                    LockedKey::read(&content).map_err(|source| AuthorityError::Key { path: path.clone(), source })?;
                (path.clone(), Closed::File(locked))
            }
            KeyPlace::Memory(key) => (PathBuf::from("(memory)"), Closed::Memory(Arc::clone(key))),
        };
        Ok(LockedIssuerKey { path, closed, certificate: self.certificate.clone() })
    }
}

/// The CA's key, not yet opened.
#[derive(Debug)]
pub struct LockedIssuerKey {
    path: PathBuf,
    closed: Closed,
    certificate: Certificate,
}

#[derive(Debug)]
enum Closed {
    File(LockedKey),
    Memory(Arc<PrivateKey>),
}

impl LockedIssuerKey {
    /// Whether a passphrase is needed.
    #[must_use]
    pub fn needs_passphrase(&self) -> bool {
        matches!(&self.closed, Closed::File(locked) if locked.is_encrypted())
    }

    /// Opens it, and checks that it belongs to the CA's certificate: an encrypted key has no
    /// checksum of its own.
    ///
    /// # Errors
    /// A missing or wrong passphrase, or a key of another certificate.
    pub fn unlock(self, passphrase: Option<&Passphrase>) -> Result<Signer, AuthorityError> {
        let Self { path, closed, certificate } = self;
        let key = match closed {
            Closed::Memory(key) => key,
            Closed::File(locked) => match locked.open(passphrase) {
                Ok(key) => Arc::new(key),
                Err(source) => return Err(AuthorityError::Key { path, source }),
            },
        };
        if key.public_key() != certificate.public_key() {
            return Err(AuthorityError::KeyMismatch(path));
        }
        Ok(Signer { key, certificate })
    }
}

/// The CA's key, open, together with the certificate that it belongs to.
#[derive(Debug)]
pub struct Signer {
    pub(super) key: Arc<PrivateKey>,
    pub(super) certificate: Certificate,
}
