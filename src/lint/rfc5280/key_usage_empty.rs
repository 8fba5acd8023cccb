//! Key usage says at least one.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.key_usage_empty", severity: Severity::Error, clause: Some("RFC 5280 section 4.2.1.3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    certificate.extensions().key_usage()?.is_empty().then(|| "its key usage allows nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_key_usage(&mut certificate, &[]);
        assert!(check(&certificate).is_some());
    }
}
