//! Writing CRLs (RFC 5280 section 5.1): one buffer that the entries go into one by one, around which
//! the rest is put when all are there. rcgen would hold every entry several times, and loses issuer
//! names that are not its own; `outline` reads back all that is written here, and so do the other
//! implementations of the tests.

use std::hash::{DefaultHasher, Hash, Hasher};

use der::Tag;

use crate::encoding::certificate::algorithm_identifier;
use crate::encoding::der_tree::wrap;
use crate::encoding::{WriteError, general_name};
use crate::words::clock::Time;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::name::Name;
use crate::words::x509::oid;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::Listed;

const WHAT: &str = "CRL";
/// The longest header of a DER value that memory can hold: a tag, and a length of up to five octets.
const HEADER: usize = 6;

/// Everything that a CRL of ours says, but for its entries and signature.
#[derive(Debug, Clone)]
pub struct Content<'a> {
    /// The issuer's subject, exactly as its certificate has it.
    pub issuer: &'a Name,
    /// RFC 5280 section 5.2.1: the issuer's own subject key identifier.
    pub authority_key_identifier: &'a [u8],
    /// RFC 5280 section 5.1.2.4.
    pub this_update: Time,
    /// RFC 5280 section 5.1.2.5.
    pub next_update: Time,
    /// RFC 5280 section 5.2.3.
    pub number: CrlNumber,
    /// What the issuer signs with.
    pub signature_algorithm: SignatureAlgorithm,
}

/// A CRL that entries are put into.
#[derive(Debug)]
pub struct Draft {
    /// Room for what stands before the entries, then the entries.
    buffer: Vec<u8>,
    /// Version, algorithm, issuer and dates.
    before: Vec<u8>,
    /// The extensions.
    behind: Vec<u8>,
    algorithm: Vec<u8>,
    /// The entry extension of each reason code.
    reasons: Vec<Vec<u8>>,
    entry: Vec<u8>,
    entries: u64,
    digest: DefaultHasher,
}

/// The to-be-signed bytes, with room around them.
#[derive(Debug)]
pub struct Unsigned {
    buffer: Vec<u8>,
    start: usize,
    algorithm: Vec<u8>,
    entries: u64,
    digest: u64,
}

/// A whole CRL.
#[derive(Debug)]
pub struct SignedList {
    buffer: Vec<u8>,
    start: usize,
    entries: u64,
    digest: u64,
}

impl Draft {
    /// A CRL without entries.
    ///
    /// # Errors
    /// Where a value cannot be encoded.
    pub fn new(content: &Content<'_>) -> Result<Self, WriteError> {
        let Content { issuer, authority_key_identifier, this_update, next_update, number, signature_algorithm } =
            content;
        let algorithm = algorithm_identifier(*signature_algorithm)?;
        // RFC 5280 section 5.1.2.1: version 2 is written 1.
        let mut before = vec![0x02, 0x01, 0x01];
        before.extend_from_slice(&algorithm);
        before.extend_from_slice(issuer.der());
        time(&mut before, *this_update);
        time(&mut before, *next_update);

        // RFC 5280 section 4.2.1.1: keyIdentifier is [0] IMPLICIT.
        let key_identifier = tagged(0x80, authority_key_identifier)?;
        let issuer_key = extension(&oid::AUTHORITY_KEY_IDENTIFIER, &tagged(0x30, &key_identifier)?)?;
        let number = extension(&oid::CRL_NUMBER, &tagged(0x02, number.to_serial().octets())?)?;
        // RFC 5280 section 5.1: crlExtensions is [0] EXPLICIT.
        let behind = tagged(0xa0, &tagged(0x30, &[issuer_key, number].concat())?)?;

        // RFC 5280 section 5.3.1: an ENUMERATED.
        let reason = |code| extension(&oid::REASON_CODE, &[0x0a, 0x01, code]);
        Ok(Self {
            buffer: vec![0; 3 * HEADER + before.len()],
            before,
            behind,
            algorithm,
            reasons: (0..=RevocationReason::AaCompromise.code()).map(reason).collect::<Result<_, _>>()?,
            entry: Vec::new(),
            entries: 0,
            digest: DefaultHasher::new(),
        })
    }

