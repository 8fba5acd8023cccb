//! A CA is no TLS server or client.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::ExtendedKeyUsage;

pub(super) const RULE: Rule = Rule {
    code: "lint.ca_with_tls_usage",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.12"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let usages = certificate.extensions().extended_key_usage()?;
    let tls = usages.iter().any(|usage| [ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH].contains(usage));
    (certificate.is_ca() && tls).then(|| {
        "it says CA:TRUE and has TLS usages: a leaf that could sign others, or a CA that restricts those below it"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        let body = crate::x509::extension::ExtensionBody::ExtendedKeyUsage(vec![ExtendedKeyUsage::CLIENT_AUTH]);
        sample::set_body(&mut certificate, &crate::x509::oid::SUBJECT_KEY_IDENTIFIER, body);
        assert!(check(&certificate).is_some());
    }
}
