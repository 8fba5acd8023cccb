//! What kinds of certificates a CA makes, and under which rules. A [`Profile`] is checked: it
//! cannot contradict itself; the files that it was put together from are in `file`, and every value
//! knows the line that says so.

mod builtin;
mod check;
mod document;
mod error;
mod file;
mod kinds;
mod name;
pub mod pattern;
mod set;
mod settings;
mod url;

#[cfg(test)]
mod tests;

use ipnet::IpNet;

use crate::words::finding::Place;
use crate::words::x509::algorithm::KeyRule;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::oid::Oid;
use crate::words::x509::san::San;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsages};

pub use document::{Source, Sourced, SourcedList};
pub use error::ProfileError;
pub use kinds::{NameKind, NotAChoice, SetAttribute, UnknownExtensions};
pub use name::{NotAProfileName, ProfileName};
use pattern::{CommonNamePattern, DnsPattern, EmailPattern, UriPattern};
pub use set::ProfileSet;
pub use settings::Setting;
pub use url::{NotAUrl, UrlTemplate};

/// The rules for one kind of certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Its file.
    pub place: Place,
    /// SHA-256 of its file; where that extends others, of the digests of all of them, its own first.
    pub digest: Fingerprint,
    /// One line about what it is for; may be empty.
    pub description: String,
    /// The profile that its file extends.
    pub extends: Option<Sourced<ProfileName>>,
    /// The keys that it certifies; one of the rules has to allow a key.
    pub algorithms: SourcedList<KeyRule>,
    /// The usages that it gives.
    pub key_usage: Sourced<KeyUsages>,
    /// The extended usages that it gives, exactly.
    pub extended_key_usage: Sourced<Vec<ExtendedKeyUsage>>,
    /// Whether it is for CAs.
    pub ca: bool,
    /// How many CAs may follow below, where it says so.
    pub path_length: Option<Sourced<u32>>,
    /// How long its certificates hold where nothing else is asked.
    pub default_lifetime: Option<Sourced<Lifetime>>,
    /// The longest that may be asked.
    pub max_lifetime: Option<Sourced<Lifetime>>,
    /// The names that it grants.
    pub names: NameRules,
    /// The subjects that it grants.
    pub subject: SubjectRules,
    /// Where its certificates point to; where it says nothing, the CA's own settings hold.
    pub urls: Urls,
    /// What becomes of extensions that it does not grant.
    pub unknown_extensions: Sourced<UnknownExtensions>,
    /// Certificate policies that it adds.
    pub policies: Vec<Oid>,
}

/// Which alternative names and common names are granted. `None` is a kind without restriction, an
/// empty list grants none of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameRules {
    /// DNS names.
    pub dns: Option<SourcedList<DnsPattern>>,
    /// Addresses.
    pub ip: Option<SourcedList<IpNet>>,
    /// URIs.
    pub uri: Option<SourcedList<UriPattern>>,
    /// E-mail addresses.
    pub email: Option<SourcedList<EmailPattern>>,
    /// Common names beside those that equal a granted alternative name of a restricted kind.
    pub cn: Option<SourcedList<CommonNamePattern>>,
    /// Kinds of which there has to be at least one.
    pub require: Vec<Sourced<NameKind>>,
}

impl NameRules {
    /// The first rule that restricts names of any kind. Once there is one, the subject of a
    /// request is no longer granted unasked.
    #[must_use]
    pub fn first_restriction(&self) -> Option<&Place> {
        let places = [
            self.dns.as_ref().map(|list| &list.place),
            self.ip.as_ref().map(|list| &list.place),
            self.uri.as_ref().map(|list| &list.place),
            self.email.as_ref().map(|list| &list.place),
            self.cn.as_ref().map(|list| &list.place),
        ];
        places.into_iter().flatten().next()
    }

    /// Whether there are patterns for alternative names of this kind.
    #[must_use]
    pub const fn restricts(&self, san: &San) -> bool {
        match san {
            San::Dns(_) => self.dns.is_some(),
            San::Ip(_) => self.ip.is_some(),
            San::Uri(_) => self.uri.is_some(),
            San::Email(_) => self.email.is_some(),
        }
    }
}

/// Which subject attributes may come from a request, and which are fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectRules {
    /// Attribute types that are granted; `None` where the profile does not say.
    pub allow: Option<SourcedList<Oid>>,
    /// Attributes that every subject gets, in this order, instead of the request's of these types.
    pub set: Vec<Sourced<SetAttribute>>,
}

/// Where certificates point to. `None` where nothing is said, an empty list where nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Urls {
    /// CRL distribution points.
    pub crl: Option<SourcedList<UrlTemplate>>,
    /// OCSP responders.
    pub ocsp: Option<SourcedList<UrlTemplate>>,
    /// Places of the issuer's certificate.
    pub issuer: Option<SourcedList<UrlTemplate>>,
}

impl Profile {
    /// Whether its certificates authenticate TLS servers.
    #[must_use]
    pub fn is_for_servers(&self) -> bool {
        self.extended_key_usage.value.contains(&ExtendedKeyUsage::SERVER_AUTH)
    }

    /// Whether its certificates authenticate TLS clients.
    #[must_use]
    pub fn is_for_clients(&self) -> bool {
        self.extended_key_usage.value.contains(&ExtendedKeyUsage::CLIENT_AUTH)
    }

    /// Whether it demands a SPIFFE ID.
    #[must_use]
    pub fn is_for_workloads(&self) -> bool {
        self.names.require.iter().any(|kind| kind.value == NameKind::Spiffe)
    }
}
