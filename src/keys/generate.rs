//! Key pairs: made here or read from PKCS#8, SEC1 or PKCS#1, and their signatures.

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::encoding::private_key::{KeyForm, within_pkcs8};
use crate::encoding::{ReadError, public_key_from_spki};
use crate::words::x509::algorithm::{KeyAlgorithm, RsaBits, SignatureAlgorithm};
use crate::words::x509::public_key::PublicKey;

/// A private key in memory, ready to sign. `Debug` shows its public half only.
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
    algorithm: SignatureAlgorithm,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// Why a key cannot be made, read or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The backend refuses the key, and says how.
    #[error("the private key is not usable: {0}")]
    Rejected(String),
    /// It is of a kind that we do not sign with.
    #[error(
        "a private key of this kind is not supported; supported are ECDSA on P-256, P-384 and P-521, Ed25519 and RSA of 2048 to 8192 bits"
    )]
    Unsupported,
    /// The system gives no randomness.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// The backend failed to sign.
    #[error("signing failed")]
    SigningFailed,
    /// The public half does not read back.
    #[error(transparent)]
    PublicKey(#[from] ReadError),
}

const CURVES: [(&EcdsaSigningAlgorithm, KeyAlgorithm); 3] = [
    (&ECDSA_P256_SHA256_ASN1_SIGNING, KeyAlgorithm::EcdsaP256),
    (&ECDSA_P384_SHA384_ASN1_SIGNING, KeyAlgorithm::EcdsaP384),
    (&ECDSA_P521_SHA512_ASN1_SIGNING, KeyAlgorithm::EcdsaP521),
];

impl PrivateKey {
    /// A new key.
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let failed = |_| KeyError::NoRandomness;
        let pair = match algorithm {
            KeyAlgorithm::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
            KeyAlgorithm::Rsa(bits) => Pair::Rsa(Box::new(RsaKeyPair::generate(key_size(bits)).map_err(failed)?)),
            curve => {
                let (signing, _) = CURVES.iter().find(|(_, name)| *name == curve).ok_or(KeyError::Unsupported)?;
                Pair::Ecdsa(EcdsaKeyPair::generate(signing).map_err(failed)?)
            }
        };
        Self::from_pair(pair)
    }

    /// A key from the DER of its container, which must not be encrypted.
    ///
    /// # Errors
    /// Where it is none of the kinds that we sign with, or its halves do not belong together.
    pub fn from_der(form: KeyForm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match form {
            KeyForm::Pkcs8 => ecdsa(der).or_else(|| ed25519(der)).or_else(|| rsa(RsaKeyPair::from_pkcs8(der).ok()?)),
            KeyForm::Sec1 => ecdsa(der),
            KeyForm::Pkcs1 => RsaKeyPair::from_der(der).ok().and_then(rsa),
            KeyForm::EncryptedPkcs8 | KeyForm::EncryptedTraditional => None,
        };
        Self::from_pair(pair.ok_or(KeyError::Unsupported)?)
    }

    fn from_pair(pair: Pair) -> Result<Self, KeyError> {
        let spki = match &pair {
            Pair::Ecdsa(key) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()),
            Pair::Ed25519(key) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()),
            Pair::Rsa(key) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()),
        };
        let spki = spki.map_err(|_| KeyError::Rejected("its public half does not encode".to_owned()))?;
        let public = public_key_from_spki(spki.as_ref())?;
        let algorithm = SignatureAlgorithm::of_key(public.algorithm()).ok_or(KeyError::Unsupported)?;
        Ok(Self { pair, public, algorithm })
    }

    /// Its public half.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// What it signs with.
    #[must_use]
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// A signature over `message`, in the form that certificates carry.
    ///
    /// # Errors
    /// Where the backend fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::SigningFailed;
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()).map_err(failed),
            Pair::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
            Pair::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }

    /// Its PKCS#8 (version 1, which every consumer loads). Handle with care.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let refused = |_| KeyError::Rejected("it does not encode".to_owned());
        let der = match &self.pair {
            Pair::Ecdsa(key) => key.to_pkcs8v1().map_err(refused)?.as_ref().to_vec(),
            Pair::Ed25519(key) => key.to_pkcs8v1().map_err(refused)?.as_ref().to_vec(),
            Pair::Rsa(key) => AsDer::<Pkcs8V1Der<'_>>::as_der(key.as_ref()).map_err(refused)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(der))
    }

    /// Its SEC1 (RFC 5915), which elliptic curves have, except Edwards'; `None` for other keys.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn to_sec1(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        let Pair::Ecdsa(key) = &self.pair else { return Ok(None) };
        let der = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&key.private_key());
        let der = der.map_err(|_| KeyError::Rejected("it does not encode".to_owned()))?;
        Ok(Some(Zeroizing::new(der.as_ref().to_vec())))
    }

    /// Its PKCS#1 (RFC 8017 appendix A.1.2), which RSA keys have; `None` for other keys.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn to_pkcs1(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        match self.pair {
            Pair::Rsa(_) => Ok(Some(within_pkcs8(&self.to_pkcs8()?)?)),
            Pair::Ecdsa(_) | Pair::Ed25519(_) => Ok(None),
        }
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({:?})", self.public)
    }
}

