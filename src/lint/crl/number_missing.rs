//! A list has a number, of at most 20 octets, by which a newer one is told from an older one.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_number_missing",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.2.3",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    match head.extensions.crl_number() {
        None => Some("the CRL has no number".to_owned()),
        Some(number) if head.number().is_none() => {
            Some(format!("the CRL number `{number}` is negative or longer than 20 octets"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;
    use crate::words::x509::oid;

    #[test]
    fn bad_example() {
        assert_eq!(check(&sample::head()), None);
        assert!(check(&sample::without(&oid::CRL_NUMBER)).is_some());
    }
}
