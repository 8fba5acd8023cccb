//! Which signatures we can check, as one table of (key, signature algorithm), and the check.
//!
//! The table has a row for every combination that RFC 5758, RFC 4055 and RFC 8410 allow and that
//! is safe: any named curve with SHA-256, SHA-384 or SHA-512 (Go and OpenSSL sign with P-384 and
//! SHA-256), RSA of 2048 to 8192 bits, Ed25519. MD5 and SHA-1 have none.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use thiserror::Error;

use super::oid::{self, Oid};
use super::public_key::{PublicKey, PublicKeyAlgorithm};

/// The algorithm identifier beside a signature, as a file had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureIdentifier {
    /// The algorithm.
    pub oid: Oid,
    /// The DER of its parameters, where there are any.
    pub parameters: Option<Vec<u8>>,
    /// For RSASSA-PSS: the hash of the message, where hash, mask and salt length are one of the
    /// three usual sets (RFC 4055 section 3.1 with SHA-256/32, SHA-384/48 or SHA-512/64).
    pub pss_hash: Option<PssHash>,
}

impl SignatureIdentifier {
    /// Whether it is no RSA signature of PKCS #1, or has the NULL parameters that those have (RFC 4055 section 5).
    #[must_use]
    pub fn has_due_parameters(&self) -> bool {
        const NULL: [u8; 2] = [5, 0];
        let pkcs1 = [
            oid::MD5_WITH_RSA,
            oid::SHA1_WITH_RSA,
            oid::SHA224_WITH_RSA,
            oid::SHA256_WITH_RSA,
            oid::SHA384_WITH_RSA,
            oid::SHA512_WITH_RSA,
        ];
        !pkcs1.contains(&self.oid) || self.parameters.as_deref() == Some(&NULL)
    }
}

/// The hash of an RSASSA-PSS signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PssHash {
    /// With a salt of 32 octets.
    Sha256,
    /// With a salt of 48 octets.
    Sha384,
    /// With a salt of 64 octets.
    Sha512,
}

impl SignatureIdentifier {
    /// The name that tools print.
    #[must_use]
    pub fn name(&self) -> String {
        self.oid.shown().to_owned()
    }

    /// Whether the signature rests on a broken hash, MD5 or SHA-1.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        [oid::MD5_WITH_RSA, oid::SHA1_WITH_RSA, oid::ECDSA_WITH_SHA1].contains(&self.oid)
    }
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The hash is broken, so that the signature proves nothing.
    #[error("the signature algorithm `{0}` is broken")]
    Broken(String),
    /// We have no row for this key with this algorithm.
    #[error("a signature `{algorithm}` by a key `{key}` cannot be checked")]
    Unsupported {
        /// The signature algorithm.
        algorithm: String,
        /// The kind of key.
        key: String,
    },
    /// It was made by another key, or over other bytes.
    #[error("the signature does not match")]
    Mismatch,
}

/// Checks a signature over `message`.
///
/// # Errors
/// Why it does not hold.
pub fn verify(
    algorithm: &SignatureIdentifier,
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    if algorithm.is_broken() {
        return Err(SignatureError::Broken(algorithm.name()));
    }
    if is_by_other_kind(algorithm, key.algorithm()) {
        return Err(SignatureError::Mismatch);
    }
    let row = row(algorithm, key.algorithm())
        .ok_or_else(|| SignatureError::Unsupported { algorithm: algorithm.name(), key: key.algorithm().to_string() })?;
    UnparsedPublicKey::new(row, key.bits()).verify(message, signature).map_err(|_| SignatureError::Mismatch)
}

/// Whether the point of an elliptic curve key is one of its curve (RFC 5480 section 2.2 has it there); true
/// of keys of other kinds. No private key belongs to other points, and peers refuse them.
#[must_use]
pub fn is_on_curve(key: &PublicKey) -> bool {
    let curve: &'static dyn VerificationAlgorithm = match key.algorithm() {
        PublicKeyAlgorithm::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
        PublicKeyAlgorithm::EcdsaP384 => &ECDSA_P384_SHA384_ASN1,
        PublicKeyAlgorithm::EcdsaP521 => &ECDSA_P521_SHA512_ASN1,
        PublicKeyAlgorithm::Ed25519 | PublicKeyAlgorithm::Rsa { .. } | PublicKeyAlgorithm::Other { .. } => return true,
    };
    ParsedPublicKey::new(curve, key.bits()).is_ok()
}