    /// Puts an entry behind those that are there.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    pub fn add(&mut self, listed: Listed<'_>) -> Result<(), WriteError> {
        let Listed { serial, revoked_at, reason, invalid_since } = listed;
        let entry = &mut self.entry;
        entry.clear();
        push(entry, 0x02, serial)?;
        time(entry, revoked_at);
        let reason = reason.and_then(|reason| self.reasons.get(usize::from(reason.code())));
        match (reason, invalid_since) {
            (None, None) => {}
            (Some(reason), None) => push(entry, 0x30, reason)?,
            (reason, Some(since)) => {
                let mut extensions = reason.cloned().unwrap_or_default();
                // RFC 5280 section 5.3.2: always a GeneralizedTime.
                let mut date = Vec::new();
                generalized(&mut date, since);
                extensions.extend_from_slice(&extension(&oid::INVALIDITY_DATE, &date)?);
                push(entry, 0x30, &extensions)?;
            }
        }
        push(&mut self.buffer, 0x30, entry)?;
        self.entries += 1;
        listed.hash(&mut self.digest);
        Ok(())
    }

    /// Puts the rest around the entries.
    ///
    /// # Errors
    /// Where it is longer than DER readers take.
    pub fn finish(self) -> Result<Unsigned, WriteError> {
        let Self { mut buffer, before, behind, algorithm, reasons: _, entry: _, entries, digest } = self;
        let mut start = 3 * HEADER + before.len();
        // RFC 5280 section 5.1.2.6: where nothing is revoked, the list is absent.
        if entries > 0 {
            let length = buffer.len() - start;
            put_before(&mut buffer, &mut start, &header(0x30, length)?)?;
        }
        put_before(&mut buffer, &mut start, &before)?;
        buffer.extend_from_slice(&behind);
        let length = buffer.len() - start;
        put_before(&mut buffer, &mut start, &header(0x30, length)?)?;
        Ok(Unsigned { buffer, start, algorithm, entries, digest: digest.finish() })
    }
}

impl Unsigned {
    /// What is to be signed.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or(&[])
    }

    /// The CRL: what was signed, the algorithm, and the signature.
    ///
    /// # Errors
    /// Where it is longer than DER readers take.
    pub fn assemble(self, signature: &[u8]) -> Result<SignedList, WriteError> {
        let Self { mut buffer, mut start, algorithm, entries, digest } = self;
        buffer.extend_from_slice(&algorithm);
        let bits = [&[0], signature].concat();
        push(&mut buffer, 0x03, &bits)?;
        let length = buffer.len() - start;
        put_before(&mut buffer, &mut start, &header(0x30, length)?)?;
        Ok(SignedList { buffer, start, entries, digest })
    }
}

impl SignedList {
    /// The whole list.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or(&[])
    }

    /// How many entries were put in.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// A check sum over what the entries say, in their order; `outline` makes the same of what it
    /// reads.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.digest
    }
}

/// Writes what has to stand in front of what begins at `start`.
fn put_before(buffer: &mut [u8], start: &mut usize, bytes: &[u8]) -> Result<(), WriteError> {
    let no_room = || WriteError::new(WHAT, "there is no room for a header");
    let end = *start;
    *start = end.checked_sub(bytes.len()).ok_or_else(no_room)?;
    buffer.get_mut(*start..end).ok_or_else(no_room)?.copy_from_slice(bytes);
    Ok(())
}

/// The header of a DER value (ITU-T X.690 sections 8.1.2 and 10.1).
fn header(tag: u8, length: usize) -> Result<Vec<u8>, WriteError> {
    let mut header = Vec::with_capacity(HEADER);
    push_header(&mut header, tag, length)?;
    Ok(header)
}

fn push_header(out: &mut Vec<u8>, tag: u8, length: usize) -> Result<(), WriteError> {
    let too_long = |_| WriteError::new(WHAT, format!("{length} octets are more than it can hold"));
    out.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            // `der` reads back at most 256 MiB.
            let octets = u32::try_from(length).map_err(too_long)?.to_be_bytes();
            let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | u8::try_from(significant.len()).map_err(too_long)?);
            out.extend_from_slice(&significant);
        }
    }
    Ok(())
}

fn push(out: &mut Vec<u8>, tag: u8, content: &[u8]) -> Result<(), WriteError> {
    push_header(out, tag, content.len())?;
    out.extend_from_slice(content);
    Ok(())
}

fn tagged(tag: u8, content: &[u8]) -> Result<Vec<u8>, WriteError> {
    let mut out = Vec::with_capacity(content.len() + HEADER);
    push(&mut out, tag, content)?;
    Ok(out)
}

/// An extension that is not critical: all of a CRL's are not (RFC 5280 sections 5.2.1, 5.2.3, 5.3.1
/// and 5.3.2).
fn extension(oid: &oid::Oid, value: &[u8]) -> Result<Vec<u8>, WriteError> {
    let octets = wrap(Tag::OctetString, value).map_err(|error| WriteError::new(WHAT, error))?;
    general_name::oid_and(oid, &octets)
}

