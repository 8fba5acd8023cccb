//! The algorithm of an RSA key has NULL parameters.

use crate::encoding::public_key;
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;

pub(super) const RULE: Rule =
    Rule { code: "lint.rsa_key_parameters", severity: Severity::Error, clause: Some("RFC 4055 section 1.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let key = certificate.public_key();
    let is_rsa = matches!(key.algorithm(), PublicKeyAlgorithm::Rsa { .. });
    (is_rsa && !public_key::has_null_parameters(key))
        .then(|| "its RSA key's algorithm has other parameters than NULL, or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        // rsaEncryption without parameters and with NULL, an RSA key of modulus 0xc1 and exponent 3: by hand from
        // RFC 3279 section 2.3.1.
        let key = |spki: &str| public_key::read(&data_encoding::HEXLOWER.decode(spki.as_bytes()).unwrap()).unwrap();
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.public_key = key("301b300d06092a864886f70d0101010500030a003007020200c1020103");
        assert_eq!(check(&certificate), None);
        certificate.public_key = key("3019300b06092a864886f70d010101030a003007020200c1020103");
        assert!(check(&certificate).is_some());
    }
}
