//! What is in a key store, whichever format it has: private keys with their certificates, and
//! certificates that stand alone.

use zeroize::Zeroizing;

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
    Unreadable(#[from] super::ReadError),
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
