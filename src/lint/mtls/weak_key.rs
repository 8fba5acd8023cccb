//! Keys are of a kind and size that peers take.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::signature::is_on_curve;

pub(super) const RULE: Rule =
    Rule { code: "lint.weak_key", severity: Severity::Error, clause: Some("NIST SP 800-131A section 3"), check };

/// OpenSSL goes as far as this, others to 8,192 bits.
const LONGEST: u32 = 16_384;

fn check(certificate: &Certificate) -> Option<String> {
    let key = certificate.public_key();
    match key.algorithm() {
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2048 => Some(format!("its RSA key of {bits} bits is too weak")),
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits > LONGEST => {
            Some(format!("its RSA key of {bits} bits is longer than any peer takes"))
        }
        PublicKeyAlgorithm::Rsa { .. } if key.has_even_exponent() => {
            Some("its RSA exponent is even, so that there is no private key".to_owned())
        }
        _ if !is_on_curve(key) => Some(format!("its key `{key}` is no point of the curve")),
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
        let rsa =
            |bits, exponent: &[u8]| PublicKeyAlgorithm::Rsa { bits, modulus: Vec::new(), exponent: exponent.to_vec() };
        for (weak, is_weak) in [
            (rsa(2048, &[1, 0, 1]), false),
            (rsa(16_384, &[3]), false),
            (rsa(1024, &[1, 0, 1]), true),
            (rsa(16_385, &[1, 0, 1]), true),
            (rsa(2048, &[1, 0, 0]), true),
            (rsa(2048, &[]), true),
            // No point at all is not on the curve.
            (PublicKeyAlgorithm::EcdsaP256, true),
        ] {
            certificate.public_key = crate::x509::public_key::PublicKey::from_encoding(Vec::new(), Vec::new(), weak);
            assert_eq!(check(&certificate).is_some(), is_weak, "{:?}", certificate.public_key());
        }
    }
}
