//! The issuer has a name.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.issuer_empty", severity: Severity::Error, clause: Some("RFC 5280 section 4.1.2.4"), check };

fn check(certificate: &Certificate) -> Option<String> {
    certificate.issuer().is_empty().then(|| "its issuer has no name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.issuer = sample::name("");
        assert!(check(&certificate).is_some());
    }
}
