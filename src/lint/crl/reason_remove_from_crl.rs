//! Only a delta CRL takes a hold back by an entry.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::Listed;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_reason_remove_from_crl",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.3.1",
    check: Check::Entry(check),
};

fn check(entry: &Listed<'_>) -> Option<String> {
    (entry.reason == Some(RevocationReason::RemoveFromCrl))
        .then(|| "an entry says `removeFromCRL`, which belongs into delta CRLs only".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;

    #[test]
    fn bad_example() {
        assert_eq!(check(&sample::entry(Some(RevocationReason::KeyCompromise))), None);
        assert!(check(&sample::entry(Some(RevocationReason::RemoveFromCrl))).is_some());
    }
}
