//! Subject alternative names that we issue: DNS names, IP addresses, URIs and e-mail addresses,
//! each in the one form in which peers compare it. What a file said, well formed or not, is a
//! [`GeneralName`](super::general_name::GeneralName).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use fluent_uri::Uri as ParsedUri;
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::spiffe;

/// A subject alternative name (RFC 5280 section 4.2.1.6).
///
/// ```
/// use mtls_ca::San;
/// let san: San = "api.internal".parse().unwrap();
/// assert_eq!(san.to_string(), "dns:api.internal");
/// let san: San = "spiffe://example.org/payments".parse().unwrap();
/// assert_eq!(san.to_string(), "uri:spiffe://example.org/payments");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum San {
    /// A host, or a wildcard for the hosts one label below.
    Dns(DnsName),
    /// An address.
    Ip(IpAddr),
    /// A URI, such as a SPIFFE ID.
    Uri(UriName),
    /// A mailbox.
    Email(EmailAddress),
}

/// A host name in lower case, in the preferred syntax of RFC 1034 section 3.5 (underscores are
/// let through, for container platforms make them), with `*` allowed as its whole first label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(String);

/// An absolute URI (RFC 3986), at most 2,048 octets long, with a host where it has an authority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UriName {
    text: String,
    scheme: String,
    host: String,
    path: String,
}

/// A mailbox `local@host` (RFC 2821), host in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Text that is no subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not {kind}: {reason}")]
pub struct NotASan {
    /// What was written, shortened.
    pub found: String,
    /// `a DNS name`, `an IP address`, `a URI`, `a SPIFFE ID`, `an e-mail address`.
    pub kind: &'static str,
    /// Why not, and what would be.
    pub reason: &'static str,
}

impl NotASan {
    fn new(found: &str, kind: &'static str, reason: &'static str) -> Self {
        Self { found: found.chars().take(120).collect(), kind, reason }
    }
}

impl DnsName {
    /// Reads a host name; upper case is folded.
    ///
    /// # Errors
    /// Says which rule of RFC 1034 or RFC 6125 the text breaks.
    pub fn parse(text: &str) -> Result<Self, NotASan> {
        let refuse = |reason| Err(NotASan::new(text, "a DNS name", reason));
        if !text.is_ascii() {
            return refuse("only ASCII is allowed; write an internationalised name in its `xn--` form");
        }
        if text.is_empty() || text.len() > 253 {
            return refuse("a host name has 1 to 253 characters");
        }
        if text.ends_with('.') {
            return refuse("a final dot is not written in certificates; leave it out");
        }
        let lower = text.to_ascii_lowercase();
        let body = lower.strip_prefix("*.").unwrap_or(&lower);
        if body.contains('*') {
            return refuse("a wildcard is `*` alone as the first label, such as `*.example.com`");
        }
        for label in body.split('.') {
            if label.is_empty() || label.len() > 63 {
                return refuse("each label has 1 to 63 characters");
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return refuse("only letters, digits, `-` and `.` are allowed");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refuse("a label neither begins nor ends with `-`");
            }
        }
        if body.rsplit('.').next().is_some_and(is_a_number) {
            return refuse(
                "it looks like an IP address; write it as `ip:ADDRESS`, for peers do not match addresses against DNS names",
            );
        }
        Ok(Self(lower))
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its first label is `*`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }
}

/// Whether a last label reads as a number, so that the whole is taken for an IPv4 address: `127.1`,
/// `0x7f000001` (the host parser of the WHATWG URL standard).
fn is_a_number(label: &str) -> bool {
    let (digits, is_digit): (&str, fn(&u8) -> bool) = match label.strip_prefix("0x") {
        Some(hex) => (hex, u8::is_ascii_hexdigit),
        None => (label, u8::is_ascii_digit),
    };
    digits.bytes().all(|b| is_digit(&b))
}

