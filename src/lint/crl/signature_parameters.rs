//! The algorithm of an RSA signature has NULL parameters.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_signature_parameters",
    severity: Severity::Warning,
    clause: "RFC 4055 section 5",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    (!head.signature_algorithm.has_due_parameters())
        .then(|| "its RSA signature algorithm has other parameters than NULL, or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_example() {
        let mut head = crate::lint::crl::sample::head();
        head.signature_algorithm.oid = crate::x509::oid::SHA256_WITH_RSA;
        head.signature_algorithm.parameters = Some(vec![5, 0]);
        assert_eq!(check(&head), None);
        head.signature_algorithm.parameters = None;
        assert!(check(&head).is_some());
    }
}