/// Whether no key of this kind ever makes such a signature, so that it was another key.
fn is_by_other_kind(algorithm: &SignatureIdentifier, key: &PublicKeyAlgorithm) -> bool {
    use PublicKeyAlgorithm as Key;
    const RSA: [Oid; 5] =
        [oid::SHA224_WITH_RSA, oid::SHA256_WITH_RSA, oid::SHA384_WITH_RSA, oid::SHA512_WITH_RSA, oid::RSA_PSS];
    const ECDSA: [Oid; 4] =
        [oid::ECDSA_WITH_SHA224, oid::ECDSA_WITH_SHA256, oid::ECDSA_WITH_SHA384, oid::ECDSA_WITH_SHA512];
    const EDWARDS: [Oid; 2] = [oid::ED25519, oid::ED448];
    let own: &[Oid] = match key {
        Key::Rsa { .. } => &RSA,
        Key::EcdsaP256 | Key::EcdsaP384 | Key::EcdsaP521 => &ECDSA,
        Key::Ed25519 => &[oid::ED25519],
        Key::Other { .. } => return false,
    };
    let is_known = RSA.iter().chain(&ECDSA).chain(&EDWARDS).any(|known| *known == algorithm.oid);
    is_known && !own.contains(&algorithm.oid)
}

/// The table.
fn row(algorithm: &SignatureIdentifier, key: &PublicKeyAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    use PublicKeyAlgorithm as Key;
    const SHA256: Oid = oid::ECDSA_WITH_SHA256;
    const SHA384: Oid = oid::ECDSA_WITH_SHA384;
    const SHA512: Oid = oid::ECDSA_WITH_SHA512;
    let found = &algorithm.oid;
    // The backend would call the signature of a smaller key wrong.
    if matches!(key, Key::Rsa { bits, .. } if !(2048..=8192).contains(bits)) {
        return None;
    }
    let row: &'static dyn VerificationAlgorithm = match key {
        Key::EcdsaP256 if *found == SHA256 => &ECDSA_P256_SHA256_ASN1,
        Key::EcdsaP256 if *found == SHA384 => &ECDSA_P256_SHA384_ASN1,
        Key::EcdsaP256 if *found == SHA512 => &ECDSA_P256_SHA512_ASN1,
        Key::EcdsaP384 if *found == SHA256 => &ECDSA_P384_SHA256_ASN1,
        Key::EcdsaP384 if *found == SHA384 => &ECDSA_P384_SHA384_ASN1,
        Key::EcdsaP384 if *found == SHA512 => &ECDSA_P384_SHA512_ASN1,
        Key::EcdsaP521 if *found == SHA256 => &ECDSA_P521_SHA256_ASN1,
        Key::EcdsaP521 if *found == SHA384 => &ECDSA_P521_SHA384_ASN1,
        Key::EcdsaP521 if *found == SHA512 => &ECDSA_P521_SHA512_ASN1,
        Key::Ed25519 if *found == oid::ED25519 => &ED25519,
        Key::Rsa { .. } if *found == oid::SHA256_WITH_RSA => &RSA_PKCS1_2048_8192_SHA256,
        Key::Rsa { .. } if *found == oid::SHA384_WITH_RSA => &RSA_PKCS1_2048_8192_SHA384,
        Key::Rsa { .. } if *found == oid::SHA512_WITH_RSA => &RSA_PKCS1_2048_8192_SHA512,
        Key::Rsa { .. } if *found == oid::RSA_PSS => match algorithm.pss_hash? {
            PssHash::Sha256 => &RSA_PSS_2048_8192_SHA256,
            PssHash::Sha384 => &RSA_PSS_2048_8192_SHA384,
            PssHash::Sha512 => &RSA_PSS_2048_8192_SHA512,
        },
        _ => return None,
    };
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "asks AWS-LC, which is no Rust")]
    fn points_beside_the_curve_are_known() {
        // The base point of P-256 (FIPS 186-4 appendix D.1.2.3), and the same with another y.
        let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let point = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        let beside: Vec<u8> = point.iter().copied().take(64).chain([0xf6]).collect();
        let key = |bits: &[u8]| PublicKey::from_encoding(Vec::new(), bits.to_vec(), PublicKeyAlgorithm::EcdsaP256);
        assert!(is_on_curve(&key(&point)));
        assert!(!is_on_curve(&key(&beside)));
    }
}
