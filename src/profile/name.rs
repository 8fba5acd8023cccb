//! What profiles are called.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// A profile's name, which is its file's name without `.toml`: lower-case letters, digits, `-`
/// and `_`, at most 64 of them.
///
/// ```
/// use mtls_ca::profile::ProfileName;
/// let name: ProfileName = "ocsp-responder".parse().unwrap();
/// assert_eq!(name.as_str(), "ocsp-responder");
/// assert!("../client".parse::<ProfileName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(Cow<'static, str>);

/// Text that is no name of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a profile's name (lower-case letters, digits, `-` and `_`, at most 64)")]
pub struct NotAProfileName(pub String);

impl ProfileName {
    /// The built-in profile of self-signed CAs.
    pub const ROOT: Self = Self(Cow::Borrowed("root"));
    /// The built-in profile of CAs below another.
    pub const INTERMEDIATE: Self = Self(Cow::Borrowed("intermediate"));
    /// The built-in profile of a new root that the old one certifies.
    pub const CROSS: Self = Self(Cow::Borrowed("cross"));
    /// The built-in profile of TLS servers.
    pub const SERVER: Self = Self(Cow::Borrowed("server"));
    /// The built-in profile of TLS clients.
    pub const CLIENT: Self = Self(Cow::Borrowed("client"));
    /// The built-in profile of those that are TLS server and client with one certificate.
    pub const PEER: Self = Self(Cow::Borrowed("peer"));

    /// The built-in profile of those who sign the audit log of a CA.
    pub const AUDIT_SIGNER: Self = Self(Cow::Borrowed("audit-signer"));
    /// The built-in profile of OCSP responders.
    pub const OCSP_RESPONDER: Self = Self(Cow::Borrowed("ocsp-responder"));

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProfileName {
    type Err = NotAProfileName;

    fn from_str(text: &str) -> Result<Self, NotAProfileName> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if starts_well && text.len() <= 64 && text.bytes().all(fine) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(NotAProfileName(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ProfileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
