//! What is mapped is also among the policies.

use crate::lint::Rule;
use crate::lint::policies::policies;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.policy_mapping_not_asserted",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.5"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let asserted = policies(certificate);
    let mappings = certificate.extensions().policy_mappings()?;
    let (missing, _) = mappings.iter().find(|(issuers, _)| !asserted.iter().any(|found| found.policy == *issuers))?;
    Some(format!("the policy `{missing}` is mapped to another, and is not among the policies of the certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::ExtensionBody;
    use crate::words::x509::oid::{self, Oid};

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        let mappings = vec![(Oid::literal("1.2.3"), Oid::literal("1.2.4"))];
        sample::add(&mut certificate, &oid::POLICY_MAPPINGS, ExtensionBody::PolicyMappings(mappings));
        assert!(check(&certificate).is_some());
        sample::set_policies(&mut certificate, "3006300406022a03");
        assert_eq!(check(&certificate), None);
    }
}
