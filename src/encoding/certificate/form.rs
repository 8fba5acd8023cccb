//! How a certificate is written, where readers take several ways and RFC 5280 allows one: told apart only
//! when a lint rule asks, for reading does not mind.

use der::asn1::AnyRef;
use der::{Tag, Tagged};

use crate::encoding::der_tree::{children, context_tag, sequence, single};
use crate::encoding::{ReadError, extension, oid as oids};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::AccessDescription;
use crate::words::x509::oid::Oid;

/// A date as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTime {
    /// Whether it has a year of two digits.
    pub is_utc_time: bool,
    /// Its characters.
    pub text: String,
}

/// The two dates of a certificate (RFC 5280 section 4.1.2.5); none where the bytes are no strict DER.
#[must_use]
pub fn times(certificate: &Certificate) -> Vec<WrittenTime> {
    let validity = parts(certificate).and_then(|parts| parts.into_iter().nth(3));
    let times = validity.and_then(|validity| children(validity).ok()).unwrap_or_default();
    let written = |time: AnyRef<'_>| WrittenTime {
        is_utc_time: time.tag() == Tag::UtcTime,
        text: String::from_utf8_lossy(time.value()).into_owned(),
    };
    times.into_iter().map(written).collect()
}

/// Extensions that say `critical` is FALSE, which is the default and left out in DER (X.690 section 11.5).
#[must_use]
pub fn written_not_critical(certificate: &Certificate) -> Vec<Oid> {
    let extensions = parts(certificate)
        .and_then(|parts| parts.into_iter().find(|part| context_tag(*part) == Some(3)))
        .and_then(|wrapper| sequence(wrapper.value()).ok())
        .unwrap_or_default();
    let says_false = |extension: AnyRef<'_>| match children(extension).ok()?.as_slice() {
        [kind, critical, _] if critical.value() == [0] => kind.decode_as().ok().map(oids::from_der),
        _ => None,
    };
    extensions.into_iter().filter_map(says_false).collect()
}

/// Whether the value of basic constraints begins with a FALSE, the default of `cA`.
#[must_use]
pub fn starts_with_false(constraints: &[u8]) -> bool {
    let first = sequence(constraints).ok().and_then(|parts| parts.into_iter().next());
    first.is_some_and(|first| first.tag() == Tag::Boolean && first.value() == [0])
}

/// With how many bits a named bit list is written.
#[must_use]
pub fn named_bits(value: &[u8]) -> Option<usize> {
    let (unused, octets) = bit_string(value)?;
    (octets.len() * 8).checked_sub(usize::from(unused))
}

/// Which of its bits is the last that is set, counted from 1; 0 where none is.
#[must_use]
pub fn last_set_bit(value: &[u8]) -> Option<usize> {
    let (_, octets) = bit_string(value)?;
    let last = octets.iter().rposition(|octet| *octet != 0);
    let bits =
        |position: usize| octets.get(position).map_or(0, |octet| position * 8 + 8 - octet.trailing_zeros() as usize);
    Some(last.map_or(0, bits))
}

/// The places that an extension of section 4.2.2 names.
///
/// # Errors
/// Where it is no list of access descriptions.
pub fn access_descriptions(value: &[u8]) -> Result<Vec<AccessDescription>, ReadError> {
    extension::access(value)
}

/// The number of unused bits and the octets of a BIT STRING.
fn bit_string(value: &[u8]) -> Option<(u8, &[u8])> {
    let value = single(value).ok().filter(|value| value.tag() == Tag::BitString)?;
    value.value().split_first().map(|(unused, octets)| (*unused, octets))
}

/// The parts of the signed bytes behind the version: serial number, algorithm, issuer, validity and so on.
fn parts(certificate: &Certificate) -> Option<Vec<AnyRef<'_>>> {
    let parts = sequence(certificate.to_be_signed()).ok()?;
    Some(parts.into_iter().skip_while(|part| context_tag(*part) == Some(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openssl_writes_is_seen_as_it_is_written() {
        // `openssl ca -selfsign -startdate 20491231235959Z -enddate 20500101000000Z`
        let pem = include_bytes!("../../../tests/fixtures/around_2050.crt");
        let certificate = crate::encoding::certificate::read_all(pem).unwrap().remove(0);
        let [first, last] = <[WrittenTime; 2]>::try_from(times(&certificate)).unwrap();
        assert_eq!(first, WrittenTime { is_utc_time: true, text: "491231235959Z".to_owned() });
        assert_eq!(last, WrittenTime { is_utc_time: false, text: "20500101000000Z".to_owned() });
        assert_eq!(written_not_critical(&certificate), []);
    }
}
