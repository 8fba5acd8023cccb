//! Ed25519 and P-521 are not taken by everybody.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;

pub(super) const RULE: Rule = Rule { code: "lint.narrow_algorithm", severity: Severity::Notice, clause: None, check };

fn check(certificate: &Certificate) -> Option<String> {
    match certificate.public_key().algorithm() {
        PublicKeyAlgorithm::Ed25519 => {
            Some("Ed25519 keys are refused by BoringSSL (Envoy, gRPC), NSS, Linkerd and Kafka's PEM reader".to_owned())
        }
        PublicKeyAlgorithm::EcdsaP521 => Some("P-521 keys are refused by BoringSSL and by rustls on ring".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let narrow = PublicKeyAlgorithm::Ed25519;
        certificate.public_key = crate::x509::public_key::PublicKey::from_encoding(Vec::new(), Vec::new(), narrow);
        assert!(check(&certificate).is_some());
    }
}