impl UriName {
    /// Reads an absolute URI; the scheme and the host are folded to lower case.
    ///
    /// # Errors
    /// Says what is missing, or which rule of RFC 3986 or RFC 5280 the text breaks.
    pub fn parse(text: &str) -> Result<Self, NotASan> {
        let refuse = |reason| Err(NotASan::new(text, "a URI", reason));
        if text.len() > 2_048 {
            return refuse("longer than 2,048 octets (SPIFFE-ID section 2.3)");
        }
        let Ok(uri) = ParsedUri::parse(text) else {
            return refuse("it does not follow RFC 3986; escape what is not ASCII as `%XX`");
        };
        let scheme = uri.scheme().as_str().to_ascii_lowercase();
        let path = uri.path().as_str().to_owned();
        // RFC 5280 section 4.2.1.6: a scheme-specific part, and a host where there is an authority.
        let Some(authority) = uri.authority() else {
            if path.is_empty() || path.starts_with('/') || scheme == "spiffe" {
                return refuse("it names nothing: `scheme://host/path` or `urn:namespace:name` is wanted");
            }
            return Ok(Self::without_host(&uri, scheme, path));
        };
        if authority.host().is_empty() {
            return refuse("it has no host, which RFC 5280 section 4.2.1.6 wants behind `//`");
        }
        let host = authority.host().to_ascii_lowercase();
        if scheme == "spiffe" {
            spiffe::rule(text, authority.as_str(), &host, &path, uri.query().is_some() || uri.fragment().is_some())
                .map_err(|reason| NotASan::new(text, "a SPIFFE ID", reason))?;
        }
        let userinfo = authority.userinfo().map_or(String::new(), |userinfo| format!("{userinfo}@"));
        let port = authority.port().map_or(String::new(), |port| format!(":{port}"));
        let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
        let fragment = uri.fragment().map_or(String::new(), |fragment| format!("#{fragment}"));
        Ok(Self { text: format!("{scheme}://{userinfo}{host}{port}{path}{query}{fragment}"), scheme, host, path })
    }

    /// `urn:uuid:…`, `tag:…`: everything but the scheme's case is its own.
    fn without_host(uri: &ParsedUri<&str>, scheme: String, path: String) -> Self {
        let rest = uri.as_str().split_once(':').map_or("", |(_, rest)| rest);
        Self { text: format!("{scheme}:{rest}"), scheme, host: String::new(), path }
    }

    /// The whole URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its scheme in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Its host in lower case; for a SPIFFE ID the trust domain; empty where it has none (`urn:…`).
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its path, with the leading slash, or empty.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is a SPIFFE ID.
    #[must_use]
    pub fn is_spiffe(&self) -> bool {
        self.scheme == "spiffe"
    }
}

impl EmailAddress {
    /// Reads `local@host`, without display name or angle brackets.
    ///
    /// # Errors
    /// Says which rule of RFC 5280 section 4.2.1.6 the text breaks.
    pub fn parse(text: &str) -> Result<Self, NotASan> {
        let refuse = |reason| Err(NotASan::new(text, "an e-mail address", reason));
        let Some((local, host)) = text.rsplit_once('@') else {
            return refuse("it is written `local@host`");
        };
        let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
        if local.is_empty() || local.len() > 64 || !local.bytes().all(atom) {
            return refuse(
                "the part before `@` has 1 to 64 characters of RFC 5321's dot-string; no display name, quotes or brackets",
            );
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return refuse("dots stand singly between other characters");
        }
        match DnsName::parse(host) {
            Ok(host) if !host.is_wildcard() => Ok(Self(format!("{local}@{}", host.as_str()))),
            _ => refuse("the part after `@` is a host name"),
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, host)| host)
    }
}

impl San {
    /// The kind as the command line writes it: `dns`, `ip`, `uri`, `email`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
            Self::Uri(_) => "uri",
            Self::Email(_) => "email",
        }
    }

    /// The value without its kind.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.0.clone(),
            Self::Ip(address) => address.to_string(),
            Self::Uri(uri) => uri.text.clone(),
            Self::Email(address) => address.0.clone(),
        }
    }
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.value())
    }
}

