//! Only RSA keys encipher.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::usage::KeyUsage;

pub(super) const RULE: Rule =
    Rule { code: "lint.key_cannot_encipher", severity: Severity::Warning, clause: Some("RFC 5480 section 3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let usages = certificate.extensions().key_usage()?;
    let is_rsa = matches!(certificate.public_key().algorithm(), PublicKeyAlgorithm::Rsa { .. });
    (usages.contains(KeyUsage::KeyEncipherment) && !is_rsa)
        .then(|| format!("its key usage has `keyEncipherment`, which a key `{}` cannot do", certificate.public_key()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_key_usage(&mut certificate, &[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment]);
        assert!(check(&certificate).is_some());
    }
}
