//! Key algorithms and signature algorithms: which exist, which we make, what a profile may ask for.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::oid::{self, Oid};
use super::public_key::{PublicKey, PublicKeyAlgorithm};

/// A key algorithm that this CA makes keys of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// NIST P-256, the one choice that every consumer takes.
    EcdsaP256,
    /// NIST P-384.
    EcdsaP384,
    /// NIST P-521; rustls on ring and BoringSSL refuse it.
    EcdsaP521,
    /// Edwards curve 25519 (RFC 8410); browsers, BoringSSL and several others refuse it.
    Ed25519,
    /// RSA with a modulus of so many bits.
    Rsa(RsaBits),
}

/// A modulus size for keys that we make: 2048, 3072, 4096 or 8192 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RsaBits {
    /// 2048 bits.
    B2048,
    /// 3072 bits.
    B3072,
    /// 4096 bits.
    B4096,
    /// 8192 bits.
    B8192,
}

impl RsaBits {
    /// As a number.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::B2048 => 2048,
            Self::B3072 => 3072,
            Self::B4096 => 4096,
            Self::B8192 => 8192,
        }
    }
}

/// A word that names no key algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a key algorithm; known are ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096, rsa-8192"
)]
pub struct NotAKeyAlgorithm(pub String);

impl KeyAlgorithm {
    /// Each that can be asked for, as it is written.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::EcdsaP256, "ecdsa-p256"),
        (Self::EcdsaP384, "ecdsa-p384"),
        (Self::EcdsaP521, "ecdsa-p521"),
        (Self::Ed25519, "ed25519"),
        (Self::Rsa(RsaBits::B2048), "rsa-2048"),
        (Self::Rsa(RsaBits::B3072), "rsa-3072"),
        (Self::Rsa(RsaBits::B4096), "rsa-4096"),
        (Self::Rsa(RsaBits::B8192), "rsa-8192"),
    ];
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(algorithm, _)| algorithm == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for KeyAlgorithm {
    type Err = NotAKeyAlgorithm;

    /// Reads the canonical names and the usual short forms: `p256`, `P-256`, `rsa2048`, `rsa`.
    fn from_str(text: &str) -> Result<Self, NotAKeyAlgorithm> {
        let plain: String = text.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_' | ':')).collect();
        Ok(match plain.strip_prefix("ecdsa").or_else(|| plain.strip_prefix("ec")).unwrap_or(&plain) {
            "" if !plain.is_empty() => Self::EcdsaP256,
            "p256" | "prime256v1" | "secp256r1" => Self::EcdsaP256,
            "p384" | "secp384r1" => Self::EcdsaP384,
            "p521" | "secp521r1" => Self::EcdsaP521,
            "ed25519" => Self::Ed25519,
            "rsa" | "rsa2048" => Self::Rsa(RsaBits::B2048),
            "rsa3072" => Self::Rsa(RsaBits::B3072),
            "rsa4096" => Self::Rsa(RsaBits::B4096),
            "rsa8192" => Self::Rsa(RsaBits::B8192),
            _ => return Err(NotAKeyAlgorithm(text.to_owned())),
        })
    }
}

