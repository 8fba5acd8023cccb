//! The small choices that a profile makes by a word.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::words::x509::oid::Oid;
use crate::words::x509::san::San;

/// A kind of name that a profile can require.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A DNS name.
    Dns,
    /// An address.
    Ip,
    /// A URI.
    Uri,
    /// An e-mail address.
    Email,
    /// A URI that is a SPIFFE ID.
    Spiffe,
    /// A common name.
    Cn,
}

/// What becomes of extensions that a request asks for and a profile does not grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownExtensions {
    /// They are left out, with a notice.
    Drop,
    /// The request is refused.
    Error,
}

/// A subject attribute that a profile fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAttribute {
    /// Its type.
    pub kind: Oid,
    /// Its value.
    pub text: String,
}

/// A word that is none of those to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not one of {known}")]
pub struct NotAChoice {
    /// What was written.
    pub found: String,
    /// What can be written.
    pub known: &'static str,
}

impl NameKind {
    /// Whether the name is of this kind; common names are no alternative names.
    #[must_use]
    pub fn is_kind_of(self, san: &San) -> bool {
        match (self, san) {
            (Self::Dns, San::Dns(_))
            | (Self::Ip, San::Ip(_))
            | (Self::Uri, San::Uri(_))
            | (Self::Email, San::Email(_)) => true,
            (Self::Spiffe, San::Uri(uri)) => uri.is_spiffe(),
            _ => false,
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "dns",
            Self::Ip => "ip",
            Self::Uri => "uri",
            Self::Email => "email",
            Self::Spiffe => "spiffe",
            Self::Cn => "cn",
        })
    }
}

impl FromStr for NameKind {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        Ok(match text {
            "dns" => Self::Dns,
            "ip" => Self::Ip,
            "uri" => Self::Uri,
            "email" => Self::Email,
            "spiffe" => Self::Spiffe,
            "cn" => Self::Cn,
            _ => return Err(NotAChoice { found: text.to_owned(), known: "dns, ip, uri, email, spiffe, cn" }),
        })
    }
}

impl FromStr for UnknownExtensions {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        match text {
            "drop" => Ok(Self::Drop),
            "error" => Ok(Self::Error),
            _ => Err(NotAChoice { found: text.to_owned(), known: "drop, error" }),
        }
    }
}

impl fmt::Display for UnknownExtensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "drop",
            Self::Error => "error",
        })
    }
}
