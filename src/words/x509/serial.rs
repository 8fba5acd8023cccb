//! Serial numbers as the octets they are.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use thiserror::Error;

/// A certificate's serial number: the content octets of its DER integer, which keeps serials that
/// other tools made (short, padded or negative ones) apart and printable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

/// Text that is no serial number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a serial number such as `4f0c…` or `4F:0C:…` (hexadecimal)")]
pub struct NotASerial(pub String);

impl Serial {
    /// The octets of a DER integer, as a file had them.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        Self(octets.to_vec())
    }

    /// A serial of our own: sixteen random octets with the top two bits set to 01, so that it is
    /// always positive and always sixteen octets long (RFC 5280 section 4.1.2.2 wants it positive
    /// and within twenty).
    #[must_use]
    pub fn from_random(mut random: [u8; 16]) -> Self {
        random[0] = (random[0] & 0x3f) | 0x40;
        Self(random.to_vec())
    }

    /// The octets, most significant first.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether the DER integer is below zero, which RFC 5280 section 4.1.2.2 forbids.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.first().is_some_and(|first| first & 0x80 != 0)
    }

    /// Whether it is zero, which RFC 5280 section 4.1.2.2 forbids.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|octet| *octet == 0)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Serial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Serial {
    type Err = NotASerial;

    /// Reads hexadecimal in either case, with or without colons, spaces around, or `0x`. An odd
    /// number of digits gets its leading zero back, as `openssl x509 -serial` may have lost it; a
    /// first octet of 80 or more gets the zero octet that keeps a DER integer positive.
    fn from_str(text: &str) -> Result<Self, NotASerial> {
        let refuse = || NotASerial(text.chars().take(80).collect());
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X")).unwrap_or(trimmed);
        let mut hex: String = digits.chars().filter(|c| *c != ':').collect();
        if hex.is_empty() || hex.len() > 80 {
            return Err(refuse());
        }
        if hex.len() % 2 == 1 {
            hex.insert(0, '0');
        }
        let mut octets = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| refuse())?;
        if octets.first().is_some_and(|first| first & 0x80 != 0) {
            octets.insert(0, 0);
        }
        Ok(Self(octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_other_tools_print() {
        for (text, hex) in [
            ("4F:0C:11", "4f0c11"),
            ("0x4f0c11", "4f0c11"),
            ("1", "01"),
            (" 01 ", "01"),
            ("80", "0080"),
            ("ABC", "0abc"),
        ] {
            assert_eq!(text.parse::<Serial>().unwrap().to_string(), hex, "{text}");
        }
        for bad in ["", "0x", "xyz", "12 34", "1g", &"a".repeat(81)] {
            assert!(bad.parse::<Serial>().is_err(), "{bad}");
        }
    }

    #[test]
    fn our_own_are_positive_and_sixteen_octets_long() {
        for first in 0..=u8::MAX {
            let serial = Serial::from_random([first; 16]);
            assert_eq!(serial.octets().len(), 16);
            assert!(!serial.is_negative());
            assert!((0x40..0x80).contains(&serial.octets()[0]));
        }
    }
}
