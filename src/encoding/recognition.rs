//! What a DER value looks like from its outermost two levels, so that a file is read as the one
//! thing that it can be and an error speaks of that thing.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

/// What a DER value looks like. Nothing is promised of what lies deeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// RFC 5280 section 4.1.
    Certificate,
    /// RFC 2986 section 4.
    Request,
    /// RFC 5280 section 5.1.
    RevocationList,
    /// RFC 5652 section 3, whatever the content.
    Pkcs7,
    /// RFC 5958 section 2.
    PrivateKeyInfo,
    /// RFC 5958 section 3.
    EncryptedPrivateKeyInfo,
    /// RFC 5915 section 3.
    EcPrivateKey,
    /// RFC 8017 appendix A.1.2.
    RsaPrivateKey,
    /// OpenSSL's own form of DSA keys: six integers.
    DsaPrivateKey,
    /// RFC 5280 section 4.1.2.7.
    PublicKey,
    /// RFC 8017 appendix A.1.1.
    RsaPublicKey,
    /// RFC 7292 section 4.
    Pkcs12,
    /// RFC 6960 section 4.2.1.
    OcspResponse,
    /// RFC 5480 section 2.1.1, a named curve alone.
    EcParameters,
    /// Anything else.
    Unknown,
}

/// Looks at the outermost two levels of a DER value.
#[must_use]
pub fn shape(der: &[u8]) -> Shape {
    let Ok(mut reader) = SliceReader::new(der) else { return Shape::Unknown };
    let Ok(outer) = AnyRef::decode(&mut reader) else { return Shape::Unknown };
    match outer.tag() {
        Tag::ObjectIdentifier => Shape::EcParameters,
        Tag::Sequence => of_sequence(&children(outer.value())),
        _ => Shape::Unknown,
    }
}

/// The first elements within a constructed value; none where the first is malformed already.
/// No shape needs more of them.
fn children(content: &[u8]) -> Vec<AnyRef<'_>> {
    const ENOUGH: usize = 10;
    let Ok(mut reader) = SliceReader::new(content) else { return Vec::new() };
    let mut found = Vec::new();
    while found.len() < ENOUGH && !reader.is_finished() {
        match AnyRef::decode(&mut reader) {
            Ok(element) => found.push(element),
            Err(_) => break,
        }
    }
    found
}

fn of_sequence(elements: &[AnyRef<'_>]) -> Shape {
    let tags: Vec<Tag> = elements.iter().map(Tagged::tag).collect();
    match tags.as_slice() {
        [Tag::Sequence, Tag::Sequence, Tag::BitString] => elements.first().map_or(Shape::Unknown, of_signed),
        [Tag::Sequence, Tag::BitString] => Shape::PublicKey,
        [Tag::Sequence, Tag::OctetString] => elements.first().map_or(Shape::Unknown, of_encrypted),
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Shape::PrivateKeyInfo,
        [Tag::Integer, Tag::OctetString, ..] => Shape::EcPrivateKey,
        [Tag::Integer, Tag::Sequence] => Shape::Pkcs12,
        [Tag::Integer, Tag::Sequence, Tag::Sequence] => Shape::Pkcs12,
        [Tag::Integer, Tag::Integer] => Shape::RsaPublicKey,
        [first @ .., _, _, _] if tags.len() == 9 && first.iter().all(|tag| *tag == Tag::Integer) => {
            Shape::RsaPrivateKey
        }
        _ if tags.len() == 6 && tags.iter().all(|tag| *tag == Tag::Integer) => Shape::DsaPrivateKey,
        [Tag::Enumerated] | [Tag::Enumerated, _] => Shape::OcspResponse,
        [Tag::ObjectIdentifier, ..] => elements.first().map_or(Shape::Unknown, of_content_info),
        _ => Shape::Unknown,
    }
}

/// A certificate, a request or a CRL, by the order of elements in its signed part.
fn of_signed(signed: &AnyRef<'_>) -> Shape {
    let elements = children(signed.value());
    let tags: Vec<Tag> = elements.iter().map(Tagged::tag).collect();
    let is_time = |tag: Option<&Tag>| matches!(tag, Some(Tag::UtcTime | Tag::GeneralizedTime));
    match tags.as_slice() {
        [Tag::ContextSpecific { .. }, ..] => Shape::Certificate,
        // RFC 5280 section 5.1: the version is optional, the time of issue is not.
        rest if is_time(rest.get(2)) || is_time(rest.get(3)) => Shape::RevocationList,
        // RFC 2986 section 4.1: version, subject, key, attributes.
        [Tag::Integer, Tag::Sequence, Tag::Sequence] => Shape::Request,
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::ContextSpecific { .. }, ..] => Shape::Request,
        // RFC 5280 section 4.1: a version 1 certificate leaves its version out.
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::Sequence, ..] => Shape::Certificate,
        _ => Shape::Unknown,
    }
}

/// An encrypted key, by the algorithm: a password-based one of PKCS#5 or PKCS#12.
fn of_encrypted(algorithm: &AnyRef<'_>) -> Shape {
    const PASSWORD_BASED: [&str; 2] = ["1.2.840.113549.1.5.", "1.2.840.113549.1.12.1."];
    match children(algorithm.value()).first().and_then(|first| first.decode_as::<ObjectIdentifier>().ok()) {
        Some(oid) if PASSWORD_BASED.iter().any(|arc| oid.to_string().starts_with(arc)) => {
            Shape::EncryptedPrivateKeyInfo
        }
        _ => Shape::Unknown,
    }
}

/// PKCS#7 and its successor: content types below 1.2.840.113549.1.7 (RFC 5652 sections 4 to 10)
/// or 1.2.840.113549.1.9.16.1 (RFC 5652 appendix A, RFC 6010).
fn of_content_info(content_type: &AnyRef<'_>) -> Shape {
    match content_type.decode_as::<ObjectIdentifier>() {
        Ok(oid) if oid.to_string().starts_with("1.2.840.113549.1.7.") => Shape::Pkcs7,
        Ok(oid) if oid.to_string().starts_with("1.2.840.113549.1.9.16.1.") => Shape::Pkcs7,
        _ => Shape::Unknown,
    }
}

/// The first whole DER value of these bytes; what may follow is left out. `TRUSTED CERTIFICATE`
/// blocks of OpenSSL are a certificate and more.
#[must_use]
pub fn first_value(bytes: &[u8]) -> Option<&[u8]> {
    SliceReader::new(bytes).ok()?.tlv_bytes().ok()
}
