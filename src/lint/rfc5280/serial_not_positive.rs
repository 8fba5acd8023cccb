//! Serial numbers are positive.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.serial_not_positive",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.1.2.2"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let serial = certificate.serial();
    (serial.is_negative() || serial.is_zero()).then(|| format!("the serial number `{serial}` is not positive"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.serial = crate::Serial::from_octets(&[0]);
        assert!(check(&certificate).is_some());
        certificate.serial = crate::Serial::from_octets(&[0x80]);
        assert!(check(&certificate).is_some());
    }
}
