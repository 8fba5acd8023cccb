//! Looking a CRL through strictly (RFC 5280 section 5.1), entry by entry, without holding them: what
//! we have signed before it is believed, and the heads of files whose entries do not matter.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, IntRef, ObjectIdentifier, UtcTime};
use der::{Decode, Header, Reader, SliceReader, Tag, Tagged};

use crate::encoding::certificate::identifier_from_der;
use crate::encoding::der_tree::values;
use crate::encoding::{ReadError, extension, name, oid as oids};
use crate::words::clock::Time;
use crate::words::x509::extension::Extensions;
use crate::words::x509::name::Name;
use crate::words::x509::oid;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::{ListHead, Listed};
use crate::words::x509::signature::SignatureIdentifier;

const WHAT: &str = "CRL";

/// A CRL without its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// What it says beside them.
    pub head: ListHead,
    /// How many there are.
    pub entries: u64,
    /// A check sum over what they say, in their order.
    pub digest: u64,
    /// Where the signed bytes lie.
    pub to_be_signed: Range<usize>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The beginning of a CRL, up to its entries: enough to know where they end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    signature_algorithm: SignatureIdentifier,
    to_be_signed: Range<usize>,
    entries: Range<usize>,
    end: usize,
}

impl Opening {
    /// Reads the beginning of a CRL of version 2, of which more may follow than is there.
    ///
    /// # Errors
    /// Where it is none, or what is there ends before the entries.
    pub fn read(beginning: &[u8]) -> Result<Self, ReadError> {
        let mut reader = SliceReader::new(beginning).map_err(refuse)?;
        let whole = enter(&mut reader)?;
        let begin = position(&reader)?;
        let signed = enter(&mut reader)?;
        // RFC 5280 section 5.1.2.1: extensions make it version 2, which is written 1.
        if IntRef::decode(&mut reader).map_err(refuse)?.as_bytes() != [1] {
            return Err(ReadError::new(WHAT, "it is not of version 2"));
        }
        let signature_algorithm = identifier_from_der(AnyRef::decode(&mut reader).map_err(refuse)?)?;
        let issuer = name::read(reader.tlv_bytes().map_err(refuse)?)?;
        let this_update = time(AnyRef::decode(&mut reader).map_err(refuse)?)?;
        let mut next_update = None;
        let mut entries = position(&reader)?..position(&reader)?;
        // RFC 5280 sections 5.1.2.5 and 5.1.2.6: both may be absent.
        if position(&reader)? < signed.end && is_time(Tag::peek(&reader).map_err(refuse)?) {
            next_update = Some(time(AnyRef::decode(&mut reader).map_err(refuse)?)?);
            entries = position(&reader)?..position(&reader)?;
        }
        if position(&reader)? < signed.end && Tag::peek(&reader).map_err(refuse)? == Tag::Sequence {
            entries = enter(&mut reader)?;
            if entries.is_empty() {
                return Err(ReadError::new(WHAT, "its list of entries is there and empty"));
            }
        }
        if signed.end > whole.end || entries.end > signed.end {
            return Err(ReadError::new(WHAT, "a part of it is longer than the whole"));
        }
        let to_be_signed = begin..signed.end;
        Ok(Self { issuer, this_update, next_update, signature_algorithm, to_be_signed, entries, end: whole.end })
    }

    /// Where the rest begins that [`Opening::close`] wants: all that stands behind the entries.
    #[must_use]
    pub const fn rest(&self) -> usize {
        self.entries.end
    }

    /// The head, with what stands behind the entries.
    ///
    /// # Errors
    /// Where that is not the rest of this CRL.
    pub fn close(self, rest: &[u8]) -> Result<(ListHead, Vec<u8>), ReadError> {
        let Self { issuer, this_update, next_update, signature_algorithm, to_be_signed, entries, end } = self;
        if rest.len() != end - entries.end {
            return Err(ReadError::new(WHAT, "it is cut off, or something follows it"));
        }
        let (signed, behind) = rest.split_at(to_be_signed.end - entries.end);
        let extensions = match values(signed).map_err(refuse)?.as_slice() {
            [] => Vec::new(),
            // RFC 5280 section 5.1: crlExtensions is [0] EXPLICIT.
            [one] if one.tag() == (Tag::ContextSpecific { constructed: true, number: der::TagNumber(0) }) => {
                extension::read_sequence(AnyRef::from_der(one.value()).map_err(refuse)?)?
            }
            _ => return Err(ReadError::new(WHAT, "something other than extensions follows its entries")),
        };
        let behind = values(behind).map_err(refuse)?;
        let [outer, signature] = behind.as_slice() else {
            return Err(ReadError::new(WHAT, "an algorithm and a signature have to follow what is signed"));
        };
        // RFC 5280 section 5.1.1.2: both places name the same algorithm.
        if identifier_from_der(*outer)? != signature_algorithm {
            return Err(ReadError::new(WHAT, "its two signature algorithms differ"));
        }
        let signature: BitStringRef<'_> = signature.decode_as().map_err(refuse)?;
        let signature = signature.as_bytes().ok_or_else(|| ReadError::new(WHAT, "its signature has unused bits"))?;
        let extensions = Extensions::new(extensions);
        let head = ListHead { version: 2, issuer, this_update, next_update, extensions, signature_algorithm };
        Ok((head, signature.to_vec()))
    }
}

