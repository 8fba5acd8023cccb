//! No policy is mapped to or from anyPolicy.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule = Rule {
    code: "lint.policy_mapping_any",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.5"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    mappings(certificate)
        .iter()
        .any(|(issuers, subjects)| *issuers == oid::ANY_POLICY || *subjects == oid::ANY_POLICY)
        .then(|| "its policy mappings have anyPolicy on one side".to_owned())
}

fn mappings(certificate: &Certificate) -> &[(Oid, Oid)] {
    let found = certificate.extensions().iter().find_map(|extension| match &extension.body {
        ExtensionBody::PolicyMappings(mappings) => Some(mappings.as_slice()),
        _ => None,
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

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
