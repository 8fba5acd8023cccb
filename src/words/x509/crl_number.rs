//! The number of a CRL (RFC 5280 section 5.2.3): rising from each list of an issuer to the next, up
//! to 20 octets long.

use std::fmt;

use super::serial::Serial;
use crate::words::clock::Time;

/// A CRL's number, as an unsigned integer of 20 octets, so that numbers compare as they should.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlNumber([u8; 20]);

impl CrlNumber {
    /// The number that a list carries; none where it is negative or longer than 20 octets, which
    /// RFC 5280 section 5.2.3 allows to nobody.
    #[must_use]
    pub fn from_serial(serial: &Serial) -> Option<Self> {
        if serial.is_negative() {
            return None;
        }
        let significant: Vec<u8> = serial.octets().iter().copied().skip_while(|octet| *octet == 0).collect();
        let mut octets = [0; 20];
        let start = octets.len().checked_sub(significant.len())?;
        octets.get_mut(start..)?.copy_from_slice(&significant);
        Some(Self(octets)).filter(|number| number.0.first().is_some_and(|first| first & 0x80 == 0))
    }

    /// The 20 octets, most significant first.
    #[must_use]
    pub const fn from_octets(octets: [u8; 20]) -> Self {
        Self(octets)
    }

    /// The number of seconds since 1970, which rises by itself; 0 before.
    #[must_use]
    pub fn from_time(time: Time) -> Self {
        let mut octets = [0; 20];
        let seconds = u64::try_from(time.unix()).unwrap_or(0);
        for (place, octet) in octets.iter_mut().rev().zip(seconds.to_le_bytes()) {
            *place = octet;
        }
        Self(octets)
    }

    /// The next one; none after the highest that 20 octets of a DER integer hold.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let mut octets = self.0;
        for octet in octets.iter_mut().rev() {
            let (sum, carried) = octet.overflowing_add(1);
            *octet = sum;
            if !carried {
                break;
            }
        }
        Some(Self(octets)).filter(|number| number.0.first().is_some_and(|first| first & 0x80 == 0))
    }

    /// The 20 octets, most significant first.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 20] {
        &self.0
    }

    /// As the content of a DER integer, in as few octets as it takes.
    #[must_use]
    pub fn to_serial(self) -> Serial {
        let mut octets: Vec<u8> = self.0.iter().copied().skip_while(|octet| *octet == 0).collect();
        if octets.first().is_none_or(|first| first & 0x80 != 0) {
            octets.insert(0, 0);
        }
        Serial::from_octets(&octets)
    }
}

impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_serial().fmt(f)
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for CrlNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hex: &str) -> Option<CrlNumber> {
        CrlNumber::from_serial(&hex.parse().unwrap())
    }

    #[test]
    fn numbers_compare_as_numbers_and_are_written_short() {
        assert!(of("ff").unwrap() < of("0100").unwrap());
        assert_eq!(of("0000ff").unwrap(), of("ff").unwrap());
        assert_eq!(of("ff").unwrap().to_serial().octets(), [0, 0xff]);
        assert_eq!(of("00").unwrap().to_serial().octets(), [0]);
        assert_eq!(of("ff").unwrap().next(), of("0100"));
        // date -u -d 2027-01-31 +%s is 1801353600, 0x6b5e8980.
        let time: Time = "2027-01-31".parse().unwrap();
        assert_eq!(CrlNumber::from_time(time).to_string(), format!("{:x}", 1_801_353_600));
        assert_eq!(CrlNumber::from_time(Time::MIN).to_string(), "00");
    }

    #[test]
    fn what_rfc_5280_does_not_allow_is_none() {
        let highest = format!("7f{}", "ff".repeat(19));
        assert_eq!(of(&highest).unwrap().next(), None);
        assert_eq!(of(&format!("01{}", "00".repeat(20))), None);
        assert_eq!(of(&format!("80{}", "00".repeat(19))), None);
        assert_eq!(CrlNumber::from_serial(&Serial::from_octets(&[0xff])), None);
    }
}
