//! Certificates and CRLs out of PKCS#7 SignedData (RFC 5652 section 5.1), the "p7b" files that
//! carry chains. Its content and signers are not looked at.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Header, Reader, Sequence, SliceReader, Tag, TagNumber, Tagged};

use super::ReadError;

const WHAT: &str = "PKCS#7 file";
/// id-signedData, RFC 5652 section 5.1.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

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
