//! The name constraints that a new CA gets: those that the operator orders, else those that the
//! request asks for, which can only narrow.

use super::matching::{dn_within, dns_within};
use crate::policy::report::Report;
use crate::policy::terms::{Issuer, IssuerTerms};
use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::request::Asked;

const CLAUSE: &str = "RFC 5280 section 4.2.1.10";

pub(in crate::policy) fn grant(
    profile: &Profile,
    request: Asked<'_>,
    order: &Order,
    terms: &IssuerTerms<'_>,
    report: &mut Report,
) -> NameConstraints {
    if !profile.ca {
        if !order.name_constraints.is_empty() {
            let message = format!("name constraints are for CAs, and `{}` is no profile of a CA", profile.name);
            report.find(Finding::error("policy.constraints_on_leaf", message).clause(CLAUSE));
        }
        return NameConstraints::default();
    }
    let wished = if order.name_constraints.is_empty() {
        request.extensions().name_constraints().cloned().unwrap_or_default()
    } else {
        order.name_constraints.clone()
    };
    if wished.is_empty() {
        return wished;
    }
    for subtree in wished.subtrees() {
        if matches!(subtree, Subtree::BadIp(_) | Subtree::RegisteredId(_) | Subtree::Unsupported { .. }) {
            let message = format!("the name constraint `{subtree}` is of a kind that peers do not check");
            report.find(Finding::error("policy.constraint_unsupported", message).allowed("dns, ip, uri, email, dn"));
        }
    }
    warn(&wished, terms, report);
    for authority in terms.authorities() {
        within(&wished, authority, report);
    }
    with_every_address(wished, report)
}

/// What peers make of them.
fn warn(wished: &NameConstraints, terms: &IssuerTerms<'_>, report: &mut Report) {
    if wished.subtrees().any(|subtree| matches!(subtree, Subtree::Uri(_))) {
        let message = "peers built on rustls (Linkerd among them) refuse every chain with URI name constraints";
        report.find(
            Finding::warning("policy.constraint_uri", message).hint("leave them out where such peers are to connect"),
        );
    }
    if matches!(terms.issuer, Issuer::Itself) {
        let message = "Java does not apply the name constraints of a root that it trusts";
        report.find(
            Finding::warning("policy.constraint_on_root", message)
                .hint("put them on an intermediate: `mtls-ca init --parent ROOT --permit …`"),
        );
    }
}

/// A CA that may name hosts, and is not told about addresses, could name any address.
fn with_every_address(mut wished: NameConstraints, report: &mut Report) -> NameConstraints {
    let permits = |kind: &str| wished.permitted.iter().any(|subtree| subtree.kind() == kind);
    if !permits("dns") || permits("ip") {
        return wished;
    }
    let missing: Vec<Subtree> =
        Subtree::every_address().into_iter().filter(|range| !wished.excluded.contains(range)).collect();
    if !missing.is_empty() {
        let message = "DNS names are permitted and addresses are not spoken of, so every address is excluded";
        report.find(
            Finding::notice("policy.constraint_addresses_excluded", message)
                .hint("`--permit ip:10.0.0.0/8` permits a range of them"),
        );
    }
    // What is excluded already in part is excluded wholly now.
    wished.excluded.retain(|subtree| !matches!(subtree, Subtree::Ip(_)));
    wished.excluded.extend(Subtree::every_address());
    wished
}

