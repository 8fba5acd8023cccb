//! Private keys in their containers: PKCS#8 (RFC 5958), encrypted PKCS#8 (RFC 8018, PBES2), SEC1
//! (RFC 5915) and PKCS#1 (RFC 8017). Only the wrapping is done here; what the octets are a key of
//! is for `keys` to say.

use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::der_tree::{context_tag, sequence};
use super::{ReadError, WriteError, pem};

const WHAT: &str = "private key";

/// A private key as it lies in a file. Its `Debug` prints the kind only.
pub struct StoredKey {
    /// Which container it is in.
    pub form: KeyForm,
    /// The DER of the container.
    pub der: Zeroizing<Vec<u8>>,
}

/// The containers of private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// `PRIVATE KEY`.
    Pkcs8,
    /// `ENCRYPTED PRIVATE KEY`.
    EncryptedPkcs8,
    /// `EC PRIVATE KEY`.
    Sec1,
    /// `RSA PRIVATE KEY`.
    Pkcs1,
    /// `Proc-Type: 4,ENCRYPTED`: OpenSSL's old encryption, one round of MD5, which we do not open.
    EncryptedTraditional,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredKey({:?})", self.form)
    }
}

/// The private keys of a file: PEM blocks among anything else, or DER.
///
/// # Errors
/// Where a PEM block does not decode, or DER is no container of a private key.
pub fn read_all(bytes: &[u8]) -> Result<Vec<StoredKey>, ReadError> {
    if !pem::is_pem(bytes) {
        return from_der(bytes).map(|key| vec![key]);
    }
    let mut found = Vec::new();
    for block in pem::blocks(bytes)? {
        let der = Zeroizing::new(block.der);
        let form = match block.label.as_str() {
            "EC PRIVATE KEY" | "RSA PRIVATE KEY" if block.has_headers => KeyForm::EncryptedTraditional,
            "PRIVATE KEY" => KeyForm::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => KeyForm::EncryptedPkcs8,
            "EC PRIVATE KEY" => KeyForm::Sec1,
            "RSA PRIVATE KEY" => KeyForm::Pkcs1,
            _ => continue,
        };
        found.push(StoredKey { form, der });
    }
    Ok(found)
}

/// Finds the container by its shape: PKCS#8 has an algorithm second, SEC1 an octet string, PKCS#1
/// a modulus; encrypted PKCS#8 begins with an algorithm.
fn from_der(der: &[u8]) -> Result<StoredKey, ReadError> {
    use der::{Tag, Tagged};
    let parts = sequence(der).map_err(|_| ReadError::new(WHAT, "neither PEM nor DER"))?;
    let tags: Vec<Tag> = parts.iter().map(Tagged::tag).collect();
    let form = match tags.as_slice() {
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => KeyForm::Pkcs8,
        [Tag::Sequence, Tag::OctetString] => KeyForm::EncryptedPkcs8,
        [Tag::Integer, Tag::OctetString, rest @ ..]
            if rest.len() == parts.iter().filter_map(|part| context_tag(*part)).count() =>
        {
            KeyForm::Sec1
        }
        [Tag::Integer, Tag::Integer, Tag::Integer, Tag::Integer, ..] => KeyForm::Pkcs1,
        _ => return Err(ReadError::new(WHAT, "DER, but of no kind of private key")),
    };
    Ok(StoredKey { form, der: Zeroizing::new(der.to_vec()) })
}

/// The key within an unencrypted PKCS#8 (RFC 5958 section 2): for RSA, PKCS#1 as RFC 8017 appendix A.1.2 has it.
///
/// # Errors
/// Where it is no PKCS#8.
pub fn within_pkcs8(der: &[u8]) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|error| ReadError::new(WHAT, error))?;
    Ok(Zeroizing::new(info.private_key.as_bytes().to_vec()))
}

/// Why an encrypted key stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// Its encryption is not one that we open.
    #[error("{0}")]
    Unreadable(ReadError),
}

/// Opens an encrypted PKCS#8 key.
///
/// # Errors
/// A wrong passphrase, or an encryption other than PBES2.
pub fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let unreadable = |reason: String| DecryptError::Unreadable(ReadError::new("encrypted private key", reason));
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| unreadable(error.to_string()))?;
    let scheme = &info.encryption_algorithm;
    let Some(parameters) = scheme.pbes2() else {
        return Err(unreadable("it is encrypted with PBES1; rewrite it with `openssl pkcs8 -topk8`".to_owned()));
    };
    affordable(parameters).map_err(unreadable)?;
    let opened = info.decrypt(passphrase).map_err(|_| DecryptError::WrongPassphrase)?;
    let plain = Zeroizing::new(opened.as_bytes().to_vec());
    // PBES2 has no integrity check: a wrong passphrase may leave padding that looks right.
    PrivateKeyInfoRef::try_from(plain.as_slice()).map_err(|_| DecryptError::WrongPassphrase)?;
    Ok(plain)
}