const fn key_size(bits: RsaBits) -> KeySize {
    match bits {
        RsaBits::B2048 => KeySize::Rsa2048,
        RsaBits::B3072 => KeySize::Rsa3072,
        RsaBits::B4096 => KeySize::Rsa4096,
        RsaBits::B8192 => KeySize::Rsa8192,
    }
}

/// Each curve in turn: the backend refuses a key of another.
fn ecdsa(der: &[u8]) -> Option<Pair> {
    CURVES.iter().find_map(|(signing, _)| EcdsaKeyPair::from_private_key_der(signing, der).ok()).map(Pair::Ecdsa)
}

/// Version 1 as OpenSSL writes it, or version 2 with the public key as ring does.
fn ed25519(der: &[u8]) -> Option<Pair> {
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Pair::Ed25519)
}

fn rsa(key: RsaKeyPair) -> Option<Pair> {
    (256..=1024).contains(&key.public_modulus_len()).then(|| Pair::Rsa(Box::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::signature::{SignatureIdentifier, verify};

    #[test]
    fn each_algorithm_signs_what_its_public_half_verifies_and_survives_pkcs8() {
        for (algorithm, name) in KeyAlgorithm::ALL {
            if matches!(algorithm, KeyAlgorithm::Rsa(RsaBits::B4096 | RsaBits::B8192)) {
                continue; // minutes of prime search; interop tests make a 4096 bit key with another tool
            }
            let key = PrivateKey::generate(algorithm).unwrap();
            assert_eq!(key.public_key().to_string(), name);
            let again = PrivateKey::from_der(KeyForm::Pkcs8, &key.to_pkcs8().unwrap()).unwrap();
            assert_eq!(again.public_key(), key.public_key());
            for (form, der) in [(KeyForm::Sec1, key.to_sec1().unwrap()), (KeyForm::Pkcs1, key.to_pkcs1().unwrap())] {
                let read = der.map(|der| PrivateKey::from_der(form, &der).unwrap());
                let is_its_form = matches!(
                    (algorithm, form),
                    (KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521, KeyForm::Sec1)
                        | (KeyAlgorithm::Rsa(_), KeyForm::Pkcs1)
                );
                assert_eq!(read.is_some(), is_its_form, "{name} {form:?}");
                assert!(read.is_none_or(|read| read.public_key() == key.public_key()));
            }
            let signature = again.sign(b"message").unwrap();
            let with = SignatureIdentifier { oid: key.signature_algorithm().oid(), parameters: None, pss_hash: None };
            verify(&with, key.public_key(), b"message", &signature).unwrap();
            assert!(verify(&with, key.public_key(), b"massage", &signature).is_err());
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.starts_with("PrivateKey(PublicKey(ed25519, "), "{shown}");
    }
}
