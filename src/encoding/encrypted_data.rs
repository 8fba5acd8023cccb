//! Anything encrypted with a passphrase: CMS EncryptedData (RFC 5652 section 8) whose algorithm is PBES2
//! (RFC 8018) with scrypt (RFC 7914) and AES-256-GCM (RFC 5084), so that a changed octet or a wrong
//! passphrase is noticed.

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Sequence};
use pkcs8::pkcs5::pbes2::{self, AES_256_GCM_OID, EncryptionScheme, Kdf};
use pkcs8::pkcs5::scrypt;
use zeroize::Zeroizing;

use super::private_key::affordable;
use super::{ReadError, WriteError};

const WHAT: &str = "encrypted file";
/// id-encryptedData, RFC 5652 section 8.
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// id-data, RFC 5652 section 4.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// id-PBES2, RFC 8018 section 6.2.
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
/// The octets of AES-GCM's tag.
const TAG: u8 = 16;
/// scrypt with N = 2^17, r = 8, p = 1 takes 128 MiB: a file that lies on foreign disks for years is worth
/// a second of work.
const LOG_N: u8 = 17;

/// RFC 5652 section 3.
#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: EncryptedData<'a>,
}

/// RFC 5652 section 8; version 0 where there are no unprotected attributes.
#[derive(Sequence)]
struct EncryptedData<'a> {
    version: u8,
    encrypted_content_info: EncryptedContentInfo<'a>,
}

/// RFC 5652 section 6.1.
#[derive(Sequence)]
struct EncryptedContentInfo<'a> {
    content_type: ObjectIdentifier,
    content_encryption_algorithm: PasswordEncryption<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    encrypted_content: &'a OctetStringRef,
}

/// The AlgorithmIdentifier of RFC 8018 appendix A.4.
#[derive(Sequence)]
struct PasswordEncryption<'a> {
    algorithm: ObjectIdentifier,
    parameters: PasswordEncryptionParameters<'a>,
}

/// PBES2-params, RFC 8018 appendix A.4.
#[derive(Sequence)]
struct PasswordEncryptionParameters<'a> {
    key_derivation: Kdf,
    encryption: Gcm<'a>,
}

/// The AlgorithmIdentifier of RFC 5084 section 3.2.
#[derive(Sequence)]
struct Gcm<'a> {
    algorithm: ObjectIdentifier,
    parameters: GcmParameters<'a>,
}

/// GCMParameters, RFC 5084 section 3.2; the length of the tag stands there unless it is 12.
#[derive(Sequence)]
struct GcmParameters<'a> {
    nonce: &'a OctetStringRef,
    tag_length: u8,
}

/// Why an encrypted file stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The passphrase is another, or the file was changed.
    #[error("the passphrase does not open it, or it was changed")]
    WrongPassphrase,
    /// It is not what we write.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

/// Encrypts.
///
/// # Errors
/// Where it is too long for a DER length.
pub fn encrypt(plain: &[u8], passphrase: &[u8], salt: [u8; 16], nonce: [u8; 12]) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: &dyn std::fmt::Display| WriteError::new(WHAT, error);
    let cost = scrypt::Params::new(LOG_N, 8, 1).map_err(|error| refuse(&error))?;
    let parameters = pbes2::Parameters::scrypt_aes256gcm(cost, &salt, nonce).map_err(|error| refuse(&error))?;
    let sealed = parameters.encrypt(passphrase, plain).map_err(|error| refuse(&error))?;
    let info = ContentInfo {
        content_type: ENCRYPTED_DATA,
        content: EncryptedData {
            version: 0,
            encrypted_content_info: EncryptedContentInfo {
                content_type: DATA,
                content_encryption_algorithm: PasswordEncryption {
                    algorithm: PBES2,
                    parameters: PasswordEncryptionParameters {
                        key_derivation: parameters.kdf,
                        encryption: Gcm {
                            algorithm: AES_256_GCM_OID,
                            parameters: GcmParameters {
                                nonce: OctetStringRef::new(&nonce).map_err(|error| refuse(&error))?,
                                tag_length: TAG,
                            },
                        },
                    },
                },
                encrypted_content: OctetStringRef::new(&sealed).map_err(|error| refuse(&error))?,
            },
        },
    };
    info.to_der().map_err(|error| refuse(&error))
}

/// Opens what [`encrypt`] made.
///
/// # Errors
/// A wrong passphrase, a changed file, or one of another kind. Nothing is decrypted that does not say
/// that it was not changed: AES-GCM is the only cipher taken.
pub fn decrypt(file: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let unreadable = |reason: String| OpenError::Unreadable(ReadError { what: WHAT, reason });
    let info = ContentInfo::from_der(file).map_err(|error| unreadable(error.to_string()))?;
    let EncryptedData { version, encrypted_content_info } = info.content;
    if (info.content_type, version) != (ENCRYPTED_DATA, 0) {
        return Err(unreadable("it is no EncryptedData of version 0".to_owned()));
    }
    let PasswordEncryption { algorithm, parameters } = encrypted_content_info.content_encryption_algorithm;
    let PasswordEncryptionParameters { key_derivation, encryption: Gcm { algorithm: cipher, parameters: gcm } } =
        parameters;
    let nonce = <[u8; 12]>::try_from(gcm.nonce.as_bytes());
    let (true, Ok(nonce)) = ((algorithm, cipher, gcm.tag_length) == (PBES2, AES_256_GCM_OID, TAG), nonce) else {
        return Err(unreadable("it is encrypted otherwise than with PBES2 and AES-256-GCM".to_owned()));
    };
    let parameters = &pbes2::Parameters { kdf: key_derivation, encryption: EncryptionScheme::Aes256Gcm { nonce } };
    affordable(parameters).map_err(unreadable)?;
    let sealed = encrypted_content_info.encrypted_content.as_bytes();
    let plain = parameters.decrypt(passphrase, sealed).map_err(|_| OpenError::WrongPassphrase)?;
    Ok(Zeroizing::new(plain))
}

/// Whether a file begins as an encrypted one does: with the SEQUENCE of a ContentInfo and its type.
#[must_use]
pub fn is_one(start: &[u8]) -> bool {
    // The header is at most 6 octets long, and the type follows it.
    let kind = [&[0x06, 0x09][..], ENCRYPTED_DATA.as_bytes()].concat();
    start.first() == Some(&0x30) && start.windows(kind.len()).take(7).any(|window| window == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_what_was_changed_does_not() {
        let sealed = encrypt(b"content", b"secret", [1; 16], [2; 12]).unwrap();
        assert!(is_one(&sealed) && !is_one(b"0") && !is_one(b"ustar"));
        assert_eq!(decrypt(&sealed, b"secret").unwrap().as_slice(), b"content");
        assert_eq!(decrypt(&sealed, b"other"), Err(OpenError::WrongPassphrase));
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(decrypt(&changed, b"secret"), Err(OpenError::WrongPassphrase));
        assert!(matches!(decrypt(&sealed[..sealed.len() - 1], b"secret"), Err(OpenError::Unreadable(_))));
    }
}
