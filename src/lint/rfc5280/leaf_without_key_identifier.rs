//! A leaf has a subject key identifier.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.leaf_without_key_identifier",
    severity: Severity::Notice,
    clause: Some("RFC 5280 section 4.2.1.2"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let named = certificate.extensions().subject_key_identifier().is_some();
    (!named && !certificate.is_ca()).then(|| "it has no subject key identifier, which leaves should have".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::remove(&mut certificate, &crate::x509::oid::SUBJECT_KEY_IDENTIFIER);
        assert!(check(&certificate).is_some());
    }
}
