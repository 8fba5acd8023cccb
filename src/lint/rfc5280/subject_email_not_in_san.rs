//! E-mail addresses of the subject are alternative names too.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.subject_email_not_in_san",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.1.2.6"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let sans = certificate.extensions().subject_alt_names();
    let is_san = |text: &str| {
        sans.iter().any(|san| matches!(san, GeneralName::Email(email) if email.eq_ignore_ascii_case(text)))
    };
    certificate
        .subject()
        .attributes()
        .filter(|attribute| attribute.kind == oid::EMAIL_ADDRESS)
        .any(|attribute| !attribute.value.text().is_some_and(is_san))
        .then(|| "its subject has an e-mail address that is no alternative name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name("emailAddress=a@example.org,CN=a");
        assert!(check(&certificate).is_some());
        let names = vec![GeneralName::Email("a@example.org".to_owned())];
        let body = crate::x509::extension::ExtensionBody::SubjectAltName(names);
        sample::set_body(&mut certificate, &oid::SUBJECT_ALT_NAME, body);
        assert_eq!(check(&certificate), None);
    }
}
