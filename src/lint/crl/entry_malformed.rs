//! Extensions of entries are well formed, with reasons that exist.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::revocation::RevocationList;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_entry_malformed",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.3",
    check: Check::Whole(check),
};

fn check(list: &RevocationList) -> Option<String> {
    list.entries().iter().find_map(|entry| {
        entry.extensions.iter().find_map(|extension| match &extension.body {
            ExtensionBody::Malformed(reason) => {
                let kind = extension.oid.shown();
                Some(format!("the extension `{kind}` of the entry `{}` is not well formed: {reason}", entry.serial))
            }
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_example() {
        let mut list = crate::lint::crl::sample::list();
        assert_eq!(check(&list), None);
        let body = ExtensionBody::Malformed("an unknown reason code".to_owned());
        let reason = crate::x509::extension::Extension {
            oid: crate::x509::oid::REASON_CODE,
            critical: false,
            value: vec![0x0a, 1, 7],
            body,
        };
        list.entries[0].extensions = crate::x509::extension::Extensions::new(vec![reason]);
        assert!(check(&list).is_some());
    }
}
