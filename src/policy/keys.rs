//! Which public keys are certified.

use super::grant::{Grant, Origin};
use super::refusal::Refusal;
use super::report::Report;
use super::terms::IssuerTerms;
use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};
use crate::words::x509::weakness::Weakness;

const ROW: &str = "public key";
const KNOWN: &str = "ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa of 2048 to 8192 bits";
const NEW_KEY: &str =
    "make a new key, for example `mtls-ca csr` or `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`";

pub(super) fn check(profile: &Profile, key: &PublicKey, terms: &IssuerTerms<'_>, report: &mut Report) {
    let shown = key.to_string();
    let refuse = |report: &mut Report, finding: Finding| {
        let row = Grant::refused(ROW, Origin::Request, &shown, finding.message.clone());
        let row = if let Some(place) = &finding.place { row.at(place) } else { row };
        report.refuse(row, finding.asked(shown.clone()));
    };
    if let Some(finding) = unusable(profile, key) {
        return refuse(report, finding);
    }
    // Whoever holds the key of a CA above would be that CA.
    if let Some(authority) = terms.authorities().find(|authority| authority.public_key().spki() == key.spki()) {
        let message = format!("the key is that of the CA `{}` itself", authority.subject());
        return refuse(
            report,
            Finding::error("policy.key_is_issuers", message).allowed("a key of its own for each subject"),
        );
    }
    if let Some(rule) = profile.algorithms.value.iter().find(|rule| rule.value.allows(key)) {
        let because = format!("`{}` is allowed", rule.value);
        return report.row(Grant::granted(ROW, Origin::Request, &shown, because).at(&rule.place));
    }
    let allowed: Vec<String> = profile.algorithms.value.iter().map(|rule| rule.value.to_string()).collect();
    let finding = Finding::error("policy.key_not_allowed", format!("keys of the kind `{shown}` are not allowed"))
        .allowed(allowed.join(", "))
        .at(profile.algorithms.place.clone());
    refuse(report, finding);
}

/// The refusal of a key that no profile takes. Some of these, such as RSA keys of 1024 bits, make
/// signatures that nobody here can check, so that this is asked where a request does not prove
/// possession for that reason: the key is what has to be mended.
pub(crate) fn refuse_key(profile: &Profile, key: &PublicKey) -> Option<Refusal> {
    let finding = unusable(profile, key)?;
    let shown = key.to_string();
    let row = Grant::refused(ROW, Origin::Request, &shown, finding.message.clone()).at(&profile.algorithms.place);
    Some(Refusal::new(profile.name.clone(), vec![finding.asked(shown)], vec![row]))
}

/// What is wrong with a key whatever the profile, with the line by which it says which it takes.
fn unusable(profile: &Profile, key: &PublicKey) -> Option<Finding> {
    let finding = match key.algorithm() {
        PublicKeyAlgorithm::Other { .. } => {
            let message = format!("keys of the kind `{key}` are not certified");
            Finding::error("policy.key_unsupported", message).allowed(KNOWN)
        }
        PublicKeyAlgorithm::Rsa { bits, .. } if !(2048..=8192).contains(bits) => {
            let message = format!("an RSA key of {bits} bits is too {}", if *bits < 2048 { "weak" } else { "long" });
            Finding::error("policy.key_size", message).allowed("2048 to 8192 bits").hint(NEW_KEY)
        }
        PublicKeyAlgorithm::Rsa { exponent, .. } if !exponent_is_sound(exponent) => {
            Finding::error("policy.key_exponent", "the RSA public exponent is even, below 65537 or above 33 bits")
                .allowed("an odd exponent from 65537 to 2^33 - 1, such as 65537")
                .clause("FIPS 186-5 section 5.1")
        }
        _ => no_secret(Weakness::of(key)?),
    };
    Some(finding.at(profile.algorithms.place.clone()))
}

/// The finding on a key whose private half anybody can have.
fn no_secret(weakness: Weakness) -> Finding {
    let code = match weakness {
        Weakness::Published(_) => "policy.key_published",
        Weakness::Roca => "policy.key_roca",
        Weakness::SmallFactor(_) => "policy.key_small_factor",
        Weakness::ClosePrimes => "policy.key_close_primes",
        Weakness::ExponentOne => "policy.key_exponent",
        Weakness::SmallScalar(_) => "policy.key_small_scalar",
        Weakness::SmallOrder => "policy.key_small_order",
    };
    Finding::error(code, format!("the key protects nothing: {weakness}"))
        .allowed("a key that nobody else has")
        .hint(NEW_KEY)
}

/// Odd, and from 65537 to 33 bits, which is the most that BoringSSL and its kin check signatures by; FIPS 186-5
/// has 256.
fn exponent_is_sound(exponent: &[u8]) -> bool {
    let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
    let octets = |octet: &u8| u64::from(*octet);
    let value = (exponent.len() <= 5).then(|| exponent.iter().fold(0, |value, octet| value << 8 | octets(octet)));
    is_odd && value.is_some_and(|value| (65_537..1 << 33).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileSet;

    #[test]
    fn keys_that_nobody_takes_are_refused_unproven() {
        let profiles = ProfileSet::builtin();
        let profile = profiles.get(&"client".parse().unwrap()).unwrap();
        // 2^61 - 1 is a prime of no special form.
        let sound = 0x1fff_ffff_ffff_ffff_u64.to_be_bytes();
        let modulus = sound.as_slice();
        let rsa = |bits, exponent: &[u8]| PublicKeyAlgorithm::Rsa {
            bits,
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
        };
        let other = || PublicKeyAlgorithm::Other { algorithm: "1.3.101.113".parse().unwrap(), curve: None };
        for (algorithm, expected) in [
            (rsa(1024, &[1, 0, 1]), Some("policy.key_size")),
            (rsa(2047, &[1, 0, 1]), Some("policy.key_size")),
            (rsa(2048, &[1, 0, 1]), None),
            (rsa(16384, &[1, 0, 1]), Some("policy.key_size")),
            (rsa(2048, &[3]), Some("policy.key_exponent")),
            (other(), Some("policy.key_unsupported")),
            (PublicKeyAlgorithm::EcdsaP256, None),
        ] {
            let key = PublicKey::from_encoding(Vec::new(), Vec::new(), algorithm);
            let refusal = refuse_key(profile, &key);
            let finding = refusal.as_ref().and_then(|refusal| refusal.errors().next());
            assert_eq!(finding.map(|finding| finding.code), expected, "{key}");
            assert!(finding.is_none_or(|finding| finding.place.is_some()), "{key}");
        }
    }

    #[test]
    fn exponents_start_at_65537() {
        for (exponent, sound) in [
            (&[3_u8][..], false),
            (&[0xff, 0xff], false),
            (&[1, 0, 0], false),
            (&[1, 0, 1], true),
            (&[1, 0, 2], false),
            (&[1, 0, 0, 0, 1], true),
            (&[1, 0xff, 0xff, 0xff, 0xff], true),
            (&[2, 0, 0, 0, 1], false),
            (&[1, 0, 0, 0, 0, 1], false),
            (&[], false),
        ] {
            assert_eq!(exponent_is_sound(exponent), sound, "{exponent:?}");
        }
    }
}
