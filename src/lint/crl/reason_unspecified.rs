//! Where no reason is known, none is written.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::Listed;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_reason_unspecified",
    severity: Severity::Warning,
    clause: "RFC 5280 section 5.3.1",
    check: Check::Entry(check),
};

fn check(entry: &Listed<'_>) -> Option<String> {
    (entry.reason == Some(RevocationReason::Unspecified))
        .then(|| "an entry says `unspecified`, where the reason should be left out".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;

    #[test]
    fn bad_example() {
        assert_eq!(check(&sample::entry(None)), None);
        assert!(check(&sample::entry(Some(RevocationReason::Unspecified))).is_some());
    }
}
