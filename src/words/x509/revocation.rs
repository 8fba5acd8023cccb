//! A certificate revocation list as it was read (RFC 5280 section 5.1).

use std::ops::Range;

use super::extension::{ExtensionBody, Extensions};
use super::fingerprint::Fingerprint;
use super::name::Name;
use super::public_key::PublicKey;
use super::reason::RevocationReason;
use super::serial::Serial;
use super::signature::{self, SignatureError, SignatureIdentifier};
use crate::words::clock::Time;

/// A CRL as a file had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    pub(crate) der: Vec<u8>,
    pub(crate) to_be_signed: Range<usize>,
    pub(crate) version: u32,
    pub(crate) issuer: Name,
    pub(crate) this_update: Time,
    pub(crate) next_update: Option<Time>,
    pub(crate) entries: Vec<RevokedEntry>,
    pub(crate) extensions: Extensions,
    pub(crate) signature_algorithm: SignatureIdentifier,
    pub(crate) signature: Vec<u8>,
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Its number.
    pub serial: Serial,
    /// Since when.
    pub revoked_at: Time,
    /// Its extensions.
    pub extensions: Extensions,
}

impl RevokedEntry {
    /// Why; `Unspecified` where the entry does not say.
    #[must_use]
    pub fn reason(&self) -> RevocationReason {
        let found = self.extensions.iter().find_map(|extension| match extension.body {
            ExtensionBody::ReasonCode(reason) => Some(reason),
            _ => None,
        });
        found.unwrap_or(RevocationReason::Unspecified)
    }

    /// Since when the key or the certificate is suspected to be bad, where the entry says.
    #[must_use]
    pub fn invalid_since(&self) -> Option<Time> {
        self.extensions.iter().find_map(|extension| match extension.body {
            ExtensionBody::InvalidityDate(time) => Some(time),
            _ => None,
        })
    }
}

impl RevocationList {
    /// The whole list.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bytes that its signature is over.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.der.get(self.to_be_signed.clone()).unwrap_or(&[])
    }

    /// 1 or 2 as people count.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> Time {
        self.this_update
    }

    /// By when the next one is out; RFC 5280 section 5.1.2.5 requires it, not every tool writes it.
    #[must_use]
    pub const fn next_update(&self) -> Option<Time> {
        self.next_update
    }

    /// The revoked certificates, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[RevokedEntry] {
        &self.entries
    }

    /// Its extensions.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The algorithm beside its signature.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &SignatureIdentifier {
        &self.signature_algorithm
    }

    /// SHA-256 of the whole list.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Checks its signature with the issuer's key.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<(), SignatureError> {
        signature::verify(&self.signature_algorithm, issuer, self.to_be_signed(), &self.signature)
    }
}
