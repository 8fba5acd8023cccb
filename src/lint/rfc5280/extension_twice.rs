//! No extension occurs twice.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::Oid;

pub(super) const RULE: Rule =
    Rule { code: "lint.extension_twice", severity: Severity::Error, clause: Some("RFC 5280 section 4.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let twice: Vec<&str> = certificate.extensions().duplicates().into_iter().map(Oid::shown).collect();
    (!twice.is_empty()).then(|| format!("extensions occur more than once: {}", twice.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let twice: Vec<_> =
            certificate.extensions.iter().chain(certificate.extensions.iter().take(1)).cloned().collect();
        certificate.extensions = crate::x509::extension::Extensions::new(twice);
        assert!(check(&certificate).is_some());
    }
}
