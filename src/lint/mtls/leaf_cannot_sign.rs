//! A TLS key signs handshakes.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::KeyUsage;

pub(super) const RULE: Rule =
    Rule { code: "lint.leaf_cannot_sign", severity: Severity::Error, clause: Some("RFC 8446 section 4.4.2.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let usages = certificate.extensions().key_usage()?;
    (!certificate.is_ca() && !usages.contains(KeyUsage::DigitalSignature)).then(|| {
        format!("its key usage ({usages}) lacks `digitalSignature`, with which every TLS 1.3 handshake is signed")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_key_usage(&mut certificate, &[KeyUsage::KeyEncipherment]);
        assert!(check(&certificate).is_some());
    }
}
