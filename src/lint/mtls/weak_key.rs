//! Keys are of a kind and size that peers take.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;

pub(super) const RULE: Rule =
    Rule { code: "lint.weak_key", severity: Severity::Error, clause: Some("NIST SP 800-131A section 3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    match certificate.public_key().algorithm() {
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2048 => Some(format!("its RSA key of {bits} bits is too weak")),
        PublicKeyAlgorithm::Other { .. } => {
            Some(format!("its key `{}` is of a kind that peers do not take", certificate.public_key()))
        }
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
        let weak = PublicKeyAlgorithm::Rsa { bits: 1024, modulus: Vec::new(), exponent: vec![1, 0, 1] };
        certificate.public_key = crate::x509::public_key::PublicKey::from_encoding(Vec::new(), Vec::new(), weak);
        assert!(check(&certificate).is_some());
    }
}
