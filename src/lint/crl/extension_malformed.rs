//! Extensions of a list are well formed, and there is one of each.

use crate::lint::crl::{Check, Rule};
use crate::words::finding::Severity;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::revocation::ListHead;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_extension_malformed",
    severity: Severity::Error,
    clause: "RFC 5280 section 5.2",
    check: Check::Head(check),
};

fn check(head: &ListHead) -> Option<String> {
    if let Some(twice) = head.extensions.duplicates().first() {
        return Some(format!("the extension `{twice}` occurs twice"));
    }
    head.extensions.iter().find_map(|extension| match &extension.body {
        ExtensionBody::Malformed(reason) => {
            Some(format!("the extension `{}` is not well formed: {reason}", extension.oid))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::crl::sample;
    use crate::words::x509::extension::Extensions;

    #[test]
    fn bad_example() {
        let mut head = sample::head();
        assert_eq!(check(&head), None);
        let twice = head.extensions.iter().chain(head.extensions.iter()).cloned().collect();
        head.extensions = Extensions::new(twice);
        assert!(check(&head).is_some());
    }
}
