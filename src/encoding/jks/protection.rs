//! How JKS seals a private key: `sun/security/provider/KeyProtector.java` of OpenJDK.
//!
//! The key is combined by exclusive or with a stream of SHA-1 digests: of password and salt, then of
//! password and the digest before. Salt, result and SHA-1 of password and key stand one after another
//! in the octets of an EncryptedPrivateKeyInfo (RFC 5958 section 3). It is Java's alone, and no Rust library
//! for it reads broken files without panicking.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Sequence};
use zeroize::Zeroizing;

use super::{DIGEST, WHAT, password_octets};
use crate::encoding::key_store::OpenError;
use crate::encoding::{ReadError, WriteError};
use crate::words::x509::fingerprint::sha1;

/// Sun's identifier of this way to seal (`KeyProtector.KEY_PROTECTOR_OID`).
const KEY_PROTECTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.17.1.1");
/// That of JCEKS, which is another file format with the same outside.
const JCEKS_PROTECTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.19.1");

/// RFC 5958 section 3.
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo<'a> {
    algorithm: Algorithm<'a>,
    sealed: &'a OctetStringRef,
}

#[derive(Sequence)]
struct Algorithm<'a> {
    identifier: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<AnyRef<'a>>,
}

/// The key, or the sealed key: the one from the other.
fn combine(octets: &[u8], password: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut combined = Zeroizing::new(Vec::with_capacity(octets.len()));
    let mut link: Zeroizing<Vec<u8>> = Zeroizing::new(salt.to_vec());
    for piece in octets.chunks(DIGEST) {
        link = Zeroizing::new(sha1(&[password, &link]).to_vec());
        combined.extend(piece.iter().zip(link.iter()).map(|(octet, key)| octet ^ key));
    }
    combined
}

/// Seals a key.
pub(super) fn seal(pkcs8: &[u8], password: &str, salt: [u8; DIGEST]) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new(WHAT, error);
    let password = password_octets(password);
    let check = sha1(&[&password, pkcs8]);
    let sealed = [&salt[..], &combine(pkcs8, &password, &salt), &check].concat();
    let algorithm = Algorithm { identifier: KEY_PROTECTOR, parameters: Some(AnyRef::NULL) };
    EncryptedPrivateKeyInfo { algorithm, sealed: OctetStringRef::new(&sealed).map_err(refuse)? }
        .to_der()
        .map_err(refuse)
}

/// Opens what [`seal`] made.
pub(super) fn open(info: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let info = EncryptedPrivateKeyInfo::from_der(info).map_err(|error| ReadError::new(WHAT, error))?;
    let reason = match info.algorithm.identifier {
        KEY_PROTECTOR => None,
        JCEKS_PROTECTOR => Some("its keys are sealed as in JCEKS".to_owned()),
        other => Some(format!("its keys are sealed in an unknown way, `{other}`")),
    };
    if let Some(reason) = reason {
        return Err(ReadError::new(WHAT, reason).into());
    }
    let parts = info.sealed.as_bytes().split_at_checked(DIGEST).and_then(|(salt, rest)| {
        let (sealed, check) = rest.split_at_checked(rest.len().checked_sub(DIGEST)?)?;
        Some((salt, sealed, check))
    });
    let Some((salt, sealed, check)) = parts else {
        return Err(ReadError::new(WHAT, "a sealed key is cut off").into());
    };
    let password = password_octets(password);
    let key = combine(sealed, &password, salt);
    // A key may have another password than its store.
    if sha1(&[&password, &key]) == check { Ok(key) } else { Err(OpenError::WrongPassword) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_its_password_only() {
        for length in [0, 1, 19, 20, 21, 138] {
            let key = vec![0x5a; length];
            let sealed = seal(&key, "changeit", [3; DIGEST]).unwrap();
            assert_eq!(open(&sealed, "changeit").unwrap().as_slice(), key);
            assert_eq!(open(&sealed, "changeIt"), Err(OpenError::WrongPassword));
        }
    }
}
