//! Leaves say what they are for.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.leaf_without_usage",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.12"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    (!certificate.is_ca() && certificate.extensions().extended_key_usage().is_none())
        .then(|| "it has no extended key usage, so it is taken for every purpose".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::remove(&mut certificate, &crate::x509::oid::EXTENDED_KEY_USAGE);
        assert!(check(&certificate).is_some());
    }
}
