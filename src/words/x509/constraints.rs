//! Name constraints of CAs (RFC 5280 section 4.2.1.10).

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::name::Name;
use super::oid::Oid;

/// What a CA's certificates may be about, and may not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NameConstraints {
    /// Subtrees within which names of their kind must lie.
    pub permitted: Vec<Subtree>,
    /// Subtrees within which names of their kind must not lie.
    pub excluded: Vec<Subtree>,
}

/// One subtree, as a file had it or as we encode it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// A domain and everything below it; a leading dot (not RFC 5280's form, but found) means only
    /// below; empty means every host.
    Dns(String),
    /// An address range.
    Ip(IpNet),
    /// Octets of an iPAddress constraint whose mask is no prefix, or that are not 8 or 32 long.
    BadIp(Vec<u8>),
    /// A host, or with a leading dot the hosts below a domain.
    Uri(String),
    /// A mailbox, a host, or with a leading dot the hosts below a domain.
    Email(String),
    /// A part of the directory.
    Directory(Name),
    /// A registered object identifier.
    RegisteredId(Oid),
    /// Anything else, by the context tag of its GeneralName.
    Unsupported {
        /// The context tag.
        tag: u8,
        /// Its content octets.
        value: Vec<u8>,
    },
}

impl Subtree {
    /// The kind of names that it is about: `dns`, `ip`, `uri`, `email`, `dn`, `rid`, `unsupported`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) | Self::BadIp(_) => "ip",
            Self::Uri(_) => "uri",
            Self::Email(_) => "email",
            Self::Directory(_) => "dn",
            Self::RegisteredId(_) => "rid",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// Every IPv4 and every IPv6 address, which is what is excluded where only DNS is permitted.
    #[must_use]
    pub fn every_address() -> [Self; 2] {
        let range = |address: IpAddr| Self::Ip(IpNet::new(address, 0).unwrap_or_else(|_| IpNet::from(address)));
        [range(IpAddr::from([0; 4])), range(IpAddr::from([0; 16]))]
    }
}

impl NameConstraints {
    /// Whether nothing is permitted and nothing excluded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// All of them: the permitted ones, then the excluded ones.
    pub fn subtrees(&self) -> impl Iterator<Item = &Subtree> {
        self.permitted.iter().chain(&self.excluded)
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::Dns(text) | Self::Uri(text) | Self::Email(text) => super::general_name::escaped(text),
            Self::Ip(range) => range.to_string(),
            Self::BadIp(octets) => data_encoding::HEXLOWER.encode(octets),
            Self::Directory(name) => name.rfc4514(),
            Self::RegisteredId(oid) => oid.to_string(),
            Self::Unsupported { tag, value } => format!("[{tag}];{}", data_encoding::HEXLOWER.encode(value)),
        };
        write!(f, "{}:{value}", self.kind())
    }
}

impl Serialize for Subtree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
