//! Input signed anew by a key of ours, so that what stands behind the signature is reached too: no fuzzer
//! guesses a signature.

use der::asn1::AnyRef;
use der::{Decode, Encode, Header, Length, Tag, Tagged};
use mtls_ca::keys::PrivateKey;
use mtls_ca::x509::name::Name;

/// ecdsa-with-SHA256 (RFC 5758 section 3.2), which the key of the stage signs with.
const ALGORITHM: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// A certificate as this key would have signed it under this name (RFC 5280 section 4.1).
pub fn certificate(der: &[u8], issuer: &Name, key: &PrivateKey) -> Option<Vec<u8>> {
    let mut parts = signed_part(der)?;
    // The version is [0], and may be left out.
    let first = usize::from(parts.first()?.first() == Some(&0xa0));
    *parts.get_mut(first + 1)? = ALGORITHM.to_vec();
    *parts.get_mut(first + 2)? = issuer.der().to_vec();
    seal(&parts, key)
}

/// A CRL as this key would have signed it under this name (RFC 5280 section 5.1).
pub fn crl(der: &[u8], issuer: &Name, key: &PrivateKey) -> Option<Vec<u8>> {
    let mut parts = signed_part(der)?;
    let first = usize::from(parts.first()?.first() == Some(&0x02));
    *parts.get_mut(first)? = ALGORITHM.to_vec();
    *parts.get_mut(first + 1)? = issuer.der().to_vec();
    seal(&parts, key)
}

/// A request for this key, with everything else that it asks for (RFC 2986 section 4.1).
pub fn request(der: &[u8], key: &PrivateKey) -> Option<Vec<u8>> {
    let mut parts = signed_part(der)?;
    *parts.get_mut(2)? = key.public_key().spki().to_vec();
    seal(&parts, key)
}

/// The elements of what is signed.
fn signed_part(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let whole = elements(der)?;
    elements(whole.first()?)
}

fn elements(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let whole = AnyRef::from_der(der).ok().filter(|whole| whole.tag() == Tag::Sequence)?;
    let mut rest = whole.value();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (element, behind) = AnyRef::from_der_partial(rest).ok()?;
        found.push(element.to_der().ok()?);
        rest = behind;
    }
    Some(found)
}

fn seal(parts: &[Vec<u8>], key: &PrivateKey) -> Option<Vec<u8>> {
    let signed = wrapped(Tag::Sequence, &parts.concat())?;
    let signature = key.sign(&signed).ok()?;
    let bits = wrapped(Tag::BitString, &[&[0], signature.as_slice()].concat())?;
    wrapped(Tag::Sequence, &[signed.as_slice(), ALGORITHM, &bits].concat())
}

fn wrapped(tag: Tag, content: &[u8]) -> Option<Vec<u8>> {
    let header = Header::new(tag, Length::try_from(content.len()).ok()?);
    Some([header.to_der().ok()?.as_slice(), content].concat())
}
