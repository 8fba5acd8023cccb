//! Some extensions are never critical.

use crate::lint::Rule;
use crate::lint::criticality::Critical;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule =
    Rule { code: "lint.extension_critical", severity: Severity::Error, clause: Some("RFC 5280 section 4.2"), check };

/// Each with its clause.
const EXTENSIONS: [(Oid, &str); 6] = [
    (oid::SUBJECT_KEY_IDENTIFIER, "4.2.1.2"),
    (oid::AUTHORITY_KEY_IDENTIFIER, "4.2.1.1"),
    (oid::SUBJECT_DIRECTORY_ATTRIBUTES, "4.2.1.8"),
    (oid::FRESHEST_CRL, "4.2.1.15"),
    (oid::AUTHORITY_INFO_ACCESS, "4.2.2.1"),
    (oid::SUBJECT_INFO_ACCESS, "4.2.2.2"),
];

fn check(certificate: &Certificate) -> Option<String> {
    Critical::MustNot.breaches(certificate, &EXTENSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_critical(&mut certificate, &oid::AUTHORITY_KEY_IDENTIFIER, true);
        assert!(check(&certificate).is_some());
    }
}