/// RFC 5280 sections 5.1.2.4 to 5.1.2.6: UTCTime through the year 2049, GeneralizedTime from 2050 on.
fn time(out: &mut Vec<u8>, time: Time) {
    let date = time.calendar();
    if (1950..2050).contains(&date.year()) {
        out.extend_from_slice(&[0x17, 13]);
        digits(out, date.year() % 100);
        clock(out, date);
    } else {
        generalized(out, time);
    }
}

fn generalized(out: &mut Vec<u8>, time: Time) {
    let date = time.calendar();
    out.extend_from_slice(&[0x18, 15]);
    digits(out, date.year() / 100);
    digits(out, date.year() % 100);
    clock(out, date);
}

/// Month to second, and the `Z`.
fn clock(out: &mut Vec<u8>, date: time::OffsetDateTime) {
    for part in [u8::from(date.month()), date.day(), date.hour(), date.minute(), date.second()] {
        digits(out, i32::from(part));
    }
    out.push(b'Z');
}

/// Two decimal digits.
fn digits(out: &mut Vec<u8>, number: i32) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::name;
    use crate::encoding::revocation::{outline, read};
    use crate::words::x509::serial::Serial;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn made(entries: &[Listed<'_>]) -> SignedList {
        // Two organizational units in one name, which rcgen would lose.
        let issuer = name::encode("CN=CA,OU=Two,OU=One,O=Example".parse::<crate::NameText>().unwrap().rdns()).unwrap();
        let content = Content {
            issuer: &issuer,
            authority_key_identifier: &[7; 20],
            this_update: at("2026-11-22T12:00:00Z"),
            next_update: at("2050-01-01T00:00:00Z"),
            number: CrlNumber::from_time(at("2026-11-22")),
            signature_algorithm: SignatureAlgorithm::EcdsaP256Sha256,
        };
        let mut draft = Draft::new(&content).unwrap();
        entries.iter().for_each(|entry| draft.add(*entry).unwrap());
        let unsigned = draft.finish().unwrap();
        let signed = unsigned.to_be_signed().to_vec();
        let list = unsigned.assemble(&[1; 70]).unwrap();
        assert_eq!(read(list.der()).unwrap().to_be_signed(), signed);
        assert_eq!(read(list.der()).unwrap().issuer().der(), issuer.der());
        list
    }

    #[test]
    fn two_readers_see_what_was_meant() {
        let long = [0x41; 19];
        let entries = [
            Listed { serial: &[1], revoked_at: at("2026-01-31"), reason: None, invalid_since: None },
            Listed {
                serial: &[0, 0x80],
                revoked_at: at("1950-01-01"),
                reason: Some(RevocationReason::KeyCompromise),
                invalid_since: Some(at("2025-12-31T23:59:59Z")),
            },
            Listed {
                serial: &long,
                revoked_at: at("2050-01-01"),
                reason: Some(RevocationReason::AaCompromise),
                invalid_since: None,
            },
            Listed { serial: &[2], revoked_at: at("2049-12-31"), reason: None, invalid_since: Some(at("2026-01-01")) },
        ];
        // x509-parser's reader, which knows nothing of how it was written.
        let read = read(made(&entries).der()).unwrap();
        assert_eq!(read.entries().iter().map(|entry| entry.listed()).collect::<Vec<_>>(), entries);
        assert_eq!((read.version(), read.this_update()), (2, at("2026-11-22T12:00:00Z")));
        assert_eq!(read.next_update(), Some(at("2050-01-01")));
        assert_eq!(read.number(), Some(CrlNumber::from_time(at("2026-11-22"))));
        let issuer_key = read.extensions().authority_key_identifier().unwrap().key_identifier.clone();
        assert_eq!(issuer_key, Some(vec![7; 20]));
        assert!(read.extensions().iter().all(|extension| !extension.critical));
    }

    #[test]
    fn the_strict_reader_sees_it_too() {
        let serials: Vec<Serial> =
            (1..=300_u16).map(|n| Serial::from_octets(&[0x40, (n >> 8) as u8, n as u8])).collect();
        for count in [0, 1, 2, 3, 4, 300] {
            let entries: Vec<Listed<'_>> = serials
                .iter()
                .take(count)
                .map(|serial| Listed {
                    serial: serial.octets(),
                    revoked_at: at("2026-01-31"),
                    reason: Some(RevocationReason::Superseded),
                    invalid_since: Some(at("2026-01-30")),
                })
                .collect();
            let list = made(&entries);
            let mut seen = 0;
            let outline = outline(list.der(), |entry| {
                assert_eq!(entry, entries[seen]);
                seen += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!((seen, outline.entries, outline.digest), (count, list.entries(), list.digest()));
            assert_eq!(outline.head, read(list.der()).unwrap().head());
        }
    }
}
