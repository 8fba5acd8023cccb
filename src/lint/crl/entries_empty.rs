//! A list without entries has no list of entries.

use crate::encoding::revocation::has_empty_entries;
use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::RevocationList;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_entries_empty",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.1.2.6",
    check: Check::Whole(check),
};

fn check(list: &RevocationList) -> Option<String> {
    (list.entries().is_empty() && has_empty_entries(list))
        .then(|| "its list of entries is there and empty, where it should be left out".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_example() {
        assert_eq!(check(&crate::lint::crl::sample::list()), None);
        // A list of `openssl ca -gencrl` without entries, with an empty SEQUENCE put before its extensions.
        let pem = include_bytes!("../../../tests/fixtures/empty_entries.crl");
        let list = crate::encoding::revocation::read_all(pem).unwrap().remove(0);
        assert!(check(&list).is_some());
    }
}
