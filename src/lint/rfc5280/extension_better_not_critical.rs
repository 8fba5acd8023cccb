//! Some extensions should not be critical.

use crate::lint::Rule;
use crate::lint::criticality::Critical;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule = Rule {
    code: "lint.extension_better_not_critical",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2"),
    check,
};

/// Each with its clause.
const EXTENSIONS: [(Oid, &str); 2] = [(oid::CRL_DISTRIBUTION_POINTS, "4.2.1.13"), (oid::ISSUER_ALT_NAME, "4.2.1.7")];

fn check(certificate: &Certificate) -> Option<String> {
    Critical::ShouldNot.breaches(certificate, &EXTENSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_critical(&mut certificate, &oid::CRL_DISTRIBUTION_POINTS, true);
        assert!(check(&certificate).is_some());
    }
}
