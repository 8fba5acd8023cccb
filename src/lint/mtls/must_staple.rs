//! Must-staple needs a server that staples.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;

pub(super) const RULE: Rule =
    Rule { code: "lint.must_staple", severity: Severity::Warning, clause: Some("RFC 7633 section 4.2.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let staple = certificate.extensions().iter().any(|extension| match &extension.body {
        ExtensionBody::TlsFeature(features) => features.contains(&5),
        _ => false,
    });
    staple.then(|| "it promises a stapled OCSP answer, and GnuTLS refuses it where none comes".to_owned())
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
            &crate::x509::oid::SUBJECT_KEY_IDENTIFIER,
            ExtensionBody::TlsFeature(vec![5]),
        );
        assert!(check(&certificate).is_some());
    }
}
