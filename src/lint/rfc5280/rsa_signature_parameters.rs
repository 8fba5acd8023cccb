//! The algorithm of an RSA signature has NULL parameters.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.rsa_signature_parameters",
    severity: Severity::Warning,
    clause: Some("RFC 4055 section 5"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    (!certificate.inner_signature_algorithm().has_due_parameters())
        .then(|| "its RSA signature algorithm has other parameters than NULL, or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        certificate.inner_signature_algorithm.oid = crate::x509::oid::SHA256_WITH_RSA;
        certificate.inner_signature_algorithm.parameters = Some(vec![5, 0]);
        assert_eq!(check(&certificate), None);
        certificate.inner_signature_algorithm.parameters = None;
        assert!(check(&certificate).is_some());
    }
}
