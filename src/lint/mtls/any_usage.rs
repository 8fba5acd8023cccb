//! anyExtendedKeyUsage alone is taken for no purpose by most peers.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::ExtendedKeyUsage;

pub(super) const RULE: Rule =
    Rule { code: "lint.any_usage", severity: Severity::Warning, clause: Some("RFC 5280 section 4.2.1.12"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let usages = certificate.extensions().extended_key_usage()?;
    (!usages.is_empty() && usages.iter().all(|usage| *usage == ExtendedKeyUsage::ANY))
        .then(|| "`anyExtendedKeyUsage` alone is refused by OpenSSL, rustls, BoringSSL and NSS".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let body = crate::x509::extension::ExtensionBody::ExtendedKeyUsage(vec![ExtendedKeyUsage::ANY]);
        sample::set_body(&mut certificate, &crate::x509::oid::EXTENDED_KEY_USAGE, body);
        assert!(check(&certificate).is_some());
    }
}
