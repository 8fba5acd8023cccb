//! A list names the key of its issuer.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_authority_key_identifier_missing",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.2.1",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    let named = head.extensions.authority_key_identifier().and_then(|issuer| issuer.key_identifier.as_ref());
    named.is_none().then(|| "the CRL does not name the key that signed it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;
    use crate::words::x509::oid;

    #[test]
    fn bad_example() {
        assert_eq!(check(&sample::head()), None);
        assert!(check(&sample::without(&oid::AUTHORITY_KEY_IDENTIFIER)).is_some());
    }
}
