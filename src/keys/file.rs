//! Private keys as the text of a file: opened whatever tool wrote them, sealed as PKCS#8.

use thiserror::Error;
use zeroize::Zeroizing;

use super::{KeyError, Passphrase, PrivateKey, random};
use crate::encoding::private_key::{DecryptError, KeyForm, decrypt, encrypt, read_all};
use crate::encoding::{ReadError, WriteError, pem};

/// A key that was opened, and whether it was encrypted.
#[derive(Debug)]
pub struct OpenKey {
    /// The key.
    pub key: PrivateKey,
    /// Whether a passphrase was needed.
    pub was_encrypted: bool,
}

/// Why a key file stays closed.
#[derive(Debug, Error)]
pub enum OpenKeyError {
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

/// Opens the one private key of a file: PEM or DER; PKCS#8, encrypted PKCS#8, SEC1 or PKCS#1.
/// `passphrase` is asked for only where the key is encrypted.
///
/// # Errors
/// Why it stays closed.
pub fn open<E: From<OpenKeyError>>(
    content: &[u8],
    passphrase: impl FnOnce() -> Result<Option<Passphrase>, E>,
) -> Result<OpenKey, E> {
    let mut found = read_all(content).map_err(OpenKeyError::from)?;
    let stored = match found.len() {
        0 => return Err(OpenKeyError::NoKey.into()),
        1 => found.remove(0),
        several => return Err(OpenKeyError::Several(several).into()),
    };
    let plain = match stored.form {
        KeyForm::EncryptedTraditional => return Err(OpenKeyError::TraditionalEncryption.into()),
        KeyForm::EncryptedPkcs8 => {
            let passphrase = passphrase()?.ok_or(OpenKeyError::PassphraseMissing)?;
            let plain = decrypt(&stored.der, passphrase.expose()).map_err(|error| match error {
                DecryptError::WrongPassphrase => OpenKeyError::WrongPassphrase,
                DecryptError::Unreadable(error) => OpenKeyError::Read(error),
            })?;
            let key = PrivateKey::from_der(KeyForm::Pkcs8, &plain).map_err(OpenKeyError::from)?;
            return Ok(OpenKey { key, was_encrypted: true });
        }
        form => PrivateKey::from_der(form, &stored.der),
    };
    Ok(OpenKey { key: plain.map_err(OpenKeyError::from)?, was_encrypted: false })
}

/// The PEM text of a key: `PRIVATE KEY`, or `ENCRYPTED PRIVATE KEY` where there is a passphrase.
///
/// # Errors
/// Where the backend does not give the key out.
pub fn seal(key: &PrivateKey, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, KeyError> {
    let plain = key.to_pkcs8()?;
    Ok(Zeroizing::new(match passphrase {
        None => pem::write("PRIVATE KEY", &plain),
        Some(passphrase) => {
            let sealed = encrypt(&plain, passphrase.expose(), random::octets()?, random::octets()?)
                .map_err(|error: WriteError| KeyError::Rejected(error.to_string()))?;
            pem::write("ENCRYPTED PRIVATE KEY", &sealed)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::algorithm::KeyAlgorithm;

    fn with(passphrase: &str) -> impl FnOnce() -> Result<Option<Passphrase>, OpenKeyError> {
        let passphrase = Passphrase::new(passphrase.as_bytes().to_vec());
        move || Ok(passphrase)
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_only() {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let passphrase = Passphrase::new(b"open sesame".to_vec());
        let text = seal(&key, passphrase.as_ref()).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let opened = open(text.as_bytes(), with("open sesame")).unwrap();
        assert!(opened.was_encrypted);
        assert_eq!(opened.key.public_key(), key.public_key());
        assert!(matches!(open(text.as_bytes(), with("wrong")), Err(OpenKeyError::WrongPassphrase)));
        assert!(matches!(open(text.as_bytes(), with("")), Err(OpenKeyError::PassphraseMissing)));
    }

    #[test]
    fn a_plain_key_asks_for_no_passphrase() {
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        let text = seal(&key, None).unwrap();
        let opened = open(text.as_bytes(), || Err(OpenKeyError::NoKey)).unwrap();
        assert_eq!(opened.key.public_key(), key.public_key());
        let two = format!("{}{}", *text, *text);
        assert!(matches!(open(two.as_bytes(), with("")), Err(OpenKeyError::Several(2))));
        assert!(matches!(open(b"-----BEGIN X-----\nAA==\n-----END X-----\n", with("")), Err(OpenKeyError::NoKey)));
    }
}
