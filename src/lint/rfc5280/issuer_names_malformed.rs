//! The issuer's alternative names are well formed.

use crate::lint::Rule;
use crate::lint::names::malformed;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;

pub(super) const RULE: Rule = Rule {
    code: "lint.issuer_names_malformed",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.7"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let names = certificate.extensions().iter().find_map(|extension| match &extension.body {
        ExtensionBody::IssuerAltName(names) => Some(names),
        _ => None,
    })?;
    let malformed: Vec<String> = names.iter().filter_map(malformed).collect();
    (!malformed.is_empty())
        .then(|| format!("alternative names of the issuer are not well formed: {}", malformed.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        let named =
            |uri: &str| ExtensionBody::IssuerAltName(vec![crate::x509::general_name::GeneralName::Uri(uri.to_owned())]);
        sample::add(&mut certificate, &crate::x509::oid::ISSUER_ALT_NAME, named("https://pki.example.org/"));
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &crate::x509::oid::ISSUER_ALT_NAME, named("/pki"));
        assert!(check(&certificate).is_some());
    }
}
