//! What is in a key store, whichever format it has: private keys with their certificates, and
//! certificates that stand alone.

use zeroize::Zeroizing;

use super::recognition::{Shape, shape};
use super::{ReadError, jks, pkcs12};

/// The formats of stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// RFC 7292.
    Pkcs12,
    /// Java's own.
    Jks,
}

impl std::fmt::Display for StoreKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pkcs12 => "PKCS#12",
            Self::Jks => "JKS",
        })
    }
}

/// Which kind of store these bytes begin as, if any.
#[must_use]
pub fn kind(bytes: &[u8]) -> Option<StoreKind> {
    match () {
        () if jks::is_one(bytes) => Some(StoreKind::Jks),
        () if shape(bytes) == Shape::Pkcs12 => Some(StoreKind::Pkcs12),
        () => None,
    }
}

/// Opens a store of either kind.
///
/// # Errors
/// Why it stays closed.
pub fn open(bytes: &[u8], password: &[u8]) -> Result<Contents, OpenError> {
    match kind(bytes) {
        Some(StoreKind::Jks) => jks::read(bytes, std::str::from_utf8(password).map_err(|_| OpenError::WrongPassword)?),
        Some(StoreKind::Pkcs12) => pkcs12::read(bytes, password),
        None => Err(ReadError::new("key store", "it is neither PKCS#12 nor JKS").into()),
    }
}

/// What a store holds, in the order of its file.
#[derive(Debug, Default)]
pub struct Contents {
    /// Private keys.
    pub keys: Vec<KeyEntry>,
    /// Certificates that go with no key.
    pub certificates: Vec<CertificateEntry>,
}

/// A private key and the certificates that go with it. `Debug` shows nothing of the key.
pub struct KeyEntry {
    /// Under what name it stands.
    pub alias: Option<String>,
    /// The key, as PKCS#8 (RFC 5958).
    pub pkcs8: Zeroizing<Vec<u8>>,
    /// The DER of its certificate, then of those above it. Empty where the store has none for it.
    pub chain: Vec<Vec<u8>>,
}

/// A certificate that goes with no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEntry {
    /// Under what name it stands.
    pub alias: Option<String>,
    /// Its DER.
    pub der: Vec<u8>,
    /// Whether Java takes it as an entry: in PKCS#12 only with an attribute of Oracle's, in JKS always.
    pub counts_for_java: bool,
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { alias, pkcs8: _, chain } = self;
        write!(f, "KeyEntry({alias:?}, {} certificates)", chain.len())
    }
}

/// Why a store stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The password is another, or the file was changed.
    #[error("the password does not open it, or the file was changed")]
    WrongPassword,
    /// It is not a store, or one that we do not read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

/// What is to be written: at most one private key, and certificates that are trusted.
pub struct Wanted<'a> {
    /// The key.
    pub key: Option<WantedKey<'a>>,
    /// Certificates that are trusted, each under a name of its own.
    pub trusted: Vec<(String, &'a [u8])>,
}

/// A key that is to be written.
pub struct WantedKey<'a> {
    /// Under what name it will stand.
    pub alias: &'a str,
    /// The key, as PKCS#8.
    pub pkcs8: &'a [u8],
    /// The DER of its certificate, then of those above it.
    pub chain: Vec<&'a [u8]>,
}
