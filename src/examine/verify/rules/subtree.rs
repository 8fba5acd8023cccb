//! How a name of a certificate stands to a subtree of name constraints (RFC 5280 section 4.2.1.10), by the
//! comparisons that policy makes before signing. What cannot be compared is said to be unclear, never
//! guessed.

use crate::policy::constraints::matching;
use crate::words::x509::constraints::Subtree;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::san::{DnsName, EmailAddress};

/// How a name stands to a subtree of its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All that it names lies within.
    Within,
    /// A wildcard, of which some hosts lie within.
    Partly,
    /// Nothing that it names lies within.
    Outside,
    /// It cannot be told.
    Unclear(&'static str),
}

/// How `name` stands to `subtree`; `None` where they are of different kinds.
pub(super) fn standing(name: &GeneralName, subtree: &Subtree) -> Option<Standing> {
    if name_tag(name) != subtree_tag(subtree) {
        return None;
    }
    Some(match (name, subtree) {
        (GeneralName::Dns(name), Subtree::Dns(base)) => dns(name, base),
        (GeneralName::Ip(address), Subtree::Ip(range)) => inside(matching::ip_within(*address, range)),
        // The local part is compared exactly: an asterisk in it is an asterisk.
        (GeneralName::Email(name), Subtree::Email(base)) => match EmailAddress::parse(name) {
            Ok(_) => of(matching::email_within(name, base), "it is no e-mail address"),
            Err(_) => Standing::Unclear("it is no e-mail address"),
        },
        (GeneralName::Uri(name), Subtree::Uri(base)) => {
            of(matching::uri_within(name, base), "it is no URI with a host name")
        }
        (GeneralName::Directory(name), Subtree::Directory(base)) => inside(matching::dn_within(name, base)),
        (GeneralName::BadIp(_), _) => Standing::Unclear("the address is neither 4 nor 16 octets long"),
        (_, Subtree::BadIp(_)) => Standing::Unclear("the range is not one"),
        _ => Standing::Unclear("constraints on names of this kind are not known here"),
    })
}

/// What is wrong with the subtree itself, if anything.
pub(super) fn defect(subtree: &Subtree) -> Option<&'static str> {
    let host = |text: &str| DnsName::parse(text).is_ok_and(|name| !name.is_wildcard());
    let below = |text: &str| host(text.strip_prefix('.').unwrap_or(text));
    let fine = match subtree {
        Subtree::Dns(base) => base.is_empty() || below(base),
        Subtree::Email(base) if base.contains('@') => EmailAddress::parse(base).is_ok(),
        Subtree::Email(base) | Subtree::Uri(base) => below(base),
        Subtree::BadIp(_) => return Some("an address range is an address and a mask, 8 or 32 octets"),
        // Known by their kind alone: they matter only where such a name turns up.
        Subtree::Ip(_) | Subtree::Directory(_) | Subtree::RegisteredId(_) | Subtree::Unsupported { .. } => true,
    };
    (!fine).then_some("it is no host name, domain or mailbox")
}

/// A host name first of all, then compared; a wildcard may lie partly within.
fn dns(name: &str, base: &str) -> Standing {
    match DnsName::parse(name) {
        Err(_) => Standing::Unclear("it is no host name"),
        Ok(name) if matching::dns_within(name.as_str(), base) => Standing::Within,
        Ok(name) if matching::dns_touches(name.as_str(), base) => Standing::Partly,
        Ok(_) => Standing::Outside,
    }
}

const fn inside(within: bool) -> Standing {
    if within { Standing::Within } else { Standing::Outside }
}

const fn of(standing: matching::Standing, unclear: &'static str) -> Standing {
    match standing {
        matching::Standing::Within => Standing::Within,
        matching::Standing::Outside => Standing::Outside,
        matching::Standing::Unclear => Standing::Unclear(unclear),
    }
}

/// The context tag of GeneralName, by which kinds are told apart.
fn name_tag(name: &GeneralName) -> u8 {
    match name {
        GeneralName::Other { .. } => 0,
        GeneralName::Email(_) => 1,
        GeneralName::Dns(_) => 2,
        GeneralName::Directory(_) => 4,
        GeneralName::Uri(_) => 6,
        GeneralName::Ip(_) | GeneralName::BadIp(_) => 7,
        GeneralName::RegisteredId(_) => 8,
        GeneralName::Unsupported { tag, .. } => *tag,
    }
}

