//! Alternative names are at least one.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;

pub(super) const RULE: Rule =
    Rule { code: "lint.san_empty", severity: Severity::Error, clause: Some("RFC 5280 section 4.2.1.6"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let is_empty = certificate.extensions().iter().any(|extension| match &extension.body {
        ExtensionBody::SubjectAltName(names) => names.is_empty(),
        _ => false,
    });
    is_empty.then(|| "its alternative names are an empty list".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_body(
            &mut certificate,
            &crate::x509::oid::SUBJECT_ALT_NAME,
            ExtensionBody::SubjectAltName(Vec::new()),
        );
        assert!(check(&certificate).is_some());
    }
}
