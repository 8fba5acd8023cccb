//! The two LDAP messages that stand before and behind a TLS handshake (RFC 4511 sections 4.1.1 and
//! 4.12): an extended operation by its OID, and its answer.

use der::{Tag, TagNumber};

use super::der_tree::wrap;
use super::{ReadError, WriteError};

/// The OID of StartTLS (RFC 4511 section 4.14.1).
pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// The OID of "Who am I?" (RFC 4532 section 2).
pub const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// What the server answers to an extended operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedResponse {
    /// The result: 0 is success (RFC 4511 section 4.1.9).
    pub result: u32,
    /// What it says to people.
    pub diagnostic: String,
}

/// `LDAPMessage { messageID, extendedReq [APPLICATION 23] { requestName [0] OID } }`.
///
/// # Errors
/// Where the text is longer than DER can say.
pub fn extended_request(message: u8, oid: &str) -> Result<Vec<u8>, WriteError> {
    let tag = |number: u8, constructed, application| {
        let number = TagNumber(u32::from(number));
        match application {
            true => Tag::Application { constructed, number },
            false => Tag::ContextSpecific { constructed, number },
        }
    };
    let build = || -> der::Result<Vec<u8>> {
        let name = wrap(tag(0, false, false), oid.as_bytes())?;
        let id = wrap(Tag::Integer, &[message & 0x7f])?;
        wrap(Tag::Sequence, &[id, wrap(tag(23, true, true), &name)?].concat())
    };
    build().map_err(|error| WriteError::new("LDAP request", error))
}

/// How many octets the message has whose beginning this is; `None` where that cannot be told yet.
/// LDAP takes BER with definite lengths (RFC 4511 section 5.1), so the length may stand in more
/// octets than it needs.
#[must_use]
pub fn message_length(beginning: &[u8]) -> Option<usize> {
    let first = *beginning.get(1)?;
    if first < 0x80 {
        return Some(2 + usize::from(first));
    }
    let octets = usize::from(first & 0x7f);
    if octets > 4 {
        return Some(usize::MAX);
    }
    let length = beginning.get(2..2 + octets)?;
    let length = length.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    Some(length.saturating_add(2 + octets))
}

/// Reads `LDAPMessage { messageID, extendedResp [APPLICATION 24] { resultCode, matchedDN,
/// diagnosticMessage, … } }`.
///
/// # Errors
/// Where it is something else.
pub fn read_extended_response(message: &[u8]) -> Result<ExtendedResponse, ReadError> {
    let refuse = |reason: &str| ReadError::new("LDAP answer", reason);
    let mut outer = values(message).ok_or_else(|| refuse("it is no BER"))?;
    let Some((0x30, body)) = outer.pop() else { return Err(refuse("it is no LDAP message")) };
    let parts = values(body).ok_or_else(|| refuse("it is no BER"))?;
    // [APPLICATION 24], constructed.
    let [(0x02, _), (0x78, operation), ..] = parts.as_slice() else {
        return Err(refuse("it answers no extended operation"));
    };
    let fields = values(operation).ok_or_else(|| refuse("it is no BER"))?;
    let [(0x0a, code), (0x04, _), (0x04, said), ..] = fields.as_slice() else {
        return Err(refuse("it has no result"));
    };
    let result = code.iter().take(4).fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
    Ok(ExtendedResponse { result, diagnostic: String::from_utf8_lossy(said).into_owned() })
}

/// The values that stand one after another, each with its one-octet tag.
fn values(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while let Some(tag) = bytes.first() {
        let whole = message_length(bytes)?;
        let header = match *bytes.get(1)? {
            short if short < 0x80 => 2,
            long => 2 + usize::from(long & 0x7f),
        };
        found.push((*tag, bytes.get(header..whole)?));
        bytes = bytes.get(whole..)?;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `ldapsearch -ZZ` of OpenLDAP sends.
    #[test]
    fn the_request_is_that_of_openldap() {
        let expected = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
        assert_eq!(extended_request(1, START_TLS).unwrap(), expected);
    }

    #[test]
    fn answers_are_read_with_short_and_long_lengths() {
        let short = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let said = b"\x30\x84\x00\x00\x00\x14\x02\x01\x01\x78\x84\x00\x00\x00\x0b\x0a\x01\x34\x04\x00\x04\x04down";
        assert_eq!(message_length(short), Some(short.len()));
        assert_eq!(read_extended_response(short).unwrap().result, 0);
        assert_eq!(message_length(said), Some(said.len()));
        let answer = read_extended_response(said).unwrap();
        assert_eq!((answer.result, answer.diagnostic.as_str()), (52, "down"));
    }

    #[test]
    fn no_octets_end_the_process() {
        let answer = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        for end in 0..answer.len() {
            assert!(read_extended_response(&answer[..end]).is_err(), "{end}");
        }
        for position in 0..answer.len() {
            for octet in [0x00, 0x7f, 0x80, 0x84, 0xff] {
                let mut hostile = answer.to_vec();
                hostile[position] = octet;
                let _ = read_extended_response(&hostile);
            }
        }
        assert_eq!(message_length(b"\x30\xff"), Some(usize::MAX));
        assert_eq!(message_length(b"\x30"), None);
    }
}
