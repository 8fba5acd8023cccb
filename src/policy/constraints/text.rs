//! Name constraints as an operator writes them: `dns:svc.internal`, `ip:10.0.0.0/8`,
//! `uri:example.org`, `email:example.org`, `dn:O=Example`.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

use crate::encoding;
use crate::words::x509::constraints::Subtree;
use crate::words::x509::name_text::NameText;
use crate::words::x509::san::{DnsName, EmailAddress, UriName};

/// Text that is no name constraint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not a name constraint: {reason}")]
pub struct NotASubtree {
    /// What was written, shortened.
    pub found: String,
    /// Why not, and what would be.
    pub reason: String,
}

/// Reads one name constraint.
///
/// # Errors
/// Says what is wrong with it, and what would be right.
pub fn parse_subtree(text: &str) -> Result<Subtree, NotASubtree> {
    let parsed = match text.split_once(':') {
        Some((kind, value)) => match kind.trim().to_ascii_lowercase().as_str() {
            "dns" => dns(value.trim()),
            "ip" => ip(value.trim()),
            "uri" => uri(value.trim()),
            "spiffe" => uri(text.trim()),
            "email" => email(value.trim()),
            "dn" | "dirname" => directory(value),
            _ => Err(KINDS.to_owned()),
        },
        None => Err(KINDS.to_owned()),
    };
    parsed.map_err(|reason| NotASubtree { found: text.chars().take(120).collect(), reason })
}

const KINDS: &str = "it begins with `dns:`, `ip:`, `uri:`, `email:` or `dn:`";

/// A domain and everything below it.
fn dns(value: &str) -> Result<Subtree, String> {
    if let Some(domain) = value.strip_prefix("*.").or_else(|| value.strip_prefix('.')) {
        return Err(format!(
            "`dns:{domain}` is written without a star and a leading dot, and holds for everything below it"
        ));
    }
    let name = DnsName::parse(value).map_err(|error| error.reason.to_owned())?;
    Ok(Subtree::Dns(name.as_str().to_owned()))
}

fn ip(value: &str) -> Result<Subtree, String> {
    if let Ok(address) = value.parse::<IpAddr>() {
        return Ok(Subtree::Ip(IpNet::from(address)));
    }
    match value.parse::<IpNet>() {
        Ok(range) if range.addr() == range.network() => Ok(Subtree::Ip(range)),
        Ok(range) => Err(format!("bits are set beyond the prefix; the range is `ip:{}`", range.trunc())),
        Err(_) => Err("an address range is written like `ip:10.0.0.0/8` or `ip:fd00::/8`".to_owned()),
    }
}

/// RFC 5280 section 4.2.1.10: a host, or with a leading dot the hosts below a domain. The
/// `spiffe://` form is taken for its trust domain, which is the host of a SPIFFE ID.
fn uri(value: &str) -> Result<Subtree, String> {
    if value.contains("://") {
        let uri = UriName::parse(value).map_err(|error| error.reason.to_owned())?;
        if !uri.is_spiffe() {
            return Err(format!("a URI constraint is a host alone: `uri:{}`", uri.host()));
        }
        if !uri.path().is_empty() {
            return Err(format!(
                "a URI constraint cannot hold a path; `uri:{}` holds for the whole trust domain",
                uri.host()
            ));
        }
        return host_or_domain(uri.host()).map(Subtree::Uri);
    }
    host_or_domain(value).map(Subtree::Uri)
}

fn email(value: &str) -> Result<Subtree, String> {
    if let Some(host) = value.strip_prefix('@') {
        return host_or_domain(host).map(Subtree::Email);
    }
    if value.contains('@') {
        let address = EmailAddress::parse(value).map_err(|error| error.reason.to_owned())?;
        return Ok(Subtree::Email(address.as_str().to_owned()));
    }
    host_or_domain(value).map(Subtree::Email)
}

fn host_or_domain(value: &str) -> Result<String, String> {
    let (dot, host) = match value.strip_prefix('.') {
        Some(host) => (".", host),
        None => ("", value),
    };
    match DnsName::parse(host) {
        Ok(name) if !name.is_wildcard() => Ok(format!("{dot}{}", name.as_str())),
        Ok(_) => Err("a leading dot, not a star, stands for the hosts below a domain".to_owned()),
        Err(error) => Err(error.reason.to_owned()),
    }
}

fn directory(value: &str) -> Result<Subtree, String> {
    let name: NameText = value.parse().map_err(|error: crate::words::x509::name_text::NotAName| error.to_string())?;
    if name.is_empty() {
        return Err("the directory name is empty, which would hold for every name".to_owned());
    }
    encoding::name::encode(name.rdns()).map(Subtree::Directory).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_kind_is_read() {
        for (text, shown) in [
            ("dns:svc.internal", "dns:svc.internal"),
            ("DNS:SVC.internal", "dns:svc.internal"),
            ("ip:10.0.0.0/8", "ip:10.0.0.0/8"),
            ("ip:10.0.0.5", "ip:10.0.0.5/32"),
            ("ip:fd00::/8", "ip:fd00::/8"),
            ("uri:example.org", "uri:example.org"),
            ("uri:.example.org", "uri:.example.org"),
            ("uri:spiffe://example.org", "uri:example.org"),
            ("spiffe://example.org", "uri:example.org"),
            ("email:ops@example.org", "email:ops@example.org"),
            ("email:@example.org", "email:example.org"),
            ("email:.example.org", "email:.example.org"),
            ("dn:OU=Payments,O=Example", "dn:OU=Payments,O=Example"),
        ] {
            assert_eq!(parse_subtree(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused_with_what_would_be() {
        for (text, part) in [
            ("svc.internal", "begins with"),
            ("host:svc", "begins with"),
            ("dns:", "1 to 253"),
            ("dns:.svc.internal", "`dns:svc.internal` is written without"),
            ("dns:*.svc.internal", "`dns:svc.internal` is written without"),
            ("dns:10.0.0.1", "IP address"),
            ("ip:10.0.0.1/8", "`ip:10.0.0.0/8`"),
            ("ip:10.0.0.0/33", "an address range is written like"),
            ("uri:spiffe://example.org/ns", "cannot hold a path"),
            ("uri:https://example.org", "`uri:example.org`"),
            ("uri:10.0.0.1", "IP address"),
            ("email:a b@example.org", "1 to 64"),
            ("dn:", "is empty"),
            ("dn:Example", "CN=value"),
        ] {
            let reason = parse_subtree(text).unwrap_err().reason;
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(kind in "(dns|ip|uri|email|dn|spiffe)?", text in ".{0,40}") {
            let _ = parse_subtree(&format!("{kind}:{text}"));
        }
    }
}
