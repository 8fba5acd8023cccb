//! A certificate as it was read (RFC 5280 section 4.1).

use std::ops::Range;

use super::extension::{BasicConstraints, Extensions};
use super::fingerprint::Fingerprint;
use super::name::Name;
use super::public_key::PublicKey;
use super::serial::Serial;
use super::signature::{self, SignatureError, SignatureIdentifier};
use super::usage::{KeyUsage, KeyUsages};
use super::validity::Validity;

/// A certificate as a file had it; what it says may be wrong in every way that is still readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) to_be_signed: Range<usize>,
    pub(crate) version: u32,
    pub(crate) serial: Serial,
    pub(crate) inner_signature_algorithm: SignatureIdentifier,
    pub(crate) issuer: Name,
    pub(crate) validity: Validity,
    pub(crate) subject: Name,
    pub(crate) public_key: PublicKey,
    pub(crate) has_unique_ids: bool,
    pub(crate) extensions: Extensions,
    pub(crate) signature_algorithm: SignatureIdentifier,
    pub(crate) signature: Vec<u8>,
}

impl Certificate {
    /// The whole certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bytes that its signature is over.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.der.get(self.to_be_signed.clone()).unwrap_or(&[])
    }

    /// 1, 2 or 3 as people count (0, 1 or 2 in the encoding).
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Its number.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// From when to when it holds.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whom it is about.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The key that it certifies.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether it has the unique identifiers of version 2, which RFC 5280 section 4.1.2.8 forbids.
    #[must_use]
    pub const fn has_unique_ids(&self) -> bool {
        self.has_unique_ids
    }

    /// Its extensions, in the order of the file.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The algorithm beside its signature.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &SignatureIdentifier {
        &self.signature_algorithm
    }

    /// The algorithm within the signed bytes, which RFC 5280 section 4.1.1.2 wants to be the same.
    #[must_use]
    pub const fn inner_signature_algorithm(&self) -> &SignatureIdentifier {
        &self.inner_signature_algorithm
    }

    /// Its signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the whole certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Whether it says that its subject is a CA.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.extensions.basic_constraints().is_some_and(|BasicConstraints { ca, .. }| *ca)
    }

    /// Whether its subject and issuer are the same name (RFC 5280 section 3.2, "self-issued").
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject.matches(&self.issuer)
    }

    /// Whether it is self-issued and signed by its own key.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.verify_signature(&self.public_key).is_ok()
    }

    /// Whether its key may sign certificates: a CA whose key usage, where it has one, says so.
    #[must_use]
    pub fn may_sign_certificates(&self) -> bool {
        self.is_ca()
            && self.extensions.key_usage().is_none_or(|usages: &KeyUsages| usages.contains(KeyUsage::KeyCertSign))
    }

    /// Checks its signature with the issuer's key.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<(), SignatureError> {
        signature::verify(&self.signature_algorithm, issuer, self.to_be_signed(), &self.signature)
    }
}
