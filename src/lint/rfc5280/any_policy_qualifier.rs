//! anyPolicy has no qualifiers but the two of RFC 5280.

use crate::encoding::policy_information::Qualifier;
use crate::lint::Rule;
use crate::lint::policies::policies;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.any_policy_qualifier",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.4"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let any = policies(certificate).into_iter().filter(|found| found.policy == oid::ANY_POLICY);
    let unknown = any.flat_map(|found| found.qualifiers).find_map(|qualifier| match qualifier {
        Qualifier::Unknown(kind) => Some(kind),
        _ => None,
    })?;
    Some(format!("anyPolicy has the qualifier `{unknown}`, and only `cps` and `userNotice` are allowed there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        sample::set_policies(&mut certificate, "3010300e06022a033008300606022a030500");
        assert_eq!(check(&certificate), None);
        sample::set_policies(&mut certificate, "301230100604551d20003008300606022a030500");
        assert!(check(&certificate).is_some());
    }
}
