//! Why a certificate was revoked (RFC 5280 section 5.3.1).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The reason code of a CRL entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RevocationReason {
    /// No reason given; left out of CRLs, as RFC 5280 section 5.3.1 advises.
    Unspecified = 0,
    /// The subject's private key is known to someone else.
    KeyCompromise = 1,
    /// The CA's private key is.
    CaCompromise = 2,
    /// The subject is called something else now.
    AffiliationChanged = 3,
    /// Replaced by another certificate.
    Superseded = 4,
    /// No longer needed.
    CessationOfOperation = 5,
    /// Suspended for now.
    CertificateHold = 6,
    /// Taken off hold; in delta CRLs only.
    RemoveFromCrl = 8,
    /// A right that the certificate stated was withdrawn.
    PrivilegeWithdrawn = 9,
    /// An attribute authority's key is known to someone else.
    AaCompromise = 10,
}

const NAMES: [(RevocationReason, &str); 10] = [
    (RevocationReason::Unspecified, "unspecified"),
    (RevocationReason::KeyCompromise, "keyCompromise"),
    (RevocationReason::CaCompromise, "cACompromise"),
    (RevocationReason::AffiliationChanged, "affiliationChanged"),
    (RevocationReason::Superseded, "superseded"),
    (RevocationReason::CessationOfOperation, "cessationOfOperation"),
    (RevocationReason::CertificateHold, "certificateHold"),
    (RevocationReason::RemoveFromCrl, "removeFromCRL"),
    (RevocationReason::PrivilegeWithdrawn, "privilegeWithdrawn"),
    (RevocationReason::AaCompromise, "aACompromise"),
];

/// A word or number that is no reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a revocation reason; known are unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, certificateHold, privilegeWithdrawn, aACompromise"
)]
pub struct NotAReason(pub String);

impl RevocationReason {
    /// The number of RFC 5280's enumeration; 7 is not used there.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        NAMES.iter().map(|(reason, _)| *reason).find(|reason| reason.code() == code)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(reason, _)| reason == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for RevocationReason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, NotAReason> {
        let found = NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        found.map(|(reason, _)| *reason).ok_or_else(|| NotAReason(text.to_owned()))
    }
}

impl Serialize for RevocationReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_5280() {
        for (code, name) in [
            (0, "unspecified"),
            (1, "keyCompromise"),
            (6, "certificateHold"),
            (8, "removeFromCRL"),
            (10, "aACompromise"),
        ] {
            assert_eq!(RevocationReason::from_code(code).unwrap().to_string(), name);
            assert_eq!(name.parse::<RevocationReason>().unwrap().code(), code);
        }
        assert_eq!(RevocationReason::from_code(7), None);
        assert!("stolen".parse::<RevocationReason>().is_err());
    }
}
