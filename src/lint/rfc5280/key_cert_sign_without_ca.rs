//! Only a CA has keyCertSign.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::oid;
use crate::words::x509::usage::KeyUsage;

pub(super) const RULE: Rule = Rule {
    code: "lint.key_cert_sign_without_ca",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.3"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let signs = certificate.extensions().key_usage()?.contains(KeyUsage::KeyCertSign);
    let constraints = certificate.extensions().get(&oid::BASIC_CONSTRAINTS);
    if constraints.is_some_and(|found| matches!(found.body, ExtensionBody::Malformed(_))) {
        return None;
    }
    (signs && !certificate.is_ca()).then(|| "its key usage has `keyCertSign`, and it is no CA".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_key_usage(&mut certificate, &[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign]);
        assert!(check(&certificate).is_some());
    }
}
