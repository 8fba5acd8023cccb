//! What a service loads together: key, certificate with its chain, chain, and trust.

use zeroize::Zeroizing;

use crate::bundle::export::{self, ExportError, Exported, Extras, Parts};
use crate::bundle::pem;
use crate::keys::{LockedKey, OpenKeyError, Passphrase, PrivateKey, seal_for_peers};
use crate::store::attributes::Kind;
use crate::store::versions::Member;
use crate::words::x509::certificate::Certificate;
use thiserror::Error;

/// The key's file in a folder of versions; the names are those of Kubernetes' TLS secrets.
pub const KEY: &str = "tls.key";
/// The certificate's, with its chain behind it.
pub const CERTIFICATE: &str = "tls.crt";
/// The chain's alone; absent below a root.
pub const CHAIN: &str = "chain.crt";
/// What peers are to be checked against.
pub const TRUST: &str = "ca.crt";

/// A private key as the text of a file, whatever is around it. `Debug` shows nothing of it.
pub struct KeyText {
    text: Zeroizing<Vec<u8>>,
    key: PrivateKey,
}

/// Why a key is not that of a certificate.
#[derive(Debug, Error)]
pub enum Mismatch {
    /// It stays closed.
    #[error(transparent)]
    Closed(#[from] OpenKeyError),
    /// It is another one.
    #[error("the key does not belong to the certificate")]
    Other,
}

impl KeyText {
    /// A file's, which is kept to the octet.
    ///
    /// # Errors
    /// Where it holds no key, several, or one that stays closed.
    pub fn read(text: Zeroizing<Vec<u8>>, passphrase: Option<&Passphrase>) -> Result<Self, OpenKeyError> {
        let key = LockedKey::read(&text)?.open(passphrase)?;
        Ok(Self { text, key })
    }

    /// That of a new key, encrypted where there is a passphrase.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn seal(key: PrivateKey, passphrase: Option<&Passphrase>) -> Result<Self, crate::keys::KeyError> {
        let text = Zeroizing::new(seal_for_peers(&key, passphrase)?.as_bytes().to_vec());
        Ok(Self { text, key })
    }

    /// The text.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The key alone.
    #[must_use]
    pub fn into_key(self) -> PrivateKey {
        self.key
    }

    /// An error where this is not the key of the certificate.
    ///
    /// # Errors
    /// [`Mismatch::Other`].
    pub fn check(&self, certificate: &Certificate) -> Result<(), Mismatch> {
        if self.key.public_key() == certificate.public_key() { Ok(()) } else { Err(Mismatch::Other) }
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyText({:?})", self.key)
    }
}

/// The texts of one certificate, its chain, its trust and, where it goes along, its key.
#[derive(Debug)]
pub struct Set {
    serial: String,
    certificate: String,
    chain: String,
    trust: String,
    key: Option<KeyText>,
    extras: Vec<Exported>,
}

/// Why a set never comes to be.
#[derive(Debug, Error)]
pub enum SetError {
    /// The key is that of another certificate.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// One of the forms cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

impl Set {
    /// The set of a certificate.
    ///
    /// # Errors
    /// [`Mismatch::Other`] where the key is that of another certificate: such a set never comes to be; and
    /// what a further form needs and is not there.
    pub fn new(
        leaf: &Certificate,
        chain: &[Certificate],
        trust: &[Certificate],
        key: Option<KeyText>,
        extras: &Extras,
    ) -> Result<Self, SetError> {
        key.as_ref().map_or(Ok(()), |key| key.check(leaf))?;
        let parts = Parts { leaf, chain, trust, key: key.as_ref() };
        let extras: Result<Vec<Exported>, ExportError> =
            extras.formats.iter().map(|format| export::write(*format, &parts, &extras.sealing)).collect();
        let extras = extras?;
        Ok(Self {
            serial: leaf.serial().to_string(),
            certificate: pem::certificates(std::iter::once(leaf).chain(chain)),
            chain: pem::certificates(chain),
            trust: pem::certificates(trust),
            key,
            extras,
        })
    }

    /// By which its folder is called.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Leaf, then chain, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The chain alone, in PEM.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The trust, in PEM.
    #[must_use]
    pub fn trust(&self) -> &str {
        &self.trust
    }

    /// The further forms.
    #[must_use]
    pub fn extras(&self) -> &[Exported] {
        &self.extras
    }

    /// As the files of a folder.
    #[must_use]
    pub fn members(&self) -> Vec<Member<'_>> {
        let mut members = Vec::new();
        members.extend(self.key.as_ref().map(|key| Member { name: KEY, kind: Kind::Key, bytes: key.bytes() }));
        members.push(public(CERTIFICATE, &self.certificate));
        if !self.chain.is_empty() {
            members.push(public(CHAIN, &self.chain));
        }
        members.push(public(TRUST, &self.trust));
        members.extend(self.extras.iter().map(|extra| Member {
            name: extra.format.file(),
            kind: extra.kind(),
            bytes: &extra.bytes,
        }));
        members
    }
}

const fn public<'a>(name: &'a str, text: &'a str) -> Member<'a> {
    Member { name, kind: Kind::Public, bytes: text.as_bytes() }
}
