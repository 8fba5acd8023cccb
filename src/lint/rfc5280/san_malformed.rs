//! Alternative names have the forms in which peers compare them.

use crate::lint::Rule;
use crate::lint::names::malformed;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.san_malformed", severity: Severity::Warning, clause: Some("RFC 5280 section 4.2.1.6"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let malformed: Vec<String> = certificate.extensions().subject_alt_names().iter().filter_map(malformed).collect();
    (!malformed.is_empty()).then(|| format!("alternative names are not well formed: {}", malformed.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let address_as_name = vec![crate::x509::general_name::GeneralName::Dns("10.0.0.5".to_owned())];
        let body = crate::x509::extension::ExtensionBody::SubjectAltName(address_as_name);
        sample::set_body(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME, body);
        assert!(check(&certificate).is_some());
    }
}
