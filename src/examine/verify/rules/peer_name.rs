//! The certificate carries every name that was asked for (RFC 9525 section 6). Only alternative names
//! count, never the CN.

use std::net::IpAddr;

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::san::{DnsName, EmailAddress, San, UriName};
use crate::words::x509::usage::Purpose;

const HOST: Rule = Rule { code: "peer_name", basis: Basis::Validation, clause: "RFC 9525 section 6" };
const EMAIL: Rule =
    Rule { code: "peer_name", basis: Basis::Validation, clause: "RFC 8398 section 3 and RFC 5280 section 4.2.1.6" };
const SPIFFE: Rule = Rule { code: "peer_name", basis: Basis::Validation, clause: "SPIFFE X509-SVID section 2" };
const NONE: Rule = Rule { code: "peer_name", basis: Basis::Policy, clause: "policy, after RFC 9525 section 6.2" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let Some(leaf) = case.path.leaf() else { return };
    let names = leaf.extensions().subject_alt_names();
    if names.is_empty() && case.question.names.is_empty() && case.question.purpose == Purpose::Server {
        checks.push(
            NONE.warns(0, "the certificate has no alternative name, so no host that clients could look for")
                .why("Go, rustls and others look only there, not at the CN")
                .hint("have it issued again with `--san HOST`"),
        );
    }
    for wanted in &case.question.names {
        let rule = match wanted {
            San::Email(_) => EMAIL,
            San::Uri(uri) if uri.is_spiffe() => SPIFFE,
            San::Dns(_) | San::Ip(_) | San::Uri(_) => HOST,
        };
        let uris = names.iter().filter(|name| matches!(name, GeneralName::Uri(_))).count();
        if matches!(wanted, San::Uri(uri) if uri.is_spiffe()) && uris > 1 {
            checks.push(
                SPIFFE
                    .fails(0, format!("the certificate has {uris} URIs, a SPIFFE identity has exactly one"))
                    .hint("have it issued again with one URI: `--san spiffe://…`"),
            );
            continue;
        }
        checks.push(match names.iter().find(|name| is(name, wanted)) {
            Some(name) => rule.holds(0, format!("`{wanted}` is named by `{name}`")),
            None => missing(rule, leaf, wanted),
        });
    }
}

/// Whether the certificate's name stands for the wanted one.
fn is(name: &GeneralName, wanted: &San) -> bool {
    match (name, wanted) {
        (GeneralName::Dns(name), San::Dns(wanted)) => host_is(name, wanted),
        (GeneralName::Ip(address), San::Ip(wanted)) => address == wanted,
        (GeneralName::Email(name), San::Email(wanted)) => EmailAddress::parse(name).as_ref() == Ok(wanted),
        (GeneralName::Uri(name), San::Uri(wanted)) => UriName::parse(name).as_ref() == Ok(wanted),
        _ => false,
    }
}

/// RFC 9525 section 6.3: a wildcard is the whole first label and stands for exactly one label. Directly
/// below a top-level label it stands for nothing, as OpenSSL and browsers have it.
fn host_is(name: &str, wanted: &DnsName) -> bool {
    let Ok(name) = DnsName::parse(name) else { return false };
    if wanted.is_wildcard() {
        return false;
    }
    match name.as_str().strip_prefix("*.") {
        None => name == *wanted,
        Some(parent) => {
            parent.contains('.') && wanted.as_str().split_once('.').is_some_and(|(_, above)| above == parent)
        }
    }
}

fn missing(rule: Rule, leaf: &Certificate, wanted: &San) -> Check {
    let names = leaf.extensions().subject_alt_names();
    let shown: Vec<String> = names.iter().take(10).map(|name| format!("`{name}`")).collect();
    let found = if names.is_empty() {
        format!("the certificate does not name `{wanted}`: it has no alternative name")
    } else {
        format!("the certificate does not name `{wanted}`, but {}", shown.join(", "))
    };
    let value = wanted.value();
    let why = if names.iter().any(
        |name| matches!((name, wanted), (GeneralName::Dns(text), San::Ip(ip)) if text.parse::<IpAddr>() == Ok(*ip)),
    ) {
        "the address stands there as a DNS name, which peers do not compare with addresses"
    } else if leaf.subject().common_name().is_some_and(|cn| cn.eq_ignore_ascii_case(&value)) {
        "the name stands in the CN, where Go, rustls and others do not look"
    } else if matches!(wanted, San::Dns(dns) if dns.is_wildcard()) {
        "a peer is looked for by its own name, never by a wildcard"
    } else {
        "a peer that looks for this name will refuse the certificate"
    };
    rule.fails(0, found).why(why).hint(format!("have it issued again with `--san {wanted}`, or use a name that it has"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_wildcards_as_rfc_9525_section_6_3_has_them() {
        for (name, wanted, expected) in [
            ("api.internal", "api.internal", true),
            ("API.internal", "api.internal", true),
            ("api.internal", "www.api.internal", false),
            ("*.svc.internal", "a.svc.internal", true),
            ("*.svc.internal", "a.b.svc.internal", false),
            ("*.svc.internal", "svc.internal", false),
            ("*.internal", "api.internal", false),
            ("a*.svc.internal", "ab.svc.internal", false),
            ("*", "localhost", false),
            ("www.*.internal", "www.a.internal", false),
            ("api.internal.", "api.internal", false),
            ("a\0.internal", "a.internal", false),
        ] {
            assert_eq!(host_is(name, &DnsName::parse(wanted).unwrap()), expected, "{name} {wanted}");
        }
        assert!(!host_is("*.svc.internal", &DnsName::parse("*.svc.internal").unwrap()));
    }

    #[test]
    fn other_kinds_are_compared_exactly() {
        let uri = |text: &str| GeneralName::Uri(text.to_owned());
        for (name, wanted, expected) in [
            (uri("spiffe://example.org/a"), "spiffe://example.org/a", true),
            (uri("spiffe://example.org/a"), "spiffe://example.org/A", false),
            (uri("spiffe://example.org/a/b"), "spiffe://example.org/a", false),
            (GeneralName::Ip("10.0.0.1".parse().unwrap()), "ip:10.0.0.1", true),
            (GeneralName::Dns("10.0.0.1".into()), "ip:10.0.0.1", false),
            (GeneralName::Email("ops@EXAMPLE.org".into()), "email:ops@example.org", true),
            (GeneralName::Email("Ops@example.org".into()), "email:ops@example.org", false),
            (GeneralName::Dns("example.org".into()), "email:ops@example.org", false),
        ] {
            assert_eq!(is(&name, &wanted.parse().unwrap()), expected, "{name} {wanted}");
        }
    }
}
