//! No policy is mapped to or from anyPolicy.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.policy_mapping_any",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.5"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    certificate
        .extensions()
        .policy_mappings()?
        .iter()
        .any(|(issuers, subjects)| *issuers == oid::ANY_POLICY || *subjects == oid::ANY_POLICY)
        .then(|| "its policy mappings have anyPolicy on one side".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::ExtensionBody;
    use crate::words::x509::oid::Oid;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        let maps = |to: Oid| ExtensionBody::PolicyMappings(vec![(Oid::literal("1.2.3"), to)]);
        sample::add(&mut certificate, &oid::POLICY_MAPPINGS, maps(Oid::literal("1.2.4")));
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &oid::POLICY_MAPPINGS, maps(oid::ANY_POLICY));
        assert!(check(&certificate).is_some());
    }
}
