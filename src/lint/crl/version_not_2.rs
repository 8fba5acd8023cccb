//! A list with extensions is of version 2.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_version_not_2",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.1.2.1",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    (head.version != 2).then(|| format!("the CRL is of version {}, and 2 is the one with extensions", head.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;

    #[test]
    fn bad_example() {
        let mut head = sample::head();
        assert_eq!(check(&head), None);
        head.version = 1;
        assert!(check(&head).is_some());
    }
}
