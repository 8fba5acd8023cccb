//! A list says when the next one is due.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_next_update_missing",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.1.2.5",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    head.next_update.is_none().then(|| "the CRL does not say when the next one is due".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;

    #[test]
    fn bad_example() {
        let mut head = sample::head();
        assert_eq!(check(&head), None);
        head.next_update = None;
        assert!(check(&head).is_some());
    }
}
