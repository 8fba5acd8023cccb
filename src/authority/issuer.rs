//! The CA certificate that signs now, those above it, and the key that belongs to it.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Authority, AuthorityError, LARGEST_TEXT};
use crate::encoding::certificate;
use crate::keys::{LockedKey, Passphrase, PrivateKey};
use crate::ledger::Ledger;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::read_limited;
use crate::words::x509::certificate::Certificate;

/// The issuer that new certificates get.
///
/// Its certificate comes from the ledger. Those above it are read from `above.crt` at each open and
/// not validated again: whoever can write into the directory could as well replace the key, and what
/// peers check is the chain itself. They decide what is handed out as chain and trust, and tighten
/// what is issued (validity, name constraints); no rule is loosened by them. What a mistaken copy
/// would break is looked at: that they lead from the issuer to a root, by names and key identifiers.
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
enum KeyPlace {
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
            let above = match certificate::read_all(&bytes) {
                Ok(above) => above,
                Err(source) => return Err(AuthorityError::Unreadable { path, source }),
            };
            leads_to_a_root(&certificate, &above).map_err(|reason| AuthorityError::ForeignChain {
                path,
                subject: certificate.subject().rfc4514(),
                reason,
            })?;
            above
        };
        Ok(Self { number: active.number, certificate, above, key: KeyPlace::File(folder.key()) })
    }

    pub(super) fn in_memory(certificate: Certificate, key: PrivateKey) -> Self {
        Self { number: IssuerNumber::FIRST, certificate, above: Vec::new(), key: KeyPlace::Memory(Arc::new(key)) }
    }

    /// Its certificate, its own issuer's, and so on to the root.
    pub(super) fn with_those_above(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.above)
    }

    /// The root of its chain: itself where it is one.
    pub(super) fn root(&self) -> &Certificate {
        self.above.last().unwrap_or(&self.certificate)
    }

    /// What goes behind a leaf: itself and those above, without the root.
    pub(super) fn chain(&self) -> Vec<Certificate> {
        self.with_those_above().take(self.above.len()).cloned().collect()
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

/// Whether each certificate names the next as its issuer, by name and, where both say it, by key
/// identifier (RFC 5280 section 4.2.1.1), and the last one itself.
fn leads_to_a_root(certificate: &Certificate, above: &[Certificate]) -> Result<(), String> {
    let mut below = certificate;
    for issuer in above {
        let identifier = below.extensions().authority_key_identifier().and_then(|aki| aki.key_identifier.as_ref());
        let same_key = match (identifier, issuer.extensions().subject_key_identifier()) {
            (Some(named), Some(own)) => named == own,
            _ => true,
        };
        if !issuer.subject().matches(below.issuer()) {
            let (below, wanted) = (below.subject().rfc4514(), below.issuer().rfc4514());
            return Err(format!("`{below}` is issued by `{wanted}`, and `{}` follows", issuer.subject().rfc4514()));
        }
        if !same_key {
            return Err(format!("`{}` is there with another key", issuer.subject().rfc4514()));
        }
        below = issuer;
    }
    if below.is_self_issued() {
        Ok(())
    } else {
        Err(format!("`{}`, which issued `{}`, is missing", below.issuer().rfc4514(), below.subject().rfc4514()))
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
    /// [`AuthorityError::Key`] where the passphrase is missing or wrong, [`AuthorityError::KeyMismatch`]
    /// where it is the key of another certificate.
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
