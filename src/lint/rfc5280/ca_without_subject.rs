//! A CA has a subject.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.ca_without_subject",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.1.2.6"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    (certificate.is_ca() && certificate.subject().is_empty()).then(|| "it is a CA without a subject".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name("");
        assert!(check(&certificate).is_some());
    }
}
