//! Whether a name lies within a subtree (RFC 5280 section 4.2.1.10): pure comparisons, which
//! policy uses before signing and path validation afterwards. Text is as a file had it.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::words::x509::name::Name;

/// Where a name stands to a subtree of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Within it.
    Within,
    /// Outside it.
    Outside,
    /// The name is such that nobody can say; section 4.2.1.10 has it rejected either way.
    Unclear,
}

impl Standing {
    const fn of(within: bool) -> Self {
        if within { Self::Within } else { Self::Outside }
    }
}

/// Whether a DNS name lies within `base`: "any DNS name that can be constructed by simply adding
/// zero or more labels to the left-hand side of the name". A leading dot, which is not the RFC's
/// form, means at least one label; an empty base is every name. A wildcard name lies within where
/// every host that it stands for does.
pub(crate) fn dns_within(name: &str, base: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let base = base.strip_suffix('.').unwrap_or(base);
    match base.strip_prefix('.') {
        _ if base.is_empty() => true,
        Some(domain) => is_below(name, domain),
        None => name.eq_ignore_ascii_case(base) || is_below(name, base),
    }
}

/// Whether a DNS name, or for a wildcard name one of the hosts that it stands for, lies within
/// `base`: what an excluded subtree has to be asked. `*.internal` stands for `svc.internal` too.
pub(crate) fn dns_touches(name: &str, base: &str) -> bool {
    if dns_within(name, base) {
        return true;
    }
    let Some(parent) = name.strip_prefix("*.") else { return false };
    // The hosts are one label below the parent: the base has to be one of them.
    let base = base.strip_suffix('.').unwrap_or(base);
    base.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
}

/// Whether an address lies within a range; addresses of the other family do not.
pub(crate) fn ip_within(address: IpAddr, range: &IpNet) -> bool {
    range.contains(&address)
}

/// Whether the host of a URI lies within `base`: a host exactly, or with a leading dot the hosts
/// below a domain, but not the domain itself. "If a constraint is applied to [...] a URI that does
/// not include an authority component with a host name specified as a fully qualified domain name
/// (e.g., if the URI either does not include an authority component or includes an authority
/// component in which the host name is specified as an IP address), then the application MUST
/// reject the certificate."
pub(crate) fn uri_within(uri: &str, base: &str) -> Standing {
    match uri_host(uri) {
        Some(host) => Standing::of(host_within(host, base)),
        None => Standing::Unclear,
    }
}

/// The host of a URI where it is a name: no address, no empty host.
pub(crate) fn uri_host(uri: &str) -> Option<&str> {
    // RFC 3986 section 3: scheme ":" "//" authority, which ends at "/", "?" or "#".
    let (scheme, rest) = uri.split_once(':')?;
    let scheme_is_fine = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host_and_port.starts_with('[') {
        return None;
    }
    let host = match host_and_port.split_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host_and_port,
    };
    let name_like = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let is_name = !host.is_empty() && host.bytes().all(name_like) && host.parse::<IpAddr>().is_err();
    (scheme_is_fine && is_name).then_some(host)
}

/// Whether a mailbox lies within `base`: a mailbox exactly, all mailboxes of a host, or with a
/// leading dot all mailboxes of the hosts below a domain. The part before `@` is compared with
/// regard to case, the host without (section 7.5).
pub(crate) fn email_within(address: &str, base: &str) -> Standing {
    let Some((local, host)) = address.rsplit_once('@') else { return Standing::Unclear };
    if local.is_empty() || host.is_empty() {
        return Standing::Unclear;
    }
    Standing::of(match base.rsplit_once('@') {
        // "@example.org" is not the RFC's form, and is taken for all mailboxes of the host.
        Some(("", base_host)) => host.eq_ignore_ascii_case(base_host),
        Some((base_local, base_host)) => local == base_local && host.eq_ignore_ascii_case(base_host),
        None => host_within(host, base),
    })
}

/// Whether a directory name lies at or below `base`; every name lies below the empty one.
pub(crate) fn dn_within(name: &Name, base: &Name) -> bool {
    name.is_within(base)
}

/// A host exactly, or with a leading dot those below; an empty base is every host.
fn host_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        _ if base.is_empty() => true,
        Some(domain) => is_below(host, domain),
        None => host.eq_ignore_ascii_case(base),
    }
}

