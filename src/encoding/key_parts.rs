//! What can be said of a private key without opening or using it: its algorithm, and how it is
//! encrypted.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag, Tagged};

use super::der_tree::{children, context_tag, sequence, wrap};
use super::{ReadError, oid as oids, public_key};
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::public_key::PublicKey;

/// The algorithm of an unencrypted private key, as far as its container says: for elliptic curves
/// the curve, for PKCS#1 the size.
#[must_use]
pub fn algorithm(der: &[u8]) -> Option<String> {
    let parts = sequence(der).ok()?;
    let tags: Vec<Tag> = parts.iter().map(Tagged::tag).collect();
    match tags.as_slice() {
        // RFC 5958 section 2: version, algorithm, key.
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => {
            let identifier = children(*parts.get(1)?).ok()?;
            let kind = object_identifier(*identifier.first()?)?;
            let parameter = identifier.get(1).copied().and_then(object_identifier);
            let curve = parameter.filter(|_| kind == oid::EC_PUBLIC_KEY);
            Some(curve.unwrap_or(kind).shown().to_owned())
        }
        // RFC 5915 section 3: version, key, [0] curve, [1] public key.
        [Tag::Integer, Tag::OctetString, ..] => {
            let curve = parts.iter().find(|part| context_tag(**part) == Some(0))?;
            object_identifier(*children(*curve).ok()?.first()?).map(|curve| curve.shown().to_owned())
        }
        // RFC 8017 appendix A.1.2: version, modulus, and so on.
        [Tag::Integer, Tag::Integer, ..] if tags.len() >= 9 => {
            let modulus = parts.get(1)?.value();
            let significant = modulus.strip_prefix(&[0]).unwrap_or(modulus);
            Some(format!("rsa-{}", significant.len().saturating_mul(8)))
        }
        _ => None,
    }
}

/// How an encrypted private key is encrypted: `PBES2, scrypt (N=16384, r=8, p=1), AES-256-CBC`.
#[must_use]
pub fn protection(der: &[u8]) -> Option<String> {
    scheme(*sequence(der).ok()?.first()?).map(|scheme| scheme.name)
}

/// A way to encrypt or to digest, and what it costs.
pub(super) struct Scheme {
    /// In words, with the cost.
    pub name: String,
    /// How many rounds are asked for; 0 where there are none.
    pub rounds: u64,
}

/// What an AlgorithmIdentifier stands for.
pub(super) fn scheme(identifier: AnyRef<'_>) -> Option<Scheme> {
    let parts = children(identifier).ok()?;
    let kind = object_identifier(*parts.first()?)?;
    let parameters = parts.get(1).map(|parameters| children(*parameters).unwrap_or_default()).unwrap_or_default();
    if kind.dotted() != "1.2.840.113549.1.5.13" {
        // RFC 8018 appendix A.3 and RFC 7292 appendix C: salt and rounds.
        let rounds = parameters.get(1).and_then(|rounds| number(*rounds)).unwrap_or(0);
        return Some(Scheme { name: scheme_name(&kind), rounds });
    }
    // RFC 8018 appendix A.4: key derivation and encryption, each an algorithm of its own.
    let mut asked = 0;
    let algorithms = parameters.iter().filter_map(|part| {
        let parts = children(*part).ok()?;
        let name = scheme_name(&object_identifier(*parts.first()?)?);
        let cost = parts.get(1).and_then(|parameters| cost(&name, *parameters));
        Some(cost.map_or(name.clone(), |(cost, rounds)| {
            asked = rounds;
            format!("{name} ({cost})")
        }))
    });
    let name = format!("PBES2, {}", algorithms.collect::<Vec<_>>().join(", "));
    Some(Scheme { name, rounds: asked })
}

/// What guessing a passphrase costs: RFC 7914 section 7 has salt, N, r and p, RFC 8018 appendix A.2 salt
/// and rounds, and perhaps the hash at the end.
fn cost(scheme: &str, parameters: AnyRef<'_>) -> Option<(String, u64)> {
    let parts = children(parameters).ok()?;
    let numbers: Vec<u64> = parts.iter().skip(1).map_while(|part| number(*part)).collect();
    match (scheme, numbers.as_slice()) {
        ("scrypt", [n, r, p, ..]) => Some((format!("N={n}, r={r}, p={p}"), n.saturating_mul(*p))),
        ("PBKDF2", [rounds, ..]) => {
            let hash = parts.last().and_then(|last| object_identifier(*children(*last).ok()?.first()?));
            // The default of RFC 8018 appendix A.2.
            let hash = hash.map_or("HMAC-SHA-1".to_owned(), |hash| scheme_name(&hash));
            Some((format!("{rounds} rounds of {hash}"), *rounds))
        }
        _ => None,
    }
}

