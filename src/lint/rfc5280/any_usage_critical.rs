//! Extended key usage with anyExtendedKeyUsage is not critical.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;
use crate::words::x509::usage::ExtendedKeyUsage;

pub(super) const RULE: Rule = Rule {
    code: "lint.any_usage_critical",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.12"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let critical = certificate.extensions().get(&oid::EXTENDED_KEY_USAGE).is_some_and(|extension| extension.critical);
    let any = certificate.extensions().extended_key_usage()?.contains(&ExtendedKeyUsage::ANY);
    (critical && any).then(|| {
        "its extended key usage has anyExtendedKeyUsage, and is critical, which says that others do not count"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        sample::set_critical(&mut certificate, &oid::EXTENDED_KEY_USAGE, true);
        assert_eq!(check(&certificate), None);
        let any = crate::x509::extension::ExtensionBody::ExtendedKeyUsage(vec![ExtendedKeyUsage::ANY]);
        sample::set_body(&mut certificate, &oid::EXTENDED_KEY_USAGE, any);
        assert!(check(&certificate).is_some());
    }
}
