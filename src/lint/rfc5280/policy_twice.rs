//! No policy occurs twice.

use crate::lint::Rule;
use crate::lint::policies::policies;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use std::collections::BTreeSet;

pub(super) const RULE: Rule =
    Rule { code: "lint.policy_twice", severity: Severity::Error, clause: Some("RFC 5280 section 4.2.1.4"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let mut seen = BTreeSet::new();
    let twice = policies(certificate).into_iter().find(|found| !seen.insert(found.policy.clone()))?;
    Some(format!("the policy `{}` occurs twice", twice.policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        sample::set_policies(&mut certificate, "3006300406022a03");
        assert_eq!(check(&certificate), None);
        sample::set_policies(&mut certificate, "300c300406022a03300406022a03");
        assert!(check(&certificate).is_some());
    }
}