/// The constraints of a CA above hold for everything below it, so those of a CA below that permit
/// more are a mistake, and refused rather than silently without effect.
fn within(wished: &NameConstraints, authority: &Certificate, report: &mut Report) {
    let Some(above) = authority.extensions().name_constraints() else { return };
    let authority = authority.subject().rfc4514();
    for child in &wished.permitted {
        let of_kind: Vec<&Subtree> = above.permitted.iter().filter(|parent| parent.kind() == child.kind()).collect();
        if !of_kind.is_empty() && !of_kind.iter().any(|parent| subtree_within(child, parent)) {
            let permitted: Vec<String> = of_kind.iter().map(|parent| format!("`{parent}`")).collect();
            let message = format!("`{child}` lies outside of what the CA `{authority}` permits");
            let finding = Finding::error("policy.constraint_not_permitted", message).asked(child.to_string());
            report.find(finding.allowed(permitted.join(", ")).clause(CLAUSE));
        }
        if let Some(parent) = above.excluded.iter().find(|parent| subtree_within(child, parent)) {
            let message = format!("`{child}` lies within `{parent}`, which the CA `{authority}` excludes");
            report.find(Finding::error("policy.constraint_excluded", message).asked(child.to_string()).clause(CLAUSE));
        }
    }
}

/// Whether every name within `child` lies within `parent`.
fn subtree_within(child: &Subtree, parent: &Subtree) -> bool {
    match (child, parent) {
        // Below `.a.b` lies what is below `a.b`, so the dot of the child can be left away unless
        // the parent has one, too.
        (Subtree::Dns(child), Subtree::Dns(parent)) => {
            child == parent || dns_within(child.strip_prefix('.').unwrap_or(child), parent)
        }
        (Subtree::Ip(child), Subtree::Ip(parent)) => parent.contains(child),
        (Subtree::Uri(child), Subtree::Uri(parent)) => hosts_within(child, parent),
        (Subtree::Email(child), Subtree::Email(parent)) => match (child.rsplit_once('@'), parent.contains('@')) {
            (_, true) => child == parent,
            (Some((_, host)), false) => hosts_within(host, parent),
            (None, false) => hosts_within(child, parent),
        },
        (Subtree::Directory(child), Subtree::Directory(parent)) => dn_within(child, parent),
        _ => false,
    }
}

/// A host, or the hosts below a domain, within another such.
fn hosts_within(child: &str, parent: &str) -> bool {
    let (child, parent) = (child.to_ascii_lowercase(), parent.to_ascii_lowercase());
    parent.is_empty() || child == parent || parent.starts_with('.') && child.ends_with(&parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::constraints::parse_subtree;

    #[test]
    fn a_subtree_is_within_another_where_all_its_names_are() {
        for (child, parent, expected) in [
            ("dns:a.svc.internal", "dns:svc.internal", true),
            ("dns:svc.internal", "dns:svc.internal", true),
            ("dns:internal", "dns:svc.internal", false),
            ("dns:evilsvc.internal", "dns:svc.internal", false),
            ("ip:10.1.0.0/16", "ip:10.0.0.0/8", true),
            ("ip:10.0.0.0/7", "ip:10.0.0.0/8", false),
            ("uri:example.org", "uri:example.org", true),
            ("uri:a.example.org", "uri:.example.org", true),
            ("uri:.a.example.org", "uri:.example.org", true),
            ("uri:example.org", "uri:.example.org", false),
            ("uri:.example.org", "uri:example.org", false),
            ("email:ops@example.org", "email:example.org", true),
            ("email:example.org", "email:ops@example.org", false),
            ("email:a@mail.example.org", "email:.example.org", true),
            ("dn:OU=x,O=Example", "dn:O=Example", true),
            ("dn:O=Example", "dn:OU=x,O=Example", false),
            ("dns:svc.internal", "uri:svc.internal", false),
        ] {
            let parse = |text| parse_subtree(text).unwrap();
            assert_eq!(subtree_within(&parse(child), &parse(parent)), expected, "{child} {parent}");
        }
        assert!(subtree_within(&Subtree::Dns(".a.b".into()), &Subtree::Dns(".a.b".into())));
        assert!(subtree_within(&Subtree::Dns(".a.b".into()), &Subtree::Dns("a.b".into())));
        assert!(!subtree_within(&Subtree::Dns("a.b".into()), &Subtree::Dns(".a.b".into())));
    }
}