impl Serialize for KeyAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A rule of a profile about keys: `ecdsa-p256`, `ed25519`, `rsa>=2048`, `rsa-4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// This algorithm, and for RSA this size.
    Exactly(KeyAlgorithm),
    /// RSA with at least so many bits.
    RsaAtLeast(u32),
}

/// A word that is no rule about keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a key rule such as `ecdsa-p256`, `ed25519` or `rsa>=2048`")]
pub struct NotAKeyRule(pub String);

impl KeyRule {
    /// Whether the key is one that the rule names.
    #[must_use]
    pub fn allows(self, key: &PublicKey) -> bool {
        match (self, key.algorithm()) {
            (Self::RsaAtLeast(least), PublicKeyAlgorithm::Rsa { bits, .. }) => *bits >= least,
            (Self::Exactly(KeyAlgorithm::Rsa(size)), PublicKeyAlgorithm::Rsa { bits, .. }) => *bits == size.bits(),
            (Self::Exactly(KeyAlgorithm::EcdsaP256), PublicKeyAlgorithm::EcdsaP256)
            | (Self::Exactly(KeyAlgorithm::EcdsaP384), PublicKeyAlgorithm::EcdsaP384)
            | (Self::Exactly(KeyAlgorithm::EcdsaP521), PublicKeyAlgorithm::EcdsaP521)
            | (Self::Exactly(KeyAlgorithm::Ed25519), PublicKeyAlgorithm::Ed25519) => true,
            _ => false,
        }
    }
}

impl fmt::Display for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(algorithm) => algorithm.fmt(f),
            Self::RsaAtLeast(bits) => write!(f, "rsa>={bits}"),
        }
    }
}

impl FromStr for KeyRule {
    type Err = NotAKeyRule;

    fn from_str(text: &str) -> Result<Self, NotAKeyRule> {
        let refuse = || NotAKeyRule(text.to_owned());
        match text.split_once(">=") {
            Some((family, bits)) if family.trim() == "rsa" => {
                bits.trim().parse().map(Self::RsaAtLeast).map_err(|_| refuse())
            }
            Some(_) => Err(refuse()),
            None => text.parse().map(Self::Exactly).map_err(|_| refuse()),
        }
    }
}

/// A signature algorithm that this CA signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 over SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 over SHA-384.
    EcdsaP384Sha384,
    /// ECDSA on P-521 over SHA-512.
    EcdsaP521Sha512,
    /// Ed25519.
    Ed25519,
    /// RSA PKCS#1 v1.5 over SHA-256.
    RsaSha256,
}

impl SignatureAlgorithm {
    /// The one that a key of this algorithm signs with; `None` for keys that we do not sign with.
    #[must_use]
    pub const fn of_key(key: &PublicKeyAlgorithm) -> Option<Self> {
        Some(match key {
            PublicKeyAlgorithm::EcdsaP256 => Self::EcdsaP256Sha256,
            PublicKeyAlgorithm::EcdsaP384 => Self::EcdsaP384Sha384,
            PublicKeyAlgorithm::EcdsaP521 => Self::EcdsaP521Sha512,
            PublicKeyAlgorithm::Ed25519 => Self::Ed25519,
            PublicKeyAlgorithm::Rsa { .. } => Self::RsaSha256,
            PublicKeyAlgorithm::Other { .. } => return None,
        })
    }

    /// Its identifier in certificates.
    #[must_use]
    pub const fn oid(self) -> Oid {
        match self {
            Self::EcdsaP256Sha256 => oid::ECDSA_WITH_SHA256,
            Self::EcdsaP384Sha384 => oid::ECDSA_WITH_SHA384,
            Self::EcdsaP521Sha512 => oid::ECDSA_WITH_SHA512,
            Self::Ed25519 => oid::ED25519,
            Self::RsaSha256 => oid::SHA256_WITH_RSA,
        }
    }

    /// Whether the AlgorithmIdentifier carries a NULL parameter: RSA does (RFC 4055 section 5),
    /// ECDSA and Ed25519 do not (RFC 5758 section 3.2, RFC 8410 section 3).
    #[must_use]
    pub const fn has_null_parameter(self) -> bool {
        matches!(self, Self::RsaSha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_canonical_and_usual_names() {
        for (algorithm, name) in KeyAlgorithm::ALL {
            assert_eq!(name.parse::<KeyAlgorithm>().unwrap(), algorithm);
            assert_eq!(algorithm.to_string(), name);
        }
        for (text, name) in
            [("P-256", "ecdsa-p256"), ("rsa:4096", "rsa-4096"), ("ec", "ecdsa-p256"), ("RSA", "rsa-2048")]
        {
            assert_eq!(text.parse::<KeyAlgorithm>().unwrap().to_string(), name);
        }
        for bad in ["", "rsa1024", "dsa", "256", "ed448"] {
            assert!(bad.parse::<KeyAlgorithm>().is_err(), "{bad}");
        }
        assert_eq!("rsa>=3072".parse::<KeyRule>().unwrap(), KeyRule::RsaAtLeast(3072));
        for bad in ["ecdsa>=256", "rsa>=", "rsa>=-1", "any"] {
            assert!(bad.parse::<KeyRule>().is_err(), "{bad}");
        }
    }
}
