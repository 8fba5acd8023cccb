//! The certificate database of cfssl.

use std::path::Path;

use super::source::{Found, Record, Source, Trouble};
use crate::authority::AuthorityError;
use crate::encoding::certificate;
use crate::ledger::Revocation;
use crate::ledger::foreign_database::{CfsslRow, cfssl_rows};
use crate::words::clock::Time;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

impl Source {
    /// The SQLite file of cfssl's `certdb`.
    ///
    /// # Errors
    /// Where it is no such file.
    pub fn cfssl(path: &Path) -> Result<Self, AuthorityError> {
        let mut source = Self::new("cfssl");
        for row in cfssl_rows(path)? {
            let place = format!("{}, serial {}", path.display(), row.serial.chars().take(60).collect::<String>());
            match read(row, &place) {
                Ok((record, certificate)) => {
                    source.certificates.extend(certificate.map(|certificate| Found { place, certificate }));
                    source.records.push(record);
                }
                Err(reason) => source.troubles.push(Trouble { place, reason }),
            }
        }
        source.knows_revocations = source.troubles.is_empty();
        Ok(source)
    }
}

type Read = (Record, Option<crate::words::x509::certificate::Certificate>);

fn read(row: CfsslRow, place: &str) -> Result<Read, String> {
    let CfsslRow { serial, status, reason, expiry, revoked_at, pem } = row;
    let revocation = match status.as_str() {
        "good" => None,
        "revoked" => {
            let code = u8::try_from(reason.unwrap_or(0)).ok().and_then(RevocationReason::from_code);
            let reason = code.ok_or_else(|| format!("{} is not a reason code of RFC 5280", reason.unwrap_or(0)))?;
            Some(Revocation { revoked_at: moment(&revoked_at)?, reason, invalid_since: None })
        }
        other => return Err(format!("its status is `{other}`; known are `good` and `revoked`")),
    };
    let serial = from_decimal(&serial)?;
    let certificate = match pem.trim() {
        "" => None,
        pem => {
            let read = certificate::read_all(pem.as_bytes()).map_err(|error| error.to_string())?;
            let first = read.into_iter().next();
            if first.as_ref().is_some_and(|first| *first.serial() != serial) {
                return Err("its certificate has another serial number".to_owned());
            }
            first
        }
    };
    let not_after = if certificate.is_some() { None } else { Some(moment(&expiry)?) };
    Ok((Record { place: place.to_owned(), serial, subject: None, not_after, revocation }, certificate))
}

/// A serial number in decimal, of up to 20 octets (RFC 5280 section 4.1.2.2) and some more.
fn from_decimal(text: &str) -> Result<Serial, String> {
    let wrong = || format!("`{text}` is not a serial number in decimal");
    if text.is_empty() || text.len() > 80 {
        return Err(wrong());
    }
    // Most significant octet last, until the end.
    let mut octets: Vec<u8> = vec![0];
    for digit in text.chars() {
        let mut carry = digit.to_digit(10).ok_or_else(wrong)?;
        for octet in &mut octets {
            let value = u32::from(*octet) * 10 + carry;
            *octet = (value & 0xff) as u8;
            carry = value >> 8;
        }
        octets.extend(u8::try_from(carry).ok().filter(|carry| *carry > 0));
    }
    // The DER INTEGER of a positive number begins with a zero bit (X.690 section 8.3).
    if octets.last().is_some_and(|first| first & 0x80 != 0) {
        octets.push(0);
    }
    octets.reverse();
    Ok(Serial::from_octets(&octets))
}

/// Go's SQL drivers write times in several forms: `2027-11-22 19:18:00+00:00`,
/// `2027-11-22 19:18:00 +0000 UTC`, `2027-11-22T19:18:00Z`.
fn moment(text: &str) -> Result<Time, String> {
    let wrong = || format!("`{text}` is not a time such as `2027-11-22 19:18:00+00:00`");
    let trimmed = text.trim().trim_end_matches(" UTC").replace(" +0000", "+00:00");
    let mut whole = trimmed.replacen(' ', "T", 1);
    if whole.len() == "2027-11-22T19:18:00".len() {
        whole.push('Z');
    }
    whole.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_become_octets() {
        // Right-hand side: `echo 'obase=16; N' | bc`.
        for (decimal, hex) in [
            ("0", "00"),
            ("1", "01"),
            ("128", "0080"),
            ("255", "00ff"),
            ("256", "0100"),
            ("558357756765244856193359519113876024648619385237", "61cda0b409d2fa9b10de0bf7a74209ffb3f5e195"),
        ] {
            assert_eq!(from_decimal(decimal).unwrap().to_string(), hex);
        }
        for bad in ["", "-1", "1f", "１", &"9".repeat(81)] {
            assert!(from_decimal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_come_in_the_forms_of_the_drivers() {
        for text in [
            "2027-11-22 19:18:00+00:00",
            "2027-11-22 19:18:00 +0000 UTC",
            "2027-11-22T19:18:00Z",
            "2027-11-22 19:18:00",
            "2027-11-22 20:18:00+01:00",
        ] {
            assert_eq!(moment(text).unwrap().to_string(), "2027-11-22T19:18:00Z", "{text}");
        }
        assert!(moment("soon").is_err());
    }
}
