//! Without a subject the alternative names are there, and critical.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.empty_subject_san_not_critical",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.6"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    if !certificate.subject().is_empty() {
        return None;
    }
    match certificate.extensions().get(&oid::SUBJECT_ALT_NAME) {
        None => Some("it has neither a subject nor an alternative name".to_owned()),
        Some(extension) => {
            (!extension.critical).then(|| "its subject is empty, and its alternative names are not critical".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name("");
        assert!(check(&certificate).is_some());
    }
}
