//! The next list is due after this one.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_next_update_inverted",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.1.2.5",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    let next = head.next_update.filter(|next| *next <= head.this_update)?;
    Some(format!("the next CRL is due at {next}, and this one was made at {}", head.this_update))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;

    #[test]
    fn bad_example() {
        let mut head = sample::head();
        assert_eq!(check(&head), None);
        head.next_update = Some(head.this_update);
        assert!(check(&head).is_some());
    }
}
