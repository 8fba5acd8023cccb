//! Walking DER as tagged values (ITU-T X.690), for structures that no library reads leniently
//! enough, and putting values back together.

use der::asn1::AnyRef;
use der::{Decode, Encode, Header, Length, Reader, SliceReader, Tag};

use super::ReadError;

/// The values that a constructed value holds, in order.
pub(super) fn children<'a>(value: AnyRef<'a>) -> der::Result<Vec<AnyRef<'a>>> {
    values(value.value())
}

/// Values that stand one after another.
pub(super) fn values(bytes: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader)?);
    }
    Ok(found)
}

/// The one value that these bytes are.
pub(super) fn single(bytes: &[u8]) -> der::Result<AnyRef<'_>> {
    AnyRef::from_der(bytes)
}

/// The children of the one SEQUENCE that these bytes are.
pub(super) fn sequence(bytes: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let value = single(bytes)?;
    der::Tagged::tag(&value).assert_eq(Tag::Sequence)?;
    children(value)
}

/// Refuses what does not begin as a SEQUENCE does, which is always constructed (X.690 section 8.9.1): a parser that
/// overlooks that bit takes two files for one certificate.
pub(super) fn is_sequence(what: &'static str, bytes: &[u8]) -> Result<(), ReadError> {
    match bytes.first() {
        Some(0x30) => Ok(()),
        Some(_) | None => Err(ReadError::new(what, "it does not begin with a SEQUENCE")),
    }
}

/// The number of a context-specific tag, where it is one.
pub(super) fn context_tag(value: AnyRef<'_>) -> Option<u32> {
    match der::Tagged::tag(&value) {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

/// A value of this tag around these content octets.
pub(super) fn wrap(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    let length = Length::try_from(content.len())?;
    // A header of these tags and lengths has six octets at most.
    let mut out = Vec::with_capacity(content.len() + 6);
    Header::new(tag, length).encode_to_vec(&mut out)?;
    out.extend_from_slice(content);
    Ok(out)
}

/// The whole value that begins where `part`, a slice of `whole`, begins: `x509-parser` cuts a name off at a set
/// without attributes.
pub(super) fn value_from<'a>(whole: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let start = range_within(whole, part)?.start;
    SliceReader::new(whole.get(start..)?).ok()?.tlv_bytes().ok()
}

/// Where `part`, a slice of `whole`, lies within it.
pub(super) fn range_within(whole: &[u8], part: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}
