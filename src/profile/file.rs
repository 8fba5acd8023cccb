//! What a profile file says: every value optional, each with its line, none judged yet.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::document::{Source, Sourced, SourcedList, Table};
use super::name::ProfileName;
use super::pattern::{CommonNamePattern, DnsPattern, EmailPattern, UriPattern};
use super::url::UrlTemplate;
use super::{NameKind, SetAttribute, UnknownExtensions};
use crate::words::finding::Finding;
use crate::words::x509::algorithm::KeyRule;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::name_text::{attribute_kind, check_value};
use crate::words::x509::oid::Oid;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage};

/// The keys of one file, or of a file laid over its parents.
#[derive(Debug, Clone, Default)]
pub(super) struct ProfileFile {
    pub description: Option<Sourced<String>>,
    pub extends: Option<Sourced<ProfileName>>,
    pub algorithms: Option<SourcedList<KeyRule>>,
    pub key_usage: Option<SourcedList<KeyUsage>>,
    pub extended_key_usage: Option<SourcedList<ExtendedKeyUsage>>,
    pub ca: Option<Sourced<bool>>,
    pub path_length: Option<Sourced<u32>>,
    pub default_lifetime: Option<Sourced<Lifetime>>,
    pub max_lifetime: Option<Sourced<Lifetime>>,
    pub dns: Option<SourcedList<DnsPattern>>,
    pub ip: Option<SourcedList<IpNet>>,
    pub uri: Option<SourcedList<UriPattern>>,
    pub email: Option<SourcedList<EmailPattern>>,
    pub cn: Option<SourcedList<CommonNamePattern>>,
    pub require: Option<SourcedList<NameKind>>,
    pub allow: Option<SourcedList<Oid>>,
    pub set: Option<Vec<Sourced<SetAttribute>>>,
    pub crl: Option<SourcedList<UrlTemplate>>,
    pub ocsp: Option<SourcedList<UrlTemplate>>,
    pub issuer: Option<SourcedList<UrlTemplate>>,
    pub unknown: Option<Sourced<UnknownExtensions>>,
    pub policies: Option<SourcedList<Oid>>,
}

impl ProfileFile {
    /// Reads a file; reports everything that is wrong with it, not only the first thing.
    pub(super) fn read(source: &Source) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut root = Table::read(source).map_err(|finding| vec![*finding])?;
        let description = root.text("description", |text| Ok::<_, String>(text.to_owned()), &mut findings);
        let extends = root.text("extends", ProfileName::from_str, &mut findings);

        let mut key = root.table("key", &mut findings);
        let algorithms = key.list("algorithms", KeyRule::from_str, &mut findings);
        key.finish(&mut findings);

        let mut usage = root.table("usage", &mut findings);
        let key_usage = usage.list("key", KeyUsage::from_str, &mut findings);
        let extended_key_usage = usage.list("extended", ExtendedKeyUsage::from_str, &mut findings);
        let ca = usage.flag("ca", &mut findings);
        let path_length = usage.small_number("path_length", &mut findings);
        usage.finish(&mut findings);

        let mut lifetime = root.table("lifetime", &mut findings);
        let default_lifetime = lifetime.text("default", Lifetime::from_str, &mut findings);
        let max_lifetime = lifetime.text("max", Lifetime::from_str, &mut findings);
        lifetime.finish(&mut findings);

        let mut names = root.table("names", &mut findings);
        let dns = names.list("dns", DnsPattern::from_str, &mut findings);
        let ip = names.list("ip", ip_range, &mut findings);
        let uri = names.list("uri", UriPattern::from_str, &mut findings);
        let email = names.list("email", EmailPattern::from_str, &mut findings);
        let cn = names.list("cn", CommonNamePattern::from_str, &mut findings);
        let require = names.list("require", NameKind::from_str, &mut findings);
        names.finish(&mut findings);

        let mut subject = root.table("subject", &mut findings);
        let allow = subject.list("allow", attribute_type, &mut findings);
        let set = subject.has("set").then(|| set_attributes(subject.table("set", &mut findings), &mut findings));
        subject.finish(&mut findings);

