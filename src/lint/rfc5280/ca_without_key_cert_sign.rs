//! A CA has a key usage with keyCertSign.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::KeyUsage;

pub(super) const RULE: Rule = Rule {
    code: "lint.ca_without_key_cert_sign",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.3"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    if !certificate.is_ca() {
        return None;
    }
    match certificate.extensions().key_usage() {
        Some(usages) if usages.contains(KeyUsage::KeyCertSign) => None,
        Some(_) => Some("it is a CA whose key usage does not have `keyCertSign`".to_owned()),
        None => Some("it is a CA without key usage, which has to say `keyCertSign`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        sample::set_key_usage(&mut certificate, &[KeyUsage::CrlSign]);
        assert!(check(&certificate).is_some());
    }
}
