//! Which usages a key gets: those of the profile, as far as the key is able to.

use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};
use crate::words::x509::usage::{KeyUsage, KeyUsages};

use super::report::Report;

pub(super) fn key_usage(profile: &Profile, key: &PublicKey, report: &mut Report) -> KeyUsages {
    let unable: &[KeyUsage] = match key.algorithm() {
        // RFC 3279 section 2.3.1: RSA keys do not agree on keys.
        PublicKeyAlgorithm::Rsa { .. } => &[KeyUsage::KeyAgreement, KeyUsage::EncipherOnly, KeyUsage::DecipherOnly],
        // RFC 5480 section 3: elliptic curve keys do not encipher.
        PublicKeyAlgorithm::EcdsaP256 | PublicKeyAlgorithm::EcdsaP384 | PublicKeyAlgorithm::EcdsaP521 => {
            &[KeyUsage::KeyEncipherment, KeyUsage::DataEncipherment]
        }
        // RFC 8410 section 5: Ed25519 keys sign, and nothing else.
        PublicKeyAlgorithm::Ed25519 | PublicKeyAlgorithm::Other { .. } => &[
            KeyUsage::KeyEncipherment,
            KeyUsage::DataEncipherment,
            KeyUsage::KeyAgreement,
            KeyUsage::EncipherOnly,
            KeyUsage::DecipherOnly,
        ],
    };
    let granted = unable.iter().fold(profile.key_usage.value, |usages, usage| usages.without(*usage));
    if granted.is_empty() {
        let message = format!("a key `{key}` is able to none of the usages of the profile");
        report.find(
            Finding::error("policy.key_usage_impossible", message)
                .asked(profile.key_usage.value.to_string())
                .at(profile.key_usage.place.clone()),
        );
    }
    granted
}
