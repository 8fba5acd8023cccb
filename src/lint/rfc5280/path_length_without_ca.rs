//! A path length is for CAs that sign certificates.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.path_length_without_ca",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.9"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let constraints = certificate.extensions().basic_constraints()?;
    (constraints.path_length.is_some() && !certificate.may_sign_certificates())
        .then(|| "it has a path length, and may not sign certificates".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let body = crate::x509::extension::BasicConstraints { ca: false, path_length: Some(0) };
        let body = crate::x509::extension::ExtensionBody::BasicConstraints(body);
        sample::set_body(&mut certificate, &crate::x509::oid::BASIC_CONSTRAINTS, body);
        assert!(check(&certificate).is_some());
    }
}
