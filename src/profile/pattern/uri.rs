//! Patterns of URIs.

use std::fmt;
use std::str::FromStr;

use super::NotAPattern;
use super::dns::DnsPattern;
use super::glob::Glob;
use crate::words::x509::san::UriName;

/// Which URIs are granted, by scheme, host and path: `spiffe://example.org/ns/*/sa/**`. In the
/// path `*` stays within a segment and `**` goes across; in the host they work as in DNS patterns.
///
/// A URI with a user, port, query or fragment, or with `.` and `..` segments, is granted by its
/// exact text only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriPattern {
    text: String,
    scheme: String,
    host: DnsPattern,
    path: Glob,
}

impl UriPattern {
    /// Whether it grants the URI.
    #[must_use]
    pub fn grants(&self, uri: &UriName) -> bool {
        if uri.as_str() == self.text {
            return true;
        }
        let plain = format!("{}://{}{}", uri.scheme(), uri.host(), uri.path());
        plain == uri.as_str()
            && !climbs(uri.path())
            && uri.scheme() == self.scheme
            && self.host.grants_host(uri.host())
            && self.path.matches(uri.path())
    }
}

/// Whether a reader who resolves dot segments (RFC 3986 section 5.2.4), before or after decoding
/// `%2E` and `%2F`, would end somewhere else.
fn climbs(path: &str) -> bool {
    let decoded = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    decoded.split('/').any(|segment| matches!(segment, "." | ".."))
}

impl FromStr for UriPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let refuse = |reason| Err(NotAPattern::new(text, "URI pattern", reason));
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("it is written `scheme://host/path`, such as `spiffe://example.org/ns/*/**`");
        };
        let scheme_is_fine = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
        if !scheme_is_fine {
            return refuse("its scheme is a word in lower case, without wildcards");
        }
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        if host.contains("[*]") || path.contains("[*]") {
            return refuse("`[*]` has no meaning in a URI");
        }
        if path.contains("***") || path.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
            return refuse("its path is made of segments, `*` and `**`");
        }
        let Ok(host) = host.parse() else {
            return refuse("its host is written like `example.org`, `*.example.org` or `**`, without a port");
        };
        Ok(Self { text: text.to_owned(), scheme: scheme.to_owned(), host, path: Glob::new(path, '/') })
    }
}

impl fmt::Display for UriPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_by_scheme_host_and_path() {
        for (pattern, uri, expected) in [
            ("spiffe://example.org/**", "spiffe://example.org/a/b", true),
            ("spiffe://example.org/**", "spiffe://example.org", false),
            ("spiffe://example.org/**", "spiffe://example.com/a", false),
            ("spiffe://example.org/**", "https://example.org/a", false),
            ("spiffe://example.org/ns/*/sa/**", "spiffe://example.org/ns/pay/sa/api", true),
            ("spiffe://example.org/ns/*/sa/**", "spiffe://example.org/ns/a/b/sa/api", false),
            ("spiffe://*.example.org/*", "spiffe://eu.example.org/a", true),
            ("spiffe://*.example.org/*", "spiffe://example.org/a", false),
            ("spiffe://**/**", "spiffe://any.where/a", true),
            ("https://example.org/a/**", "https://example.org/a/../b", false),
            ("https://example.org/a/**", "https://example.org/a/%2E%2e/b", false),
            ("https://example.org/a/**", "https://example.org/a/x%2f..%2Fb", false),
            ("https://example.org/**", "https://example.org:8443/a", false),
            ("https://example.org/**", "https://example.org/a?b", false),
            ("https://example.org/**", "https://u@example.org/a", false),
            ("https://example.org", "https://example.org", true),
        ] {
            let granted = pattern.parse::<UriPattern>().unwrap().grants(&UriName::parse(uri).unwrap());
            assert_eq!(granted, expected, "{pattern} {uri}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "example.org",
            "spiffe:",
            "*://a/b",
            "SPIFFE://a/b",
            "spiffe:///a",
            "spiffe://a:1/b",
            "x://a/b c",
            "x://a/***",
        ] {
            assert!(text.parse::<UriPattern>().is_err(), "{text}");
        }
    }
}
