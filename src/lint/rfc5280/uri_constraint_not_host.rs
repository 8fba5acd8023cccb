//! A URI constraint is a host name.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::Subtree;
use crate::words::x509::san::DnsName;

pub(super) const RULE: Rule = Rule {
    code: "lint.uri_constraint_not_host",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.10"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let constraints = certificate.extensions().name_constraints()?;
    let uri = constraints.subtrees().find_map(|subtree| match subtree {
        Subtree::Uri(uri) if !is_host(uri) => Some(uri),
        _ => None,
    })?;
    let uri = crate::words::x509::general_name::escaped(uri);
    Some(format!("its name constraints permit or exclude the URI host `{uri}`, which is no fully qualified name"))
}

/// A fully qualified name, or with a leading dot the hosts below it.
fn is_host(constraint: &str) -> bool {
    let name = constraint.strip_prefix('.').unwrap_or(constraint);
    name.contains('.') && DnsName::parse(name).is_ok_and(|name| !name.is_wildcard())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        let constrain = |uri: &str| {
            let permitted = vec![Subtree::Uri(uri.to_owned())];
            let constraints = crate::x509::constraints::NameConstraints { permitted, excluded: Vec::new() };
            crate::x509::extension::ExtensionBody::NameConstraints(constraints)
        };
        sample::set_body(&mut certificate, &crate::x509::oid::NAME_CONSTRAINTS, constrain(".example.org"));
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &crate::x509::oid::NAME_CONSTRAINTS, constrain("https://example.org/"));
        assert!(check(&certificate).is_some());
    }
}