impl Serialize for San {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for San {
    type Err = NotASan;

    /// Reads `dns:`, `ip:`, `uri:` and `email:` (also OpenSSL's upper-case `DNS:`), and finds the
    /// kind of anything else by its form.
    fn from_str(text: &str) -> Result<Self, NotASan> {
        let text = text.trim();
        if let Some((prefix, value)) = text.split_once(':') {
            match prefix.to_ascii_lowercase().as_str() {
                "dns" => return DnsName::parse(value).map(Self::Dns),
                "uri" => return UriName::parse(value).map(Self::Uri),
                "email" => return EmailAddress::parse(value).map(Self::Email),
                "ip" | "ip address" => {
                    return value.parse().map(Self::Ip).map_err(|_| {
                        NotASan::new(
                            value,
                            "an IP address",
                            "one address such as `10.0.0.5` or `fd00::5` is wanted, without a prefix length",
                        )
                    });
                }
                _ => {}
            }
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        if text.contains("://") {
            return UriName::parse(text).map(Self::Uri);
        }
        if text.contains('@') {
            return EmailAddress::parse(text).map(Self::Email);
        }
        DnsName::parse(text).map(Self::Dns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_found_by_form_or_by_prefix() {
        for (text, shown) in [
            ("api.internal", "dns:api.internal"),
            ("API.Internal", "dns:api.internal"),
            ("localhost", "dns:localhost"),
            ("*.svc.internal", "dns:*.svc.internal"),
            ("my_service.local", "dns:my_service.local"),
            ("10.0.0.5", "ip:10.0.0.5"),
            ("fd00::5", "ip:fd00::5"),
            ("IP:127.0.0.1", "ip:127.0.0.1"),
            ("DNS:a.b", "dns:a.b"),
            ("spiffe://example.org/a/b", "uri:spiffe://example.org/a/b"),
            ("HTTPS://Example.org:8443/x?y", "uri:https://example.org:8443/x?y"),
            ("uri:URN:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            ("ops@Example.org", "email:ops@example.org"),
        ] {
            assert_eq!(text.parse::<San>().unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn ill_formed_names_are_refused() {
        for text in [
            "",
            "*",
            "*.*",
            "a*b.example",
            "a.*.b",
            "**.example",
            "-a.example",
            "a..b",
            "a.",
            ".a",
            "exa mple",
            "ex\nample",
            "münchen.example",
            "dns:10.0.0.5",
            "dns:1.2.3",
            "dns:0x7f000001",
            "dns:10.0.0.0x5",
            "dns:a.0X",
            "ip:10.0.0.0/8",
            "ip:host",
            "10.0.0.256",
            "uri:/path",
            "uri:urn:",
            "uri:file:/etc/passwd",
            "uri:spiffe:example.org",
            "http:///x",
            "spiffe://Example.org/a",
            "spiffe://example.org:1/a",
            "spiffe://example.org/a//b",
            "spiffe://example.org/a/",
            "spiffe://example.org/../a",
            "spiffe://example.org/a?b",
            "spiffe://u@example.org/a",
            "Ops <ops@example.org>",
            "a..b@example.org",
            "@example.org",
            "a@",
            "a@*.example.org",
            "dns:a\0b",
        ] {
            assert!(text.parse::<San>().is_err(), "{text:?}");
        }
        assert!(format!("{}.example", "a".repeat(64)).parse::<San>().is_err());
        assert!(vec!["a".repeat(60); 5].join(".").parse::<San>().is_err());
        assert!(format!("spiffe://example.org/{}", "a".repeat(2_048)).parse::<San>().is_err());
    }

    #[test]
    fn every_name_reads_back_what_it_prints() {
        for text in ["a.b", "*.b.c", "::1", "1.2.3.4", "spiffe://d/p", "x@y.z"] {
            let san: San = text.parse().unwrap();
            assert_eq!(san.to_string().parse::<San>().unwrap(), san);
        }
    }
}