/// A small number of ASN.1.
pub(super) fn number(value: AnyRef<'_>) -> Option<u64> {
    let octets = value.value();
    (value.tag() == Tag::Integer && octets.len() <= 8)
        .then(|| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// RFC 8018 appendix C, RFC 7914 section 7, RFC 7292 appendix C; digests by RFC 5754 section 2.
fn scheme_name(scheme: &Oid) -> String {
    let name = match scheme.dotted() {
        "1.2.840.113549.1.5.12" => "PBKDF2",
        "1.3.6.1.4.1.11591.4.11" => "scrypt",
        "2.16.840.1.101.3.4.1.2" => "AES-128-CBC",
        "2.16.840.1.101.3.4.1.22" => "AES-192-CBC",
        "2.16.840.1.101.3.4.1.42" => "AES-256-CBC",
        // RFC 8018 appendix B.1.
        "1.2.840.113549.2.7" => "HMAC-SHA-1",
        "1.2.840.113549.2.9" => "HMAC-SHA-256",
        "1.2.840.113549.2.10" => "HMAC-SHA-384",
        "1.2.840.113549.2.11" => "HMAC-SHA-512",
        "1.2.840.113549.3.7" => "3DES-CBC",
        "1.3.14.3.2.7" => "DES-CBC",
        // RFC 9579.
        "1.2.840.113549.1.5.14" => "PBMAC1",
        "1.3.14.3.2.26" => "SHA-1",
        "2.16.840.1.101.3.4.2.1" => "SHA-256",
        "2.16.840.1.101.3.4.2.2" => "SHA-384",
        "2.16.840.1.101.3.4.2.3" => "SHA-512",
        "1.2.840.113549.1.5.3" => "PBES1, MD5, DES-CBC",
        "1.2.840.113549.1.5.10" => "PBES1, SHA-1, DES-CBC",
        "1.2.840.113549.1.12.1.1" => "PKCS#12 PBE, SHA-1, RC4-128",
        "1.2.840.113549.1.12.1.2" => "PKCS#12 PBE, SHA-1, RC4-40",
        "1.2.840.113549.1.12.1.3" => "PKCS#12 PBE, SHA-1, 3DES",
        "1.2.840.113549.1.12.1.4" => "PKCS#12 PBE, SHA-1, 3DES with two keys",
        "1.2.840.113549.1.12.1.5" => "PKCS#12 PBE, SHA-1, RC2-128",
        "1.2.840.113549.1.12.1.6" => "PKCS#12 PBE, SHA-1, RC2-40",
        other => other,
    };
    name.to_owned()
}

/// The public key of RFC 8017 appendix A.1.1 in the form of RFC 3279 section 2.3.1.
///
/// # Errors
/// Where the bytes are no two integers.
pub fn rsa_public_key(der: &[u8]) -> Result<PublicKey, ReadError> {
    let refuse = |error: der::Error| ReadError::new("public key", error);
    let parts = sequence(der).map_err(refuse)?;
    if parts.len() != 2 || parts.iter().any(|part| part.tag() != Tag::Integer) {
        return Err(ReadError::new("public key", "an RSA public key is two integers"));
    }
    let spki = || -> der::Result<Vec<u8>> {
        let rsa = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1").to_der()?;
        let identifier = wrap(Tag::Sequence, &[rsa.as_slice(), &AnyRef::NULL.to_der()?].concat())?;
        let bits = wrap(Tag::BitString, &[&[0], der].concat())?;
        wrap(Tag::Sequence, &[identifier, bits].concat())
    };
    public_key::read(&spki().map_err(refuse)?)
}

fn object_identifier(value: AnyRef<'_>) -> Option<Oid> {
    value.decode_as::<ObjectIdentifier>().ok().map(oids::from_der)
}
