//! The leaf's key is one that TLS peers use: RSA from 2048 bits, or a curve of RFC 8446 section 4.2.3.
//! (The keys of CAs show by their signatures.)

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::signature::is_on_curve;

const STRENGTH: Rule = Rule {
    code: "key_strength",
    basis: Basis::Policy,
    clause: "policy: at least 112 bits of strength (NIST SP 800-57)",
};
const TLS: Rule = Rule { code: "key_strength", basis: Basis::Policy, clause: "policy, after RFC 8446 section 4.2.3" };

/// The longest RSA key that anybody takes, and that most take.
const LONGEST: u32 = 16_384;
const WIDELY_TAKEN: u32 = 8_192;
/// The exponents of RSA that all take.
const EXPONENTS: std::ops::Range<u64> = 65_537..1 << 33;

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let Some(leaf) = case.path.leaf() else { return };
    let key = leaf.public_key();
    let hint = "make a new key: `mtls-ca csr` or `openssl ecparam -genkey -name prime256v1`";
    checks.push(match key.algorithm() {
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2_048 => STRENGTH
            .fails(0, format!("the key is RSA with {bits} bits, at least 2048 are needed"))
            .why("OpenSSL and rustls refuse shorter keys, for they can be broken")
            .hint(hint),
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits > LONGEST => TLS
            .fails(0, format!("the key is RSA with {bits} bits, more than any TLS peer takes"))
            .why("OpenSSL ends at 16,384 bits, Go, rustls and BoringSSL at 8,192")
            .hint(hint),
        PublicKeyAlgorithm::Rsa { .. } if key.has_even_exponent() => STRENGTH
            .fails(0, "the exponent of the RSA key is even")
            .why("there is no private key to such a public one")
            .hint(hint),
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits > WIDELY_TAKEN => TLS
            .warns(0, format!("the key is RSA with {bits} bits"))
            .why("Go, rustls and BoringSSL take 8,192 bits at most")
            .hint(hint),
        PublicKeyAlgorithm::Rsa { .. } if key.exponent().is_none_or(|e| !EXPONENTS.contains(&e)) => TLS
            .warns(0, "the exponent of the RSA key is below 65537 or above 33 bits")
            .why("FIPS 186-5 section 5.1 begins at 65537, and BoringSSL, rustls and Go end at 32 or 33 bits")
            .hint(hint),
        _ if !is_on_curve(key) => STRENGTH
            .fails(0, format!("the key `{key}` is no point of the curve"))
            .why("there is no private key to such a public one")
            .hint(hint),
        PublicKeyAlgorithm::Other { algorithm, .. } if *algorithm == oid::ED448 => {
            TLS.warns(0, "the key is Ed448").why("Go, rustls, BoringSSL and NSS do not know it").hint(hint)
        }
        PublicKeyAlgorithm::Other { .. } => {
            TLS.fails(0, format!("the key is of the kind `{key}`")).why("no TLS peer uses such a key").hint(hint)
        }
        _ => STRENGTH.holds(0, format!("the key is `{key}`")),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::answer::Verdict;
    use crate::examine::verify::sample::{ask, root};
    use crate::words::x509::certificate::Certificate;
    use crate::words::x509::public_key::PublicKey;
    use crate::words::x509::usage::Purpose;

    #[test]
    fn keys_are_of_a_kind_and_form_that_peers_take() {
        let root = root("CN=Root");
        let leaf = root.leaf("CN=leaf", |_| {});
        // 2^61 - 1 is a prime of no special form.
        let modulus = || 0x1fff_ffff_ffff_ffff_u64.to_be_bytes().to_vec();
        let rsa =
            |bits, exponent: &[u8]| PublicKeyAlgorithm::Rsa { bits, modulus: modulus(), exponent: exponent.to_vec() };
        let beside = [vec![4], vec![7; 64]].concat();
        for (algorithm, point, expected) in [
            (rsa(2_048, &[1, 0, 1]), Vec::new(), Verdict::Holds),
            (rsa(8_192, &[1, 0, 0, 0, 1]), Vec::new(), Verdict::Holds),
            (rsa(2_047, &[1, 0, 1]), Vec::new(), Verdict::Fails),
            (rsa(8_193, &[1, 0, 1]), Vec::new(), Verdict::Warns),
            (rsa(16_385, &[1, 0, 1]), Vec::new(), Verdict::Fails),
            (rsa(2_048, &[3]), Vec::new(), Verdict::Warns),
            (rsa(2_048, &[2, 0, 0, 0, 1]), Vec::new(), Verdict::Warns),
            (rsa(2_048, &[1; 256]), Vec::new(), Verdict::Warns),
            (rsa(2_048, &[1, 0, 2]), Vec::new(), Verdict::Fails),
            (rsa(2_048, &[]), Vec::new(), Verdict::Fails),
            (PublicKeyAlgorithm::EcdsaP256, leaf.public_key().bits().to_vec(), Verdict::Holds),
            (PublicKeyAlgorithm::EcdsaP256, beside, Verdict::Fails),
        ] {
            let public_key = PublicKey::from_encoding(Vec::new(), point, algorithm);
            let shown = format!("{public_key:?}");
            let leaf = Certificate { public_key, ..leaf.clone() };
            let answer = ask(&[&leaf, &root.certificate], Purpose::Client, |_| {});
            let found: Vec<Verdict> = answer
                .checks()
                .iter()
                .filter(|check| check.rule == "key_strength")
                .map(|check| check.verdict)
                .collect();
            assert_eq!(found, [expected], "{shown}");
        }
    }
}