/// Looks a whole CRL through and hands over every entry. Only what we write ourselves is taken: of
/// an entry's extensions the reason and the invalidity date.
///
/// # Errors
/// Where it is not strict DER or says something else; what the receiver says.
pub fn outline(der: &[u8], mut receive: impl FnMut(Listed<'_>) -> Result<(), ReadError>) -> Result<Outline, ReadError> {
    let opening = Opening::read(der)?;
    let cut = || ReadError::new(WHAT, "it is cut off");
    let list = der.get(opening.entries.clone()).ok_or_else(cut)?;
    let mut reader = SliceReader::new(list).map_err(refuse)?;
    let (mut entries, mut digest) = (0, DefaultHasher::new());
    while !reader.is_finished() {
        let listed = entry(AnyRef::decode(&mut reader).map_err(refuse)?)?;
        listed.hash(&mut digest);
        receive(listed)?;
        entries += 1;
    }
    let to_be_signed = opening.to_be_signed.clone();
    let rest = der.get(opening.rest()..).ok_or_else(cut)?;
    let (head, signature) = opening.close(rest)?;
    Ok(Outline { head, entries, digest: digest.finish(), to_be_signed, signature })
}

/// RFC 5280 section 5.1.2.6: number, date, and extensions where there are any.
fn entry<'a>(value: AnyRef<'a>) -> Result<Listed<'a>, ReadError> {
    let mut reader = sequence(value)?;
    let serial = AnyRef::decode(&mut reader).map_err(refuse)?;
    serial.tag().assert_eq(Tag::Integer).map_err(refuse)?;
    let revoked_at = time(AnyRef::decode(&mut reader).map_err(refuse)?)?;
    let (mut reason, mut invalid_since) = (None, None);
    if !reader.is_finished() {
        let mut extensions = sequence(AnyRef::decode(&mut reader).map_err(refuse)?)?;
        while !extensions.is_finished() {
            let mut parts = sequence(AnyRef::decode(&mut extensions).map_err(refuse)?)?;
            let kind = oids::from_der(ObjectIdentifier::decode(&mut parts).map_err(refuse)?);
            // One that is critical has a BOOLEAN here, and is none of ours.
            let octets = AnyRef::decode(&mut parts).map_err(refuse)?;
            octets.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
            parts.finish().map_err(refuse)?;
            let body = AnyRef::from_der(octets.value()).map_err(refuse)?;
            match (kind == oid::REASON_CODE, kind == oid::INVALIDITY_DATE) {
                (true, _) if reason.is_none() => reason = Some(reason_of(body)?),
                (_, true) if invalid_since.is_none() && body.tag() == Tag::GeneralizedTime => {
                    invalid_since = Some(time(body)?);
                }
                _ => {
                    return Err(ReadError::new(
                        WHAT,
                        format!("an entry has an extension `{kind}` that it may not have"),
                    ));
                }
            }
        }
    }
    reader.finish().map_err(refuse)?;
    Ok(Listed { serial: serial.value(), revoked_at, reason, invalid_since })
}

/// RFC 5280 section 5.3.1.
fn reason_of(body: AnyRef<'_>) -> Result<RevocationReason, ReadError> {
    let found = match (body.tag(), body.value()) {
        (Tag::Enumerated, [code]) => RevocationReason::from_code(*code),
        _ => None,
    };
    found.ok_or_else(|| ReadError::new(WHAT, "an entry has a reason that is none"))
}

fn sequence(value: AnyRef<'_>) -> Result<SliceReader<'_>, ReadError> {
    value.tag().assert_eq(Tag::Sequence).map_err(refuse)?;
    SliceReader::new(value.value()).map_err(refuse)
}

fn time(value: AnyRef<'_>) -> Result<Time, ReadError> {
    let since_1970 = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().map(|time| time.to_unix_duration()),
        _ => value.decode_as::<GeneralizedTime>().map(|time| time.to_unix_duration()),
    };
    let seconds = i64::try_from(since_1970.map_err(refuse)?.as_secs()).unwrap_or(i64::MAX);
    Time::from_unix(seconds).ok_or_else(|| ReadError::new(WHAT, "a date is out of range"))
}

fn is_time(tag: Tag) -> bool {
    matches!(tag, Tag::UtcTime | Tag::GeneralizedTime)
}

/// Reads the header of a SEQUENCE, and says where its content lies, be it there or not.
fn enter(reader: &mut SliceReader<'_>) -> Result<Range<usize>, ReadError> {
    let header = Header::decode(reader).map_err(refuse)?;
    header.tag().assert_eq(Tag::Sequence).map_err(refuse)?;
    let start = position(reader)?;
    let length = usize::try_from(header.length()).map_err(refuse)?;
    let end = start.checked_add(length).ok_or_else(|| ReadError::new(WHAT, "it is too long"))?;
    Ok(start..end)
}

fn position(reader: &SliceReader<'_>) -> Result<usize, ReadError> {
    usize::try_from(reader.position()).map_err(refuse)
}

fn refuse(error: der::Error) -> ReadError {
    ReadError::new(WHAT, error)
}