/// Whether `name` is `domain` with at least one label before it.
fn is_below(name: &str, domain: &str) -> bool {
    if domain.is_empty() {
        return !name.is_empty();
    }
    let Some(split) = name.len().checked_sub(domain.len()) else { return false };
    match (name.get(..split), name.get(split..)) {
        (Some(labels), Some(end)) => {
            end.eq_ignore_ascii_case(domain) && labels.strip_suffix('.').is_some_and(|labels| !labels.is_empty())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dns_names_are_within_by_whole_labels() {
        for (name, base, expected) in [
            // The RFC's own examples.
            ("host.example.com", "host.example.com", true),
            ("my.host.example.com", "host.example.com", true),
            ("host1.example.com", "host.example.com", false),
            ("EXAMPLE.com", "example.COM", true),
            ("evilexample.com", "example.com", false),
            ("com", "example.com", false),
            ("a.example.com", ".example.com", true),
            ("example.com", ".example.com", false),
            (".example.com", ".example.com", false),
            ("anything", "", true),
            ("*.svc.internal", "svc.internal", true),
            ("*.internal", "svc.internal", false),
            ("example.com.", "example.com", true),
        ] {
            assert_eq!(dns_within(name, base), expected, "{name} {base}");
        }
    }

    #[test]
    fn a_wildcard_touches_what_it_stands_for() {
        for (name, base, expected) in [
            ("*.internal", "svc.internal", true),
            ("*.internal", "a.svc.internal", false),
            ("*.internal", ".internal", true),
            ("*.internal", "internal", true),
            ("*.other", "svc.internal", false),
            ("svc.internal", "a.svc.internal", false),
            ("*.a.internal", "svc.internal", false),
        ] {
            assert_eq!(dns_touches(name, base), expected, "{name} {base}");
        }
    }

    #[test]
    fn addresses_are_within_ranges_of_their_family() {
        for (address, range, expected) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.0.0.1", "10.0.0.0/8", false),
            ("::1", "0.0.0.0/0", false),
            ("::ffff:10.0.0.1", "10.0.0.0/8", false),
            ("fd00::1", "fd00::/8", true),
            ("10.0.0.5", "10.0.0.5/32", true),
        ] {
            assert_eq!(ip_within(address.parse().unwrap(), &range.parse().unwrap()), expected, "{address} {range}");
        }
    }

    #[test]
    fn uris_are_judged_by_their_host() {
        use Standing::{Outside, Unclear, Within};
        for (uri, base, expected) in [
            ("https://host.example.com/x", "host.example.com", Within),
            ("https://my.host.example.com/x", "host.example.com", Outside),
            ("https://host.example.com/", ".example.com", Within),
            ("https://my.host.example.com", ".example.com", Within),
            ("https://example.com/", ".example.com", Outside),
            ("spiffe://Example.org/a", "example.ORG", Within),
            ("https://u:p@example.org:8443?x#y", "example.org", Within),
            ("https://evil.org#@example.org/", "example.org", Outside),
            ("https://example.org@evil.org/", "example.org", Outside),
            ("https://10.0.0.1/", "10.0.0.1", Unclear),
            ("https://[fd00::1]/", "example.org", Unclear),
            ("urn:x:y", "example.org", Unclear),
            ("mailto:a@example.org", "example.org", Unclear),
            ("/path", "", Unclear),
            ("https:///path", "", Unclear),
            ("", "", Unclear),
        ] {
            assert_eq!(uri_within(uri, base), expected, "{uri} {base}");
        }
    }

    #[test]
    fn mailboxes_are_within_by_mailbox_host_or_domain() {
        use Standing::{Outside, Unclear, Within};
        for (address, base, expected) in [
            // The RFC's own examples.
            ("root@example.com", "root@example.com", Within),
            ("Root@example.com", "root@example.com", Outside),
            ("root@EXAMPLE.com", "root@example.com", Within),
            ("any@example.com", "example.com", Within),
            ("any@my.example.com", "example.com", Outside),
            ("any@my.example.com", ".example.com", Within),
            ("any@example.com", ".example.com", Outside),
            ("any@example.com", "@example.com", Within),
            ("example.com", "example.com", Unclear),
            ("@example.com", "example.com", Unclear),
        ] {
            assert_eq!(email_within(address, base), expected, "{address} {base}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_comparison_panic(name in ".{0,30}", base in ".{0,30}") {
            let _ = dns_touches(&name, &base);
            let _ = uri_within(&name, &base);
            let _ = email_within(&name, &base);
        }
    }
}
