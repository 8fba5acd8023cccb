//! Where CRLs, OCSP answers and issuers' certificates are to be had.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::words::x509::san::UriName;

/// A URL of `[urls]`, in which `{issuer}` stands for the name of the issuing CA's folder, such as
/// `g1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(String);

/// Text that is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a URL such as `http://pki.example.org/{{issuer}}.crl` (http, https or ldap)")]
pub struct NotAUrl(pub String);

impl UrlTemplate {
    /// The URL for this issuer.
    #[must_use]
    pub fn for_issuer(&self, issuer: &str) -> String {
        self.0.replace("{issuer}", issuer)
    }
}

impl UrlTemplate {
    /// Whether it differs from issuer to issuer.
    #[must_use]
    pub fn names_issuer(&self) -> bool {
        self.0.contains("{issuer}")
    }
}

impl FromStr for UrlTemplate {
    type Err = NotAUrl;

    fn from_str(text: &str) -> Result<Self, NotAUrl> {
        let fine = match UriName::parse(&text.replace("{issuer}", "g1")) {
            Ok(uri) => matches!(uri.scheme(), "http" | "https" | "ldap"),
            Err(_) => false,
        };
        if fine { Ok(Self(text.to_owned())) } else { Err(NotAUrl(text.chars().take(120).collect())) }
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for UrlTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
