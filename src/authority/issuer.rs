//! The private key of a CA certificate: closed, opened, and ready to sign.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Authority, AuthorityError, LARGEST_TEXT};
use crate::keys::{LockedKey, Passphrase, PrivateKey};
use crate::store::read::read_limited;
use crate::words::x509::certificate::Certificate;

/// Where a private key is.
#[derive(Debug, Clone)]
pub(super) enum KeyPlace {
    File(PathBuf),
    Memory(Arc<PrivateKey>),
}

impl KeyPlace {
    /// The key, closed, together with the certificate that it should belong to.
    pub(super) fn locked(&self, certificate: &Certificate) -> Result<LockedIssuerKey, AuthorityError> {
        let (path, closed) = match self {
            Self::File(path) => (path.clone(), Closed::File(locked_in(path)?)),
            Self::Memory(key) => (PathBuf::from("(memory)"), Closed::Memory(Arc::clone(key))),
        };
        Ok(LockedIssuerKey { path, closed, certificate: certificate.clone() })
    }
}

/// A key file of a CA directory, closed.
pub(super) fn locked_in(path: &Path) -> Result<LockedKey, AuthorityError> {
    let content = zeroize::Zeroizing::new(read_limited(path, LARGEST_TEXT)?);
    LockedKey::read(&content).map_err(|source| AuthorityError::Key { path: path.to_owned(), source })
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
    /// [`AuthorityError::Key`] where the passphrase is missing or wrong, [`AuthorityError::KeyMismatch`]
    /// where it is the key of another certificate.
    pub fn unlock(self, passphrase: Option<&Passphrase>) -> Result<Signer, AuthorityError> {
        let Self { path, closed, certificate } = self;
        let sealed = matches!(&closed, Closed::File(locked) if locked.is_encrypted());
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
        let passphrase = passphrase.filter(|_| sealed).map(Passphrase::again);
        Ok(Signer { key, certificate, passphrase })
    }
}

/// A CA's key, open, together with the certificate that it belongs to.
#[derive(Debug)]
pub struct Signer {
    pub(super) key: Arc<PrivateKey>,
    pub(super) certificate: Certificate,
    /// What the key is sealed with; the key that signs the audit log is sealed with the same.
    pub(super) passphrase: Option<Passphrase>,
}

impl Authority {
    /// The CA's key, closed. Whether it needs a passphrase can be asked before anybody is.
    ///
    /// # Errors
    /// [`AuthorityError::File`] where its file is missing, [`AuthorityError::Key`] where it holds no key.
    pub fn locked_key(&self) -> Result<LockedIssuerKey, AuthorityError> {
        self.issuer.locked_key()
    }

    /// The CA's key, open, for [`Authority::issue`] and its kin.
    ///
    /// # Errors
    /// As [`Authority::locked_key`] and [`LockedIssuerKey::unlock`].
    pub fn unlock(&self, passphrase: Option<&Passphrase>) -> Result<Signer, AuthorityError> {
        self.locked_key()?.unlock(passphrase)
    }
}
