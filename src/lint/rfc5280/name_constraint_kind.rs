//! Name constraints are about kinds of names that peers compare.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::Subtree;

pub(super) const RULE: Rule = Rule {
    code: "lint.name_constraint_kind",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.10"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let constraints = certificate.extensions().name_constraints()?;
    let kind = constraints.subtrees().find_map(|subtree| match subtree {
        Subtree::Unsupported { tag: 3, .. } => Some("x400Address"),
        Subtree::Unsupported { tag: 5, .. } => Some("ediPartyName"),
        Subtree::RegisteredId(_) => Some("registeredID"),
        _ => None,
    })?;
    Some(format!("its name constraints are about {kind}, which they should not be"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        let mut constraints = certificate.extensions.name_constraints().cloned().unwrap_or_default();
        constraints.permitted.push(Subtree::RegisteredId(crate::x509::oid::Oid::literal("1.2.3")));
        let body = crate::x509::extension::ExtensionBody::NameConstraints(constraints);
        sample::set_body(&mut certificate, &crate::x509::oid::NAME_CONSTRAINTS, body);
        assert!(check(&certificate).is_some());
    }
}
