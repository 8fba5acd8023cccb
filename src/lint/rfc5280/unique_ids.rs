//! Unique identifiers are not used.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.unique_ids", severity: Severity::Warning, clause: Some("RFC 5280 section 4.1.2.8"), check };

fn check(certificate: &Certificate) -> Option<String> {
    certificate
        .has_unique_ids()
        .then(|| "it has the unique identifiers of version 2, which are not to be used".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.has_unique_ids = true;
        assert!(check(&certificate).is_some());
    }
}
