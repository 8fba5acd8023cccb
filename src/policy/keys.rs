//! Which public keys are certified.

use super::grant::{Grant, Origin};
use super::report::Report;
use super::terms::{Issuer, IssuerTerms};
use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

const ROW: &str = "public key";
const KNOWN: &str = "ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa of 2048 to 8192 bits";

pub(super) fn check(profile: &Profile, key: &PublicKey, terms: &IssuerTerms<'_>, report: &mut Report) {
    let shown = key.to_string();
    let refuse = |report: &mut Report, finding: Finding| {
        let row = Grant::refused(ROW, Origin::Request, &shown, finding.message.clone());
        let row = if let Some(place) = &finding.place { row.at(place) } else { row };
        report.refuse(row, finding.asked(shown.clone()));
    };
    match key.algorithm() {
        PublicKeyAlgorithm::Other { .. } => {
            let message = format!("keys of the kind `{shown}` are not certified");
            return refuse(report, Finding::error("policy.key_unsupported", message).allowed(KNOWN));
        }
        PublicKeyAlgorithm::Rsa { bits, .. } if !(2048..=8192).contains(bits) => {
            let message = format!("an RSA key of {bits} bits is too {}", if *bits < 2048 { "weak" } else { "long" });
            let finding = Finding::error("policy.key_size", message)
                .allowed("2048 to 8192 bits")
                .hint("make a new key, for example `mtls-ca csr` or `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`");
            return refuse(report, finding);
        }
        PublicKeyAlgorithm::Rsa { exponent, .. } if !exponent_is_sound(exponent) => {
            let finding = Finding::error("policy.key_exponent", "the RSA public exponent is below 65537 or even")
                .allowed("an odd exponent of at least 65537")
                .clause("FIPS 186-5 section 5.1");
            return refuse(report, finding);
        }
        _ => {}
    }
    if let Issuer::Authority { certificate, .. } = terms.issuer
        && certificate.public_key().spki() == key.spki()
    {
        let message = "the key is that of the issuing CA itself";
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

/// Odd and at least 65537: 01 00 01.
fn exponent_is_sound(exponent: &[u8]) -> bool {
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    odd && (exponent.len() > 3 || exponent.len() == 3 && exponent > [1, 0, 0].as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_start_at_65537() {
        for (exponent, sound) in [
            (&[3_u8][..], false),
            (&[0xff, 0xff], false),
            (&[1, 0, 0], false),
            (&[1, 0, 1], true),
            (&[1, 0, 2], false),
            (&[1, 0, 0, 0, 1], true),
            (&[], false),
        ] {
            assert_eq!(exponent_is_sound(exponent), sound, "{exponent:?}");
        }
    }
}
