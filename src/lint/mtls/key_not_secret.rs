//! The private key is nobody else's: not published, and not computed from the public one.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::weakness::Weakness;

pub(super) const RULE: Rule = Rule { code: "lint.key_not_secret", severity: Severity::Error, clause: None, check };

fn check(certificate: &Certificate) -> Option<String> {
    Weakness::of(certificate.public_key()).map(|weakness| weakness.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let even = PublicKeyAlgorithm::Rsa { bits: 2048, modulus: vec![0xfe; 256], exponent: vec![1, 0, 1] };
        certificate.public_key = PublicKey::from_encoding(Vec::new(), Vec::new(), even);
        assert!(check(&certificate).is_some());
    }
}
