//! What is said of keys: of private ones nothing but their kind and their public half.

use serde::Serialize;

use crate::encoding::private_key::{DecryptError, KeyForm, decrypt};
use crate::examine::fingerprint::Spellings;
use crate::keys::{OpenKeyError, Passphrase, PrivateKey};
use crate::words::finding::Finding;
use crate::words::x509::oid;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};
use crate::words::x509::weakness::Weakness;

/// Anybody can have the private half.
const NOT_SECRET: &str = "inspect.key_not_secret";

/// A public key.
#[derive(Debug, Clone, Serialize)]
pub struct PublicKeyReport {
    /// `ecdsa-p256`, `rsa-2048`, `ed25519`, or the object identifier's name.
    pub algorithm: String,
    /// The same as people write it: `ECDSA P-256`, `RSA 2048 bits`.
    pub words: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: Spellings,
    /// The key itself.
    #[serde(skip)]
    pub key: PublicKey,
}

impl PublicKeyReport {
    /// Of this key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        Self {
            algorithm: key.algorithm().to_string(),
            words: in_words(key.algorithm()),
            spki_sha256: Spellings::of(key.fingerprint()),
            key: key.clone(),
        }
    }

    /// What a reader should notice: that the private half is no secret.
    pub(super) fn remark(&self) -> Option<Finding> {
        let weakness = Weakness::of(&self.key)?;
        Some(Finding::error(NOT_SECRET, weakness.to_string()).hint("make a new key: mtls-ca csr NAME"))
    }
}

fn in_words(algorithm: &PublicKeyAlgorithm) -> String {
    match algorithm {
        PublicKeyAlgorithm::Rsa { bits, exponent, .. } if exponent == &[1, 0, 1] => format!("RSA {bits} bits"),
        PublicKeyAlgorithm::Rsa { bits, exponent, .. } => match exponent.as_slice() {
            short if short.len() <= 8 => {
                let value = short.iter().fold(0_u64, |value, octet| value << 8 | u64::from(*octet));
                format!("RSA {bits} bits, exponent {value}")
            }
            long => format!("RSA {bits} bits, exponent of {} octets", long.len()),
        },
        PublicKeyAlgorithm::EcdsaP256 => "ECDSA P-256".to_owned(),
        PublicKeyAlgorithm::EcdsaP384 => "ECDSA P-384".to_owned(),
        PublicKeyAlgorithm::EcdsaP521 => "ECDSA P-521".to_owned(),
        PublicKeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
        PublicKeyAlgorithm::Other { algorithm, curve: Some(curve) } if *algorithm == oid::EC_PUBLIC_KEY => {
            format!("elliptic curve {}", curve.shown())
        }
        PublicKeyAlgorithm::Other { .. } => algorithm.to_string(),
    }
}

/// A private key.
#[derive(Debug, Clone, Serialize)]
pub struct PrivateKeyReport {
    /// How it is written down.
    pub container: KeyContainer,
    /// Whether a passphrase is needed to read it.
    pub encrypted: bool,
    /// How it is encrypted, where that can be read: `PBES2, scrypt, AES-256-CBC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<String>,
    /// Its algorithm, where that is to be seen without the passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// Its public half, where that is to be had without the passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<PublicKeyReport>,
    /// The encrypted PKCS#8, for [`PrivateKeyReport::unlock`].
    #[serde(skip)]
    pub(super) sealed: Option<Sealed>,
}

/// The DER of an encrypted PKCS#8 key. `Debug` prints none of it.
#[derive(Clone)]
pub(super) struct Sealed(pub(super) Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed")
    }
}

impl PrivateKeyReport {
    /// A key that was taken out of a key store, where all are PKCS#8.
    pub(in crate::examine) fn of_store(key: &PublicKey) -> Self {
        let report = PublicKeyReport::of(key);
        Self {
            container: KeyContainer::Pkcs8,
            encrypted: false,
            protection: None,
            algorithm: Some(report.algorithm.clone()),
            public_key: Some(report),
            sealed: None,
        }
    }

    /// Whether a passphrase would show more.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.sealed.is_some() && self.public_key.is_none()
    }

    /// Opens an encrypted PKCS#8 key for long enough to see its public half.
    ///
    /// # Errors
    /// A wrong passphrase, an encryption that we do not open, or a kind of key that we do not use.
    pub fn unlock(&mut self, passphrase: &Passphrase) -> Result<(), OpenKeyError> {
        let Some(Sealed(der)) = &self.sealed else { return Ok(()) };
        let plain = decrypt(der, passphrase.expose()).map_err(|error| match error {
            DecryptError::WrongPassphrase => OpenKeyError::WrongPassphrase,
            DecryptError::Unreadable(error) => OpenKeyError::Read(error),
        })?;
        let key = PrivateKey::from_der(KeyForm::Pkcs8, &plain)?;
        self.algorithm = Some(key.public_key().to_string());
        self.public_key = Some(PublicKeyReport::of(key.public_key()));
        Ok(())
    }
}

/// How a private key is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyContainer {
    /// RFC 5958, the one that every consumer reads.
    Pkcs8,
    /// RFC 5915, elliptic curve keys only.
    Sec1,
    /// RFC 8017, RSA keys only.
    Pkcs1,
    /// OpenSSL's own form of DSA keys.
    Dsa,
}

impl KeyContainer {
    /// As people call it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pkcs8 => "PKCS#8",
            Self::Sec1 => "SEC1",
            Self::Pkcs1 => "PKCS#1",
            Self::Dsa => "DSA",
        }
    }
}
