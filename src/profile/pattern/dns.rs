//! Patterns of DNS names.

use std::fmt;
use std::str::FromStr;

use super::NotAPattern;
use super::glob::Glob;
use crate::words::x509::san::DnsName;

/// Which DNS names are granted: `api.internal` that one, `*.svc.internal` those exactly one label
/// below (`api-*.svc.internal` those of them that begin so), `**.svc.internal` those any number of
/// labels below.
///
/// A wildcard name is one key for many hosts, so it is granted by its own pattern only, in which
/// `[*]` is the star itself: `[*].svc.internal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsPattern(Glob);

impl DnsPattern {
    /// Whether it grants the name.
    #[must_use]
    pub fn grants(&self, name: &DnsName) -> bool {
        self.0.matches(name.as_str())
    }

    /// Whether the pattern spells out wildcard names, `[*].svc.internal`.
    #[must_use]
    pub fn is_for_wildcards(&self) -> bool {
        self.0.as_str().starts_with("[*].")
    }

    /// Whether it grants a host of this name; for the hosts within URIs and e-mail addresses.
    pub(super) fn grants_host(&self, host: &str) -> bool {
        self.0.matches(&host.to_ascii_lowercase())
    }
}

impl FromStr for DnsPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let refuse = |reason| Err(NotAPattern::new(text, "DNS pattern", reason));
        let lower = text.to_ascii_lowercase();
        if lower.is_empty() {
            return refuse("it is empty; an empty list grants no DNS name");
        }
        if lower.starts_with('.') {
            return refuse("write `*.example.com` for hosts one label below, `**.example.com` for all below");
        }
        // What remains when every wildcard stands for something has to be a name.
        let sample = match lower.strip_prefix("[*].") {
            Some(rest) if !rest.contains('[') => format!("*.{}", filled(rest)),
            _ => filled(&lower),
        };
        if lower.contains("***") || DnsName::parse(&sample).is_err() && sample != "x" {
            return refuse(
                "it is written like `api.internal`, `*.svc.internal`, `**.svc.internal` or `[*].svc.internal`",
            );
        }
        Ok(Self(Glob::new(&lower, '.')))
    }
}

fn filled(pattern: &str) -> String {
    pattern.replace("**", "x").replace('*', "x")
}

impl fmt::Display for DnsPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_what_it_reads_like() {
        for (pattern, name, expected) in [
            ("api.internal", "API.internal", true),
            ("api.internal", "x.api.internal", false),
            ("*.svc.internal", "api.svc.internal", true),
            ("*.svc.internal", "a.b.svc.internal", false),
            ("*.svc.internal", "svc.internal", false),
            ("*.svc.internal", "*.svc.internal", false),
            ("*.svc.internal", "evilsvc.internal", false),
            ("**.svc.internal", "a.b.svc.internal", true),
            ("**.svc.internal", "svc.internal", false),
            ("**.svc.internal", "*.svc.internal", false),
            ("[*].svc.internal", "*.svc.internal", true),
            ("[*].svc.internal", "api.svc.internal", false),
            ("[*].internal", "*.internal", true),
            ("db-*.internal", "db-1.internal", true),
            ("db-*.internal", "web.internal", false),
            ("*", "localhost", true),
            ("*", "a.b", false),
            ("**", "a.b", true),
            ("**", "*.b", false),
        ] {
            let granted = pattern.parse::<DnsPattern>().unwrap().grants(&DnsName::parse(name).unwrap());
            assert_eq!(granted, expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", ".svc.internal", "a..b", "***.a", "a b", "münchen.example", "[*]", "a.[*].b", "10.0.0.1", "*."]
        {
            assert!(text.parse::<DnsPattern>().is_err(), "{text}");
        }
    }
}
