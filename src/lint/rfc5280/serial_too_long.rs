//! Serial numbers have at most twenty octets.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.serial_too_long", severity: Severity::Error, clause: Some("RFC 5280 section 4.1.2.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let length = certificate.serial().octets().len();
    (length > 20).then(|| format!("the serial number has {length} octets, and at most 20 are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.serial = crate::Serial::from_octets(&[1; 21]);
        assert!(check(&certificate).is_some());
    }
}
