//! Policy constraints are critical.

use crate::lint::Rule;
use crate::lint::criticality::Critical;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule = Rule {
    code: "lint.extension_not_critical",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2"),
    check,
};

/// Each with its clause.
const EXTENSIONS: [(Oid, &str); 2] = [(oid::POLICY_CONSTRAINTS, "4.2.1.11"), (oid::INHIBIT_ANY_POLICY, "4.2.1.14")];

fn check(certificate: &Certificate) -> Option<String> {
    Critical::Must.breaches(certificate, &EXTENSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        sample::add(
            &mut certificate,
            &oid::INHIBIT_ANY_POLICY,
            crate::x509::extension::ExtensionBody::InhibitAnyPolicy(0),
        );
        assert!(check(&certificate).is_some());
    }
}
