//! Where to connect: `host:port`, `[::1]:443` or an `https://` address.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A TLS server to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A host name or an address, without the brackets of IPv6.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Text that names no server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no server such as `api.internal:443`, `[::1]:8443` or `https://api.internal/`")]
pub struct NotATarget(pub String);

impl FromStr for Target {
    type Err = NotATarget;

    /// Reads `host:port`, with brackets around an IPv6 address, or `https://host[:port][/path]`.
    /// A host without a port is none, since it might as well be a file.
    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let refuse = || NotATarget(text.chars().filter(|c| !c.is_control()).take(120).collect());
        let prefix = text.get(..8).filter(|prefix| prefix.eq_ignore_ascii_case("https://"));
        let (authority, default_port) = match prefix.and_then(|_| text.get(8..)) {
            // RFC 3986 section 3.2: the authority ends at the first of these, and may carry user
            // information, which is of no use here.
            Some(rest) => {
                let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
                (authority.rsplit_once('@').map_or(authority, |(_, host)| host), Some(443))
            }
            None => (text, None),
        };
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, None),
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => {
                (host, Some(port.strip_prefix(':').ok_or_else(refuse)?))
            }
            Some(_) => return Err(refuse()),
            None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| refuse())?,
            Some(_) => return Err(refuse()),
            None => default_port.ok_or_else(refuse)?,
        };
        let is_v6 = authority.starts_with('[');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || host.len() > 253 || port == 0 || !is_v6 && !host.chars().all(plain) {
            return Err(refuse());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl serde::Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_from_files() {
        for (text, shown) in [
            ("api.internal:443", "api.internal:443"),
            ("127.0.0.1:8443", "127.0.0.1:8443"),
            ("[::1]:8443", "[::1]:8443"),
            ("https://api.internal", "api.internal:443"),
            ("HTTPS://api.internal:8443/health?x=1", "api.internal:8443"),
            ("https://user:secret@api.internal/", "api.internal:443"),
            ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), shown, "{text}");
        }
        for text in [
            "",
            "client.crt",
            "api.internal",
            ":443",
            "host:",
            "host:0",
            "host:65536",
            "host:44 3",
            "::1:443",
            "[::1]",
            "[::1]8443",
            "[host]:443",
            "C:\\x:443",
            "./dir:443",
            "http://host/",
            "a b:443",
            "h\u{1b}[0m:443",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
