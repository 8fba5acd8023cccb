//! Certificates and CRLs out of PKCS#7 SignedData (RFC 5652 section 5.1), the "p7b" files that
//! carry chains, and into them. Its content and signers are not looked at.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Header, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};

use super::der_tree::wrap;
use super::{ReadError, WriteError};

const WHAT: &str = "PKCS#7 file";
/// id-signedData, RFC 5652 section 5.1.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// id-data, RFC 5652 section 4.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// What a SignedData carries besides its content, each in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// The DER of each certificate; other choices of RFC 5652 section 10.2.2 (attribute
    /// certificates and the like) are left out.
    pub certificates: Vec<Vec<u8>>,
    /// The DER of each CRL.
    pub crls: Vec<Vec<u8>>,
}

/// RFC 5652 section 3: `SEQUENCE { contentType, content [0] EXPLICIT ANY }`.
#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    content: Option<AnyRef<'a>>,
}

/// Reads the certificates and CRLs of a SignedData.
///
/// # Errors
/// What is not as RFC 5652 has it, or that the content is of another type.
pub fn read(der: &[u8]) -> Result<Carried, ReadError> {
    let malformed = |error: der::Error| ReadError { what: WHAT, reason: error.to_string() };
    if der.get(1) == Some(&0x80) {
        return Err(ReadError {
            what: WHAT,
            reason: "it is in BER with indefinite lengths; `openssl cms -cmsout -inform DER -outform DER` rewrites it"
                .to_owned(),
        });
    }
    let info = ContentInfo::from_der(der).map_err(malformed)?;
    if info.content_type != SIGNED_DATA {
        let reason = format!("its content is of type `{}`, not SignedData", info.content_type);
        return Err(ReadError { what: WHAT, reason });
    }
    let content = info.content.ok_or_else(|| ReadError { what: WHAT, reason: "it has no content".to_owned() })?;
    content.tag().assert_eq(Tag::Sequence).map_err(malformed)?;
    signed_data(content.value()).map_err(malformed)
}

/// RFC 5652 section 5.1: version, digestAlgorithms, encapContentInfo, then what we came for, then
/// signerInfos. Sets are taken in the order of the file: tools do not sort chains as DER would.
fn signed_data(content: &[u8]) -> der::Result<Carried> {
    let mut reader = SliceReader::new(content)?;
    for expected in [Tag::Integer, Tag::Set, Tag::Sequence] {
        AnyRef::decode(&mut reader)?.tag().assert_eq(expected)?;
    }
    let mut carried = Carried::default();
    while !reader.is_finished() {
        let header = Header::peek(&reader)?;
        let element = reader.tlv_bytes()?;
        let value = element.get(element.len().saturating_sub(usize::try_from(header.length())?)..).unwrap_or(&[]);
        match header.tag() {
            Tag::ContextSpecific { number: TagNumber(0), .. } => carried.certificates = sequences(value)?,
            Tag::ContextSpecific { number: TagNumber(1), .. } => carried.crls = sequences(value)?,
            _ => {}
        }
    }
    Ok(carried)
}

/// Those elements of a set that are plain sequences: certificates (section 10.2.2) or CRLs
/// (section 10.2.1); the other choices are tagged.
fn sequences(content: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let mut reader = SliceReader::new(content)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        let tag = Tag::peek(&reader)?;
        let element = reader.tlv_bytes()?;
        if tag == Tag::Sequence {
            found.push(element.to_vec());
        }
    }
    Ok(found)
}

/// Writes certificates and CRLs, in this order, as a SignedData without content or signers: the degenerate
/// case of RFC 5652 section 5.2, in the form of PKCS#7 version 1.5 (RFC 2315 section 9.1), which old software
/// reads as well.
///
/// DER would have the set sorted by its octets. Nobody signs over it, and there are programs that take the
/// first certificate for the leaf, so it stays in the order of the chain, as OpenSSL writes it.
///
/// # Errors
/// Where it is too long for a DER length.
pub fn write<'a>(
    certificates: impl IntoIterator<Item = &'a [u8]>,
    crls: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new(WHAT, error);
    let certificates: Vec<&[u8]> = certificates.into_iter().collect();
    let crls: Vec<&[u8]> = crls.into_iter().collect();
    let wrapped = |number: u32, content: &[u8]| {
        let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(number) };
        wrap(tag, content).map_err(refuse)
    };
    // Version 1: nothing but certificates and CRLs (RFC 5652 section 5.1).
    let mut data = 1_u8.to_der().map_err(refuse)?;
    data.extend(wrap(Tag::Set, &[]).map_err(refuse)?);
    data.extend(wrap(Tag::Sequence, &DATA.to_der().map_err(refuse)?).map_err(refuse)?);
    data.extend(wrapped(0, &certificates.concat())?);
    if !crls.is_empty() {
        data.extend(wrapped(1, &crls.concat())?);
    }
    data.extend(wrap(Tag::Set, &[]).map_err(refuse)?);
    let signed = wrapped(0, &wrap(Tag::Sequence, &data).map_err(refuse)?)?;
    wrap(Tag::Sequence, &[SIGNED_DATA.to_der().map_err(refuse)?, signed].concat()).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_its_order() {
        // Sequences of any content: what they hold is not looked at.
        let (one, two, crl) = ([0x30, 1, 9], [0x30, 0], [0x30, 1, 8]);
        let written = write([&one[..], &two], [&crl[..]]).unwrap();
        assert_eq!(
            read(&written).unwrap(),
            Carried { certificates: vec![one.to_vec(), two.to_vec()], crls: vec![crl.to_vec()] }
        );
        let written = write([&one[..]], []).unwrap();
        assert_eq!(read(&written).unwrap(), Carried { certificates: vec![one.to_vec()], crls: Vec::new() });
    }
}
