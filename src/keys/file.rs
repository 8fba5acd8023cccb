//! Private keys as the text of a file: opened whatever tool wrote them, sealed as PKCS#8.

use thiserror::Error;
use zeroize::Zeroizing;

use super::{KeyError, Passphrase, PrivateKey, random};
use crate::encoding::private_key::{
    DecryptError, KeyDerivation, KeyForm, Protection, StoredKey, decrypt, encrypt, protection, read_all,
};
use crate::encoding::{ReadError, WriteError, pem};

/// The one private key of a file, still closed where it is encrypted.
#[derive(Debug)]
pub struct LockedKey(StoredKey);

/// Why a key file stays closed.
#[derive(Debug, Error)]
pub enum OpenKeyError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It holds no private key.
    #[error("it holds no private key")]
    NoKey,
    /// It holds several.
    #[error("it holds {0} private keys; one is wanted")]
    Several(usize),
    /// It is encrypted and no passphrase was given.
    #[error("the key is encrypted and no passphrase was given")]
    PassphraseMissing,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// It has OpenSSL's old encryption, which rests on MD5.
    #[error(
        "the key has OpenSSL's traditional encryption (`Proc-Type: 4,ENCRYPTED`), which is too weak to be supported"
    )]
    TraditionalEncryption,
    /// It does not decode.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It decodes and is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl LockedKey {
    /// The one private key of a file: PEM or DER; PKCS#8, encrypted PKCS#8, SEC1 or PKCS#1.
    ///
    /// # Errors
    /// Where there is none, or more than one, or it does not decode.
    pub fn read(content: &[u8]) -> Result<Self, OpenKeyError> {
        if content.trim_ascii().is_empty() {
            return Err(OpenKeyError::Empty);
        }
        let mut found = read_all(content)?;
        let several = found.len();
        match (found.pop(), several) {
            (None, _) => Err(OpenKeyError::NoKey),
            (Some(key), 1) if key.form == KeyForm::EncryptedTraditional => Err(OpenKeyError::TraditionalEncryption),
            (Some(key), 1) => Ok(Self(key)),
            _ => Err(OpenKeyError::Several(several)),
        }
    }

    /// How well the file keeps its key.
    #[must_use]
    pub fn protection(&self) -> Protection {
        protection(&self.0)
    }

    /// Whether a passphrase is needed.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.form == KeyForm::EncryptedPkcs8
    }

    /// Opens it; a key that is not encrypted needs no passphrase, and takes none.
    ///
    /// # Errors
    /// Why it stays closed.
    pub fn open(&self, passphrase: Option<&Passphrase>) -> Result<PrivateKey, OpenKeyError> {
        if !self.is_encrypted() {
            return Ok(PrivateKey::from_der(self.0.form, &self.0.der)?);
        }
        let passphrase = passphrase.ok_or(OpenKeyError::PassphraseMissing)?;
        let plain = decrypt(&self.0.der, passphrase.expose()).map_err(|error| match error {
            DecryptError::WrongPassphrase => OpenKeyError::WrongPassphrase,
            DecryptError::Unreadable(error) => OpenKeyError::Read(error),
        })?;
        Ok(PrivateKey::from_der(KeyForm::Pkcs8, &plain)?)
    }
}

/// The PEM text of a key of ours: `PRIVATE KEY`, or `ENCRYPTED PRIVATE KEY` where there is a
/// passphrase, which is stretched by scrypt.
///
/// # Errors
/// Where the backend does not give the key out.
pub fn seal(key: &PrivateKey, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, KeyError> {
    text(key, passphrase, KeyDerivation::Scrypt)
}

/// The PEM text of a key that a service will load: the same, but the passphrase is stretched by
/// PBKDF2, for not every peer has scrypt.
///
/// # Errors
/// Where the backend does not give the key out.
pub fn seal_for_peers(key: &PrivateKey, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, KeyError> {
    text(key, passphrase, KeyDerivation::Pbkdf2)
}

fn text(
    key: &PrivateKey,
    passphrase: Option<&Passphrase>,
    derivation: KeyDerivation,
) -> Result<Zeroizing<String>, KeyError> {
    let plain = key.to_pkcs8()?;
    let Some(passphrase) = passphrase else { return Ok(Zeroizing::new(pem::write("PRIVATE KEY", &plain))) };
    let sealed = encrypt(&plain, passphrase.expose(), derivation, random::octets()?, random::octets()?)
        .map_err(|error: WriteError| KeyError::Rejected(error.to_string()))?;
    Ok(Zeroizing::new(pem::write("ENCRYPTED PRIVATE KEY", &sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::algorithm::KeyAlgorithm;

    #[test]
    fn what_is_sealed_for_peers_opens_too() {
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        let passphrase = Passphrase::new(b"open sesame".to_vec());
        let text = seal_for_peers(&key, passphrase.as_ref()).unwrap();
        let opened = LockedKey::read(text.as_bytes()).unwrap().open(passphrase.as_ref()).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_only() {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let passphrase = |text: &str| Passphrase::new(text.as_bytes().to_vec());
        let text = seal(&key, passphrase("open sesame").as_ref()).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let locked = LockedKey::read(text.as_bytes()).unwrap();
        assert!(locked.is_encrypted());
        assert_eq!(locked.open(passphrase("open sesame").as_ref()).unwrap().public_key(), key.public_key());
        assert!(matches!(locked.open(passphrase("wrong").as_ref()), Err(OpenKeyError::WrongPassphrase)));
        assert!(matches!(locked.open(None), Err(OpenKeyError::PassphraseMissing)));
    }

    #[test]
    fn a_plain_key_needs_no_passphrase_and_stands_alone() {
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        let text = seal(&key, None).unwrap();
        let locked = LockedKey::read(text.as_bytes()).unwrap();
        assert!(!locked.is_encrypted());
        assert_eq!(locked.open(None).unwrap().public_key(), key.public_key());
        let two = format!("{}{}", *text, *text);
        assert!(matches!(LockedKey::read(two.as_bytes()), Err(OpenKeyError::Several(2))));
        let other = b"-----BEGIN X-----\nAA==\n-----END X-----\n";
        assert!(matches!(LockedKey::read(other), Err(OpenKeyError::NoKey)));
        assert!([&b""[..], b"\n"].iter().all(|empty| matches!(LockedKey::read(empty), Err(OpenKeyError::Empty))));
    }
}