fn subtree_tag(subtree: &Subtree) -> u8 {
    match subtree {
        Subtree::Email(_) => 1,
        Subtree::Dns(_) => 2,
        Subtree::Directory(_) => 4,
        Subtree::Uri(_) => 6,
        Subtree::Ip(_) | Subtree::BadIp(_) => 7,
        Subtree::RegisteredId(_) => 8,
        Subtree::Unsupported { tag, .. } => *tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_and_outside() {
        let dns = |name: &str, base: &str| (GeneralName::Dns(name.into()), Subtree::Dns(base.into()));
        let email = |name: &str, base: &str| (GeneralName::Email(name.into()), Subtree::Email(base.into()));
        let uri = |name: &str, base: &str| (GeneralName::Uri(name.into()), Subtree::Uri(base.into()));
        let ip = |name: &str, base: &str| (GeneralName::Ip(name.parse().unwrap()), Subtree::Ip(base.parse().unwrap()));
        use Standing::{Outside, Partly, Within};
        // The examples of RFC 5280 section 4.2.1.10 are among them.
        for ((name, base), expected) in [
            (dns("host.example.com", "host.example.com"), Within),
            (dns("www.host.example.com", "host.example.com"), Within),
            (dns("host1.example.com", "host.example.com"), Outside),
            (dns("badexample.com", "example.com"), Outside),
            (dns("EXAMPLE.com", "example.COM"), Within),
            (dns("anything.test", ""), Within),
            (dns("example.com", ".example.com"), Outside),
            (dns("a.example.com", ".example.com"), Within),
            (dns("*.example.com", "example.com"), Within),
            (dns("*.example.com", ".example.com"), Within),
            (dns("*.example.com", "bar.example.com"), Partly),
            (dns("*.example.com", "a.bar.example.com"), Outside),
            (dns("*.example.com", "example.org"), Outside),
            (email("root@example.com", "root@example.com"), Within),
            (email("root@EXAMPLE.com", "root@example.com"), Within),
            (email("Root@example.com", "root@example.com"), Outside),
            (email("root@example.com", "example.com"), Within),
            (email("root@host.example.com", "example.com"), Outside),
            (email("root@host.example.com", ".example.com"), Within),
            (email("root@example.com", ".example.com"), Outside),
            (email("user@example.com", "*@example.com"), Outside),
            (uri("https://host.example.com/a", "host.example.com"), Within),
            (uri("https://host.example.com/a", "example.com"), Outside),
            (uri("https://my.host.example.com", ".example.com"), Within),
            (uri("https://example.com", ".example.com"), Outside),
            (uri("spiffe://example.org/payments", "example.org"), Within),
            (ip("192.0.2.77", "192.0.2.0/24"), Within),
            (ip("192.0.3.1", "192.0.2.0/24"), Outside),
            (ip("192.0.2.1", "::/0"), Outside),
            (ip("2001:db8::1", "2001:db8::/32"), Within),
        ] {
            assert_eq!(standing(&name, &base), Some(expected), "{name} in {base}");
        }
        assert_eq!(standing(&dns("a.test", "").0, &ip("::1", "::/0").1), None);
        let unclear = [
            dns(".example.com", "example.com"),
            email("a@b@example.com", "example.com"),
            uri("https://192.0.2.1/", "example.com"),
        ];
        for (name, base) in unclear {
            assert!(matches!(standing(&name, &base), Some(Standing::Unclear(_))), "{name}");
        }
        let other = GeneralName::Other { kind: crate::words::x509::oid::Oid::literal("1.2.3"), value: vec![] };
        let constraint = Subtree::Unsupported { tag: 0, value: vec![] };
        assert!(matches!(standing(&other, &constraint), Some(Standing::Unclear(_))));
    }

    #[test]
    fn defects_of_subtrees() {
        for (subtree, fine) in [
            (Subtree::Dns("example.com".into()), true),
            (Subtree::Dns(String::new()), true),
            (Subtree::Dns("*.example.com".into()), false),
            (Subtree::Email("invalid@invalid@example.com".into()), false),
            (Subtree::Email("*@example.com".into()), true),
            (Subtree::Uri(".example.com".into()), true),
            (Subtree::Uri("https://example.com/".into()), false),
            (Subtree::BadIp(vec![127, 0, 0, 1]), false),
        ] {
            assert_eq!(defect(&subtree).is_none(), fine, "{subtree}");
        }
    }
}
