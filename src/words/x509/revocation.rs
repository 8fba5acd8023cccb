//! A certificate revocation list as it was read (RFC 5280 section 5.1).

use std::ops::Range;

use super::crl_number::CrlNumber;
use super::extension::{Extension, ExtensionBody, Extensions};
use super::fingerprint::Fingerprint;
use super::name::Name;
use super::public_key::PublicKey;
use super::reason::RevocationReason;
use super::serial::Serial;
use super::signature::{self, SignatureError, SignatureIdentifier};
use crate::words::clock::Time;

/// What an entry of a CRL says, wherever its octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Listed<'a> {
    /// The octets of the certificate's number.
    pub serial: &'a [u8],
    /// Since when it is revoked.
    pub revoked_at: Time,
    /// Why, where the entry says.
    pub reason: Option<RevocationReason>,
    /// Since when the key or the certificate is suspected to be bad, where the entry says.
    pub invalid_since: Option<Time>,
}

/// What a CRL says beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListHead {
    /// 1 or 2 as people count.
    pub version: u32,
    /// Who signed it.
    pub issuer: Name,
    /// When it was made.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Option<Time>,
    /// Its extensions.
    pub extensions: Extensions,
    /// The algorithm beside its signature.
    pub signature_algorithm: SignatureIdentifier,
}

impl ListHead {
    /// Its number, where it has one that RFC 5280 section 5.2.3 allows.
    #[must_use]
    pub fn number(&self) -> Option<CrlNumber> {
        self.extensions.crl_number().and_then(CrlNumber::from_serial)
    }
}

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
    /// What it says, without its octets.
    #[must_use]
    pub fn listed(&self) -> Listed<'_> {
        let says = |extension: &Extension| matches!(extension.body, ExtensionBody::ReasonCode(_));
        Listed {
            serial: self.serial.octets(),
            revoked_at: self.revoked_at,
            reason: self.extensions.iter().any(says).then(|| self.reason()),
            invalid_since: self.invalid_since(),
        }
    }

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

    /// What it says beside its entries.
    #[must_use]
    pub fn head(&self) -> ListHead {
        ListHead {
            version: self.version,
            issuer: self.issuer.clone(),
            this_update: self.this_update,
            next_update: self.next_update,
            extensions: self.extensions.clone(),
            signature_algorithm: self.signature_algorithm.clone(),
        }
    }

    /// Its number, where it has one that RFC 5280 section 5.2.3 allows.
    #[must_use]
    pub fn number(&self) -> Option<CrlNumber> {
        self.extensions.crl_number().and_then(CrlNumber::from_serial)
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
