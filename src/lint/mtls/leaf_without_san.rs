//! Leaves have alternative names.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.leaf_without_san", severity: Severity::Warning, clause: Some("RFC 9525 section 2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    (!certificate.is_ca() && certificate.extensions().subject_alt_names().is_empty())
        .then(|| "it has no alternative name; Go, rustls and Envoy look nowhere else".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::remove(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME);
        assert!(check(&certificate).is_some());
    }
}
