//! Names as a file had them (RFC 5280 section 4.2.1.6), well formed or not.

use std::fmt;
use std::net::IpAddr;

use data_encoding::HEXLOWER;

use super::name::{Name, needs_hex};
use super::oid::Oid;
use super::san::{DnsName, EmailAddress, NotASan, San, UriName};

/// A GeneralName of a certificate, a request or a CRL. Text is as the file had it; it may hold
/// anything, so it is escaped wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// dNSName.
    Dns(String),
    /// iPAddress of 4 or 16 octets.
    Ip(IpAddr),
    /// iPAddress of any other length, which section 4.2.1.6 forbids.
    BadIp(Vec<u8>),
    /// uniformResourceIdentifier.
    Uri(String),
    /// rfc822Name.
    Email(String),
    /// directoryName.
    Directory(Name),
    /// registeredID.
    RegisteredId(Oid),
    /// otherName, with the DER of its value.
    Other {
        /// Its type.
        kind: Oid,
        /// Its value.
        value: Vec<u8>,
    },
    /// x400Address or ediPartyName (tags 3 and 5), or text that is not IA5, by its tag.
    Unsupported {
        /// The context tag.
        tag: u8,
        /// Its content octets.
        value: Vec<u8>,
    },
}

/// A name that is not one of those that we issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIssuable {
    /// Its kind is not issued: directory names, other names and the like.
    Kind(&'static str),
    /// Its kind is, its form is not.
    Form(NotASan),
}

impl GeneralName {
    /// The kind: `dns`, `ip`, `uri`, `email`, `dirname`, `rid`, `othername`, `unsupported`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) | Self::BadIp(_) => "ip",
            Self::Uri(_) => "uri",
            Self::Email(_) => "email",
            Self::Directory(_) => "dirname",
            Self::RegisteredId(_) => "rid",
            Self::Other { .. } => "othername",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// The value without its kind; may hold anything that the file held.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Dns(text) | Self::Uri(text) | Self::Email(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
            Self::BadIp(octets) => HEXLOWER.encode(octets),
            Self::Directory(name) => name.rfc4514(),
            Self::RegisteredId(oid) => oid.to_string(),
            Self::Other { kind, value } => format!("{kind};{}", HEXLOWER.encode(value)),
            Self::Unsupported { tag, value } => format!("[{tag}];{}", HEXLOWER.encode(value)),
        }
    }

    /// The same name as one that we issue, where its kind and form allow.
    ///
    /// # Errors
    /// Why it cannot be issued.
    pub fn to_san(&self) -> Result<San, NotIssuable> {
        match self {
            Self::Dns(text) => DnsName::parse(text).map(San::Dns).map_err(NotIssuable::Form),
            Self::Ip(address) => Ok(San::Ip(*address)),
            Self::Uri(text) => UriName::parse(text).map(San::Uri).map_err(NotIssuable::Form),
            Self::Email(text) => EmailAddress::parse(text).map(San::Email).map_err(NotIssuable::Form),
            other => Err(NotIssuable::Kind(other.kind())),
        }
    }
}

impl From<&San> for GeneralName {
    fn from(san: &San) -> Self {
        match san {
            San::Dns(name) => Self::Dns(name.as_str().to_owned()),
            San::Ip(address) => Self::Ip(*address),
            San::Uri(uri) => Self::Uri(uri.as_str().to_owned()),
            San::Email(address) => Self::Email(address.as_str().to_owned()),
        }
    }
}

impl fmt::Display for GeneralName {
    /// `dns:api.internal`, with control and direction characters shown as `\u{…}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), escaped(&self.value()))
    }
}

impl serde::Serialize for GeneralName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text from a file as it may be shown: control and direction characters become `\u{…}`.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(needs_hex) {
        let (plain, loud) = rest.split_at(found);
        shown.push_str(plain);
        let mut characters = loud.chars();
        shown.extend(characters.next().map(|c| format!("\\u{{{:x}}}", u32::from(c))));
        rest = characters.as_str();
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let name = GeneralName::Dns("a\u{1b}[31mb\u{202e}c\n".to_owned());
        assert_eq!(name.to_string(), "dns:a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert!(matches!(name.to_san(), Err(NotIssuable::Form(_))));
        assert_eq!(GeneralName::RegisteredId(Oid::literal("1.2.3")).to_san(), Err(NotIssuable::Kind("rid")));
    }
}
