//! A wildcard leaves at least two labels.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;

pub(super) const RULE: Rule =
    Rule { code: "lint.wildcard_too_wide", severity: Severity::Warning, clause: Some("RFC 9525 section 7.1"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let wide = certificate.extensions().subject_alt_names().iter().find(|name| match name {
        GeneralName::Dns(text) => text.strip_prefix("*.").is_some_and(|rest| !rest.contains('.')),
        _ => false,
    });
    wide.map(|name| format!("`{name}` stands for every host of a whole top level"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let body =
            crate::x509::extension::ExtensionBody::SubjectAltName(vec![GeneralName::Dns("*.internal".to_owned())]);
        sample::set_body(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME, body);
        assert!(check(&certificate).is_some());
    }
}