/// How well a key file keeps its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Not at all: it is in clear.
    None,
    /// As well as can be.
    Good,
    /// By something that does not hold any more, and by what.
    Weak(String),
}

/// Rounds of PBKDF2 below which a passphrase is guessed cheaply. OpenSSL's own default is 2048; OWASP
/// asks for 600,000 with HMAC-SHA-256 (Password Storage Cheat Sheet, 2023), and a tenth of that is
/// where we say so.
const FEW_ROUNDS: u32 = 60_000;

/// How well a key file keeps its key, as far as its outside says.
#[must_use]
pub fn protection(key: &StoredKey) -> Protection {
    match key.form {
        KeyForm::Pkcs8 | KeyForm::Sec1 | KeyForm::Pkcs1 => return Protection::None,
        KeyForm::EncryptedTraditional => {
            return Protection::Weak("OpenSSL's traditional encryption, one round of MD5".to_owned());
        }
        KeyForm::EncryptedPkcs8 => {}
    }
    // The schemes of PKCS#12 (RFC 7292 appendix C: RC2, RC4, Triple DES) are among what cannot be read here.
    let Ok(info) = EncryptedPrivateKeyInfoRef::try_from(key.der.as_slice()) else {
        return Protection::Weak("a scheme older than PBES2".to_owned());
    };
    let Some(parameters) = info.encryption_algorithm.pbes2() else {
        return Protection::Weak("PBES1, whose ciphers are DES and RC2".to_owned());
    };
    if matches!(parameters.encryption, pbes2::EncryptionScheme::DesEde3Cbc { .. }) {
        return Protection::Weak("Triple DES".to_owned());
    }
    match (parameters.kdf.pbkdf2(), parameters.kdf.scrypt()) {
        (Some(pbkdf2), _) if pbkdf2.iteration_count < FEW_ROUNDS => {
            Protection::Weak(format!("only {} rounds of PBKDF2", pbkdf2.iteration_count))
        }
        (_, Some(scrypt)) if scrypt.cost_parameter < 1 << 14 => {
            Protection::Weak(format!("scrypt with a cost of only {}", scrypt.cost_parameter))
        }
        _ => Protection::Good,
    }
}

/// A hostile file could ask for hours of key derivation or gigabytes of memory.
pub(super) fn affordable(parameters: &pbes2::Parameters) -> Result<(), String> {
    if let Some(scrypt) = parameters.kdf.scrypt() {
        let memory = 128_u64.saturating_mul(scrypt.cost_parameter).saturating_mul(u64::from(scrypt.block_size));
        let work = memory.saturating_mul(u64::from(scrypt.parallelization));
        if work > 1 << 31 {
            return Err("its scrypt parameters ask for more than 2 GiB of work".to_owned());
        }
    }
    if parameters.kdf.pbkdf2().is_some_and(|pbkdf2| pbkdf2.iteration_count > 10_000_000) {
        return Err("its PBKDF2 parameters ask for more than ten million rounds".to_owned());
    }
    Ok(())
}

/// How a passphrase becomes the key that encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDerivation {
    /// scrypt with N = 2^14, r = 8, p = 1 (RFC 7914): the strongest that OpenSSL 3.0 opens with its
    /// default memory limit.
    Scrypt,
    /// PBKDF2 with HMAC-SHA-256 and 600,000 rounds (RFC 8018): what every consumer opens, GnuTLS and
    /// Java among them.
    Pbkdf2,
}

const PBKDF2_ROUNDS: u32 = 600_000;

/// Encrypts a PKCS#8 key with AES-256-CBC (PBES2, RFC 8018).
///
/// # Errors
/// Where `pkcs8` is no PKCS#8 key.
pub fn encrypt(
    pkcs8: &[u8],
    passphrase: &[u8],
    derivation: KeyDerivation,
    salt: [u8; 16],
    iv: [u8; 16],
) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: &dyn std::fmt::Display| WriteError::new("encrypted private key", error);
    let parameters = match derivation {
        KeyDerivation::Scrypt => {
            let cost = pkcs8::pkcs5::scrypt::Params::new(14, 8, 1).map_err(|error| refuse(&error))?;
            pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv)
        }
        KeyDerivation::Pbkdf2 => pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, &salt, iv),
    };
    let parameters = parameters.map_err(|error| refuse(&error))?;
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|error| refuse(&error))?;
    let sealed = info.encrypt_with_params(parameters, passphrase).map_err(|error| refuse(&error))?;
    Ok(sealed.as_bytes().to_vec())
}
