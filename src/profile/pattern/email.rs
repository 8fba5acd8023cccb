//! Patterns of e-mail addresses.

use std::fmt;
use std::str::FromStr;

use super::NotAPattern;
use super::dns::DnsPattern;
use crate::words::x509::san::EmailAddress;

/// Which mailboxes are granted: `ops@example.org` that one, `@example.org` or `*@example.org` all
/// at that host, `*@*.example.org` all at hosts one label below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailPattern {
    text: String,
    local: Option<String>,
    host: DnsPattern,
}

impl EmailPattern {
    /// Whether it grants the mailbox. The part before `@` is compared exactly (RFC 5280 section 7.5).
    #[must_use]
    pub fn grants(&self, address: &EmailAddress) -> bool {
        let local = address.as_str().rsplit_once('@').map_or("", |(local, _)| local);
        self.local.as_ref().is_none_or(|wanted| wanted == local) && self.host.grants_host(address.host())
    }
}

impl FromStr for EmailPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let refuse = |reason| Err(NotAPattern::new(text, "e-mail pattern", reason));
        let Some((local, host)) = text.rsplit_once('@') else {
            return refuse("it is written `ops@example.org`, `@example.org` or `*@*.example.org`");
        };
        let local = match local {
            "" | "*" => None,
            _ if EmailAddress::parse(&format!("{local}@x.example")).is_err() || local.contains('*') => {
                return refuse("before `@` stands a whole mailbox name, `*` or nothing");
            }
            _ => Some(local.to_owned()),
        };
        match host.parse::<DnsPattern>() {
            Ok(host) if !host.is_for_wildcards() => Ok(Self { text: text.to_owned(), local, host }),
            _ => refuse("after `@` stands a host such as `example.org` or `*.example.org`"),
        }
    }
}

impl fmt::Display for EmailPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_by_mailbox_and_host() {
        for (pattern, address, expected) in [
            ("ops@example.org", "ops@EXAMPLE.org", true),
            ("ops@example.org", "Ops@example.org", false),
            ("@example.org", "any.body@example.org", true),
            ("*@example.org", "a@example.org", true),
            ("*@example.org", "a@mail.example.org", false),
            ("@*.example.org", "a@mail.example.org", true),
            ("@*.example.org", "a@example.org", false),
        ] {
            let granted = pattern.parse::<EmailPattern>().unwrap().grants(&EmailAddress::parse(address).unwrap());
            assert_eq!(granted, expected, "{pattern} {address}");
        }
        for text in ["", "example.org", "a b@example.org", "o*s@example.org", "a@", "a@[*].example.org"] {
            assert!(text.parse::<EmailPattern>().is_err(), "{text}");
        }
    }
}
