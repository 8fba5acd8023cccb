//! Nothing is revoked after the list was made.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::revocation::RevocationList;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_entry_after_update",
    severity: Severity::Warning,
    clause: "RFC 5280 section 5.1.2.4",
    check: Check::Whole(check),
};

fn check(list: &RevocationList) -> Option<String> {
    let late = list.entries().iter().find(|entry| entry.revoked_at > list.this_update())?;
    Some(format!(
        "`{}` is revoked since {}, after the list was made at {}",
        late.serial,
        late.revoked_at,
        list.this_update()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_example() {
        let mut list = crate::lint::crl::sample::list();
        assert_eq!(check(&list), None);
        list.this_update = list.entries[0].revoked_at.plus_seconds(-1);
        assert!(check(&list).is_some());
    }
}
