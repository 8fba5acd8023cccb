//! Key usage and policy mappings should be critical.

use crate::lint::Rule;
use crate::lint::criticality::Critical;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule = Rule {
    code: "lint.extension_better_critical",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2"),
    check,
};

/// Each with its clause.
const EXTENSIONS: [(Oid, &str); 2] = [(oid::KEY_USAGE, "4.2.1.3"), (oid::POLICY_MAPPINGS, "4.2.1.5")];

fn check(certificate: &Certificate) -> Option<String> {
    Critical::Should.breaches(certificate, &EXTENSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_critical(&mut certificate, &oid::KEY_USAGE, false);
        assert!(check(&certificate).is_some());
    }
}
