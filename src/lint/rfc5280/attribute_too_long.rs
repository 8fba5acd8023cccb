//! Attributes of the subject are as short as their upper bounds.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::{self, Oid};

pub(super) const RULE: Rule =
    Rule { code: "lint.attribute_too_long", severity: Severity::Warning, clause: Some("RFC 5280 appendix A.1"), check };

/// In characters. Appendix A.1; street address and postal code from X.520 annex C.
static BOUNDS: [(Oid, usize); 12] = [
    (oid::COMMON_NAME, 64),
    (oid::SERIAL_NUMBER, 64),
    (oid::EMAIL_ADDRESS, 255),
    (oid::LOCALITY, 128),
    (oid::STATE, 128),
    (oid::ORGANIZATION, 64),
    (oid::ORGANIZATIONAL_UNIT, 64),
    (oid::STREET, 128),
    (oid::POSTAL_CODE, 40),
    (oid::TITLE, 64),
    (oid::SURNAME, 32_768),
    (oid::GIVEN_NAME, 32_768),
];

fn check(certificate: &Certificate) -> Option<String> {
    let too_long = certificate.subject().attributes().find_map(|attribute| {
        let (_, most) = BOUNDS.iter().find(|(kind, _)| *kind == attribute.kind)?;
        let length = attribute.value.text()?.chars().count();
        (length > *most).then_some((attribute, length, *most))
    });
    let (attribute, length, most) = too_long?;
    let kind = attribute.kind.shown();
    Some(format!("`{kind}` of the subject has {length} characters, and at most {most} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        // CN of 64 and of 65 letters as UTF8String, by hand from appendix A.1.
        let named = |head: &str, letters| {
            let hex = format!("{head}{}", "61".repeat(letters));
            crate::encoding::name::read(&data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()).unwrap()
        };
        let mut certificate = sample::leaf();
        certificate.subject = named("304b3149304706035504030c40", 64);
        assert_eq!(check(&certificate), None);
        certificate.subject = named("304c314a304806035504030c41", 65);
        assert!(check(&certificate).is_some());
    }
}
