//! Public keys as certificates and requests carry them (RFC 5280 section 4.1.2.7).

use std::fmt;

use super::fingerprint::Fingerprint;
use super::oid::{self, Oid};

/// A SubjectPublicKeyInfo, exactly as it was read, with what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    bits: Vec<u8>,
    algorithm: PublicKeyAlgorithm,
    /// Of an RSA key that is written down as another kind, such as RSASSA-PSS (RFC 4055 section 1.2).
    hidden_modulus: Option<Vec<u8>>,
}

/// What kind of key it is. The named ones are those whose signatures we can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeyAlgorithm {
    /// RSA (RFC 3279 section 2.3.1).
    Rsa {
        /// Size of the modulus.
        bits: u32,
        /// The modulus' octets, most significant first, without leading zeros.
        modulus: Vec<u8>,
        /// The public exponent's octets, most significant first, without leading zeros.
        exponent: Vec<u8>,
    },
    /// ECDSA on P-256 with an uncompressed point (RFC 5480).
    EcdsaP256,
    /// ECDSA on P-384.
    EcdsaP384,
    /// ECDSA on P-521.
    EcdsaP521,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Anything else.
    Other {
        /// The algorithm.
        algorithm: Oid,
        /// The named curve, for elliptic curve keys that have one.
        curve: Option<Oid>,
    },
}

impl PublicKey {
    /// Put together by `encoding`, which has read `spki`.
    pub(crate) const fn from_encoding(spki: Vec<u8>, bits: Vec<u8>, algorithm: PublicKeyAlgorithm) -> Self {
        Self { spki, bits, algorithm, hidden_modulus: None }
    }

    /// The same, of another kind by its name and nonetheless an RSA key with this modulus.
    pub(crate) fn with_modulus(self, modulus: Option<Vec<u8>>) -> Self {
        Self { hidden_modulus: modulus, ..self }
    }

    /// The DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The content of its subjectPublicKey bit string.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn algorithm(&self) -> &PublicKeyAlgorithm {
        &self.algorithm
    }

    /// The modulus of an RSA key, whatever kind of key it is said to be; most significant octet first,
    /// without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Option<&[u8]> {
        match &self.algorithm {
            PublicKeyAlgorithm::Rsa { modulus, .. } => Some(modulus),
            _ => self.hidden_modulus.as_deref(),
        }
    }

    /// The public exponent of an RSA key, where it fits 64 bits.
    #[must_use]
    pub fn exponent(&self) -> Option<u64> {
        let PublicKeyAlgorithm::Rsa { exponent, .. } = &self.algorithm else { return None };
        (exponent.len() <= 8).then(|| exponent.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)))
    }

    /// Whether it is an RSA key with an even exponent, for which there is no private key.
    #[must_use]
    pub fn has_even_exponent(&self) -> bool {
        let PublicKeyAlgorithm::Rsa { exponent, .. } = &self.algorithm else { return false };
        exponent.last().is_none_or(|last| last & 1 == 0)
    }

    /// The x coordinate of the point of an elliptic curve key, in whichever form it is written: compressed,
    /// uncompressed or hybrid (SEC 1 section 2.3.3).
    #[must_use]
    pub fn x_coordinate(&self) -> Option<&[u8]> {
        let is_curve = match &self.algorithm {
            PublicKeyAlgorithm::EcdsaP256 | PublicKeyAlgorithm::EcdsaP384 | PublicKeyAlgorithm::EcdsaP521 => true,
            PublicKeyAlgorithm::Other { algorithm, .. } => *algorithm == oid::EC_PUBLIC_KEY,
            PublicKeyAlgorithm::Rsa { .. } | PublicKeyAlgorithm::Ed25519 => false,
        };
        match self.bits.split_first().filter(|_| is_curve)? {
            (2 | 3, x) => Some(x),
            (4 | 6 | 7, point) => point.get(..point.len() / 2),
            _ => None,
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo: what pins and key comparisons use.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.spki)
    }

    /// A subject key identifier for it: the first 160 bits of the SHA-256 of the bit string, method 1
    /// of RFC 7093 section 2.
    #[must_use]
    pub fn key_identifier(&self) -> Vec<u8> {
        Fingerprint::of(&self.bits).octets().iter().take(20).copied().collect()
    }
}

impl fmt::Display for PublicKeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits, .. } => write!(f, "rsa-{bits}"),
            Self::EcdsaP256 => f.write_str("ecdsa-p256"),
            Self::EcdsaP384 => f.write_str("ecdsa-p384"),
            Self::EcdsaP521 => f.write_str("ecdsa-p521"),
            Self::Ed25519 => f.write_str("ed25519"),
            Self::Other { algorithm, curve } => {
                f.write_str(algorithm.shown())?;
                match curve {
                    Some(curve) => write!(f, " on {}", curve.shown()),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm, self.fingerprint())
    }
}
