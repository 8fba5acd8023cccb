//! Subjects have no control characters.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.subject_control_characters",
    severity: Severity::Warning,
    clause: Some("RFC 5280 appendix A.1"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let attribute = certificate
        .subject()
        .attributes()
        .find(|attribute| attribute.value.text().is_some_and(|text| text.chars().any(char::is_control)))?;
    let kind = attribute.kind.shown();
    Some(format!("`{kind}` of the subject has control characters"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        // CN=a\x07b as UTF8String, by hand from appendix A.1.
        let der = [0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 6, 3, 0x55, 4, 3, 0x0c, 3, b'a', 7, b'b'];
        certificate.subject = crate::encoding::name::read(&der).unwrap();
        assert!(check(&certificate).is_some());
    }
}