        let mut urls = root.table("urls", &mut findings);
        let crl = urls.list("crl", UrlTemplate::from_str, &mut findings);
        let ocsp = urls.list("ocsp", UrlTemplate::from_str, &mut findings);
        let issuer = urls.list("issuer", UrlTemplate::from_str, &mut findings);
        urls.finish(&mut findings);

        let mut extensions = root.table("extensions", &mut findings);
        let unknown = extensions.text("unknown", UnknownExtensions::from_str, &mut findings);
        let policies = extensions.list("policies", Oid::from_str, &mut findings);
        extensions.finish(&mut findings);
        root.finish(&mut findings);

        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(Self {
            description,
            extends,
            algorithms,
            key_usage,
            extended_key_usage,
            ca,
            path_length,
            default_lifetime,
            max_lifetime,
            dns,
            ip,
            uri,
            email,
            cn,
            require,
            allow,
            set,
            crl,
            ocsp,
            issuer,
            unknown,
            policies,
        })
    }

    /// What this file says, and where it says nothing, what its parent says.
    pub(super) fn over(self, parent: Self) -> Self {
        Self {
            description: self.description.or(parent.description),
            extends: self.extends,
            algorithms: self.algorithms.or(parent.algorithms),
            key_usage: self.key_usage.or(parent.key_usage),
            extended_key_usage: self.extended_key_usage.or(parent.extended_key_usage),
            ca: self.ca.or(parent.ca),
            path_length: self.path_length.or(parent.path_length),
            default_lifetime: self.default_lifetime.or(parent.default_lifetime),
            max_lifetime: self.max_lifetime.or(parent.max_lifetime),
            dns: self.dns.or(parent.dns),
            ip: self.ip.or(parent.ip),
            uri: self.uri.or(parent.uri),
            email: self.email.or(parent.email),
            cn: self.cn.or(parent.cn),
            require: self.require.or(parent.require),
            allow: self.allow.or(parent.allow),
            set: self.set.or(parent.set),
            crl: self.crl.or(parent.crl),
            ocsp: self.ocsp.or(parent.ocsp),
            issuer: self.issuer.or(parent.issuer),
            unknown: self.unknown.or(parent.unknown),
            policies: self.policies.or(parent.policies),
        }
    }
}

/// `10.0.0.0/8`, or one address. Bits beyond the prefix are refused: one of the two is a mistake.
fn ip_range(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    match text.parse::<IpNet>() {
        Ok(range) if range.addr() == range.network() => Ok(range),
        Ok(range) => Err(format!("`{text}` has bits set beyond its prefix; the range is `{}`", range.trunc())),
        Err(_) => Err(format!("`{text}` is not an address range such as `10.0.0.0/8` or `fd00::/8`")),
    }
}

fn attribute_type(text: &str) -> Result<Oid, String> {
    attribute_kind(text).ok_or_else(|| {
        format!("`{text}` is not an attribute type such as CN, O, OU, C, ST, L, DC, UID or an object identifier")
    })
}

fn set_attributes(table: Table<'_>, findings: &mut Vec<Finding>) -> Vec<Sourced<SetAttribute>> {
    let mut attributes: Vec<Sourced<SetAttribute>> = Vec::new();
    for (key, Sourced { value, place }) in table.texts(findings) {
        let refuse = |reason: String| {
            Finding::error("profile.bad_value", format!("`[subject] set`: {reason}")).at(place.clone())
        };
        let kind = match attribute_type(&key) {
            Ok(kind) => kind,
            Err(reason) => {
                findings.push(refuse(reason));
                continue;
            }
        };
        if value.is_empty() {
            findings.push(refuse(format!("`{key}` has no value")));
        } else if let Err(reason) = check_value(&kind, &value) {
            findings.push(refuse(format!("`{key}`: {reason}")));
        } else if attributes.iter().any(|earlier| earlier.value.kind == kind) {
            findings.push(refuse(format!("`{key}` is set twice")));
        } else {
            attributes.push(Sourced::new(SetAttribute { kind, text: value }, place));
        }
    }
    attributes
}
