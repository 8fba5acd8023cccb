//! PrintableString holds its alphabet only.

use crate::encoding::name::{octets, written_as};
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.printable_string_alphabet",
    severity: Severity::Warning,
    clause: Some("RFC 5280 appendix B"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let attribute = certificate.subject().attributes().find(|attribute| {
        let octets = octets(attribute);
        written_as(attribute) == "PrintableString" && (octets.is_empty() || !octets.iter().copied().all(is_printable))
    })?;
    let kind = attribute.kind.shown();
    Some(format!("`{kind}` of the subject is an empty PrintableString, or one with characters that it does not have"))
}

/// X.680 section 41.4.
const fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b' ' | b'\'' | b'(' | b')' | b'+' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        certificate.subject = sample::name("C=DE");
        assert_eq!(check(&certificate), None);
        let der = [0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 6, 3, 0x55, 4, 6, 0x13, 2, b'D', b'*'];
        certificate.subject = crate::encoding::name::read(&der).unwrap();
        assert!(check(&certificate).is_some());
    }
}
