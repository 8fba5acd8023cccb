//! A CA's basic constraints are critical.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.ca_basic_constraints_not_critical",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.9"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let critical = certificate.extensions().get(&oid::BASIC_CONSTRAINTS).is_some_and(|extension| extension.critical);
    (certificate.is_ca() && !critical).then(|| "it is a CA whose basic constraints are not critical".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        sample::set_critical(&mut certificate, &oid::BASIC_CONSTRAINTS, false);
        assert!(check(&certificate).is_some());
    }
}
