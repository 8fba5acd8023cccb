//! SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) into the word for a public key.

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Tag, Tagged};

use super::der_tree::{children, sequence};
use super::{ReadError, oid as oids};
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

/// Reads the DER of a SubjectPublicKeyInfo.
pub(crate) fn read(spki: &[u8]) -> Result<PublicKey, ReadError> {
    let refuse = |error: der::Error| ReadError::new("public key", error);
    let parts = sequence(spki).map_err(refuse)?;
    let [identifier, bits] = parts.as_slice() else {
        return Err(ReadError::new("public key", "it is an algorithm and a bit string"));
    };
    bits.tag().assert_eq(Tag::BitString).map_err(refuse)?;
    let Some((0, key)) = bits.value().split_first().map(|(unused, key)| (*unused, key)) else {
        return Err(ReadError::new("public key", "its bit string is not whole octets"));
    };
    let identifier = children(*identifier).map_err(refuse)?;
    let Some((kind, parameters)) = identifier.split_first() else {
        return Err(ReadError::new("public key", "it names no algorithm"));
    };
    let kind = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
    let curve = match parameters {
        [one] => one.decode_as::<ObjectIdentifier>().ok().map(oids::from_der),
        _ => None,
    };
    let algorithm = algorithm(&kind, curve.as_ref(), parameters, key);
    let modulus = match (kind == oid::RSA_PSS).then(|| rsa(key)) {
        Some(Ok(PublicKeyAlgorithm::Rsa { modulus, .. })) => Some(modulus),
        _ => None,
    };
    Ok(PublicKey::from_encoding(spki.to_vec(), key.to_vec(), algorithm).with_modulus(modulus))
}

/// Whether the parameters of its algorithm are NULL, as RFC 4055 section 1.2 wants them for RSA.
pub(crate) fn has_null_parameters(key: &PublicKey) -> bool {
    let identifier = sequence(key.spki()).ok().and_then(|parts| parts.into_iter().next());
    let parts = identifier.and_then(|identifier| children(identifier).ok()).unwrap_or_default();
    matches!(parts.as_slice(), [_, parameters] if parameters.tag() == Tag::Null)
}

/// Explicit curve parameters, compressed points, points of a wrong length and RSA-PSS keys are
/// `Other`: we neither check their signatures nor certify them.
fn algorithm(kind: &Oid, curve: Option<&Oid>, parameters: &[AnyRef<'_>], key: &[u8]) -> PublicKeyAlgorithm {
    let other = || PublicKeyAlgorithm::Other { algorithm: kind.clone(), curve: curve.cloned() };
    let uncompressed = |length: usize| key.len() == 1 + 2 * length && key.first() == Some(&4);
    if *kind == oid::RSA_ENCRYPTION {
        return rsa(key).unwrap_or_else(|_| other());
    }
    if *kind == oid::ED25519 && parameters.is_empty() && key.len() == 32 {
        return PublicKeyAlgorithm::Ed25519;
    }
    if *kind == oid::EC_PUBLIC_KEY {
        match curve {
            Some(curve) if *curve == oid::P256 && uncompressed(32) => return PublicKeyAlgorithm::EcdsaP256,
            Some(curve) if *curve == oid::P384 && uncompressed(48) => return PublicKeyAlgorithm::EcdsaP384,
            Some(curve) if *curve == oid::P521 && uncompressed(66) => return PublicKeyAlgorithm::EcdsaP521,
            _ => {}
        }
    }
    other()
}

/// RSAPublicKey (RFC 8017 appendix A.1.1).
fn rsa(key: &[u8]) -> der::Result<PublicKeyAlgorithm> {
    let mut numbers = Vec::new();
    for number in sequence(key)? {
        numbers.push(number.decode_as::<UintRef<'_>>()?.as_bytes());
    }
    let [modulus, exponent] = numbers.as_slice() else {
        return Err(Tag::Integer.value_error().into());
    };
    let leading = modulus.first().map_or(8, |octet| octet.leading_zeros());
    let bits = u32::try_from(modulus.len()).unwrap_or(u32::MAX / 8).saturating_mul(8).saturating_sub(leading);
    Ok(PublicKeyAlgorithm::Rsa { bits, modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}
