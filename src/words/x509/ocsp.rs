//! Questions about certificates and their answers, as the Online Certificate Status Protocol has them
//! (RFC 6960; RFC 5019 for answers that are made in advance).

use std::ops::Range;

use serde::Serialize;

use super::certificate::Certificate;
use super::fingerprint::IdDigest;
use super::reason::RevocationReason;
use super::serial::Serial;
use super::signature::{self, SignatureError, SignatureIdentifier};
use crate::words::clock::Time;

/// By what a question names a certificate: digests of its issuer's name and key, and its number
/// (RFC 6960 section 4.1.1, CertID).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId {
    /// The digest; none where it is one that nobody here computes.
    pub(crate) digest: Option<IdDigest>,
    pub(crate) issuer_name: Vec<u8>,
    pub(crate) issuer_key: Vec<u8>,
    pub(crate) serial: Serial,
    /// As it was written, for the answer repeats it octet by octet.
    pub(crate) der: Vec<u8>,
}

impl CertId {
    /// The certificate's number.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether this CA is the one that is meant. The digests are over the DER of its subject, and over
    /// the content of its public key's bit string.
    #[must_use]
    pub fn names_issuer(&self, issuer: &Certificate) -> bool {
        self.digest.is_some_and(|digest| {
            self.issuer_name == digest.of(issuer.subject().der())
                && self.issuer_key == digest.of(issuer.public_key().bits())
        })
    }
}

/// What a client sends so that nobody can give it yesterday's answer: 1 to 128 octets (RFC 9654
/// section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// These octets, where they are as many as are allowed.
    #[must_use]
    pub fn new(octets: Vec<u8>) -> Option<Self> {
        (1..=128).contains(&octets.len()).then_some(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// A question (RFC 6960 section 4.1.1). A signature on it is passed over: the answers are public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    pub(crate) certificates: Vec<CertId>,
    pub(crate) nonce: Option<Nonce>,
}

impl OcspRequest {
    /// The certificates that it asks about; at least one.
    #[must_use]
    pub fn certificates(&self) -> &[CertId] {
        &self.certificates
    }

    /// What the answer has to repeat.
    #[must_use]
    pub const fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }
}

/// What is known of a certificate (RFC 6960 section 4.2.1, CertStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CertStatus {
    /// It was issued and is not revoked.
    Good,
    /// It is revoked, or on hold.
    Revoked {
        /// Since when.
        revoked_at: Time,
        /// Why.
        reason: RevocationReason,
    },
    /// It was never issued.
    Unknown,
}

/// What is said of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleResponse {
    /// Which.
    pub certificate: CertId,
    /// What is known.
    pub status: CertStatus,
    /// When that was known to be right.
    pub this_update: Time,
    /// By when something newer will be known.
    pub next_update: Option<Time>,
}

/// What a responder signs (RFC 6960 section 4.2.1, ResponseData).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseContent {
    /// Who answers: the SHA-1 digest of the responder's public key, as RFC 5019 section 2.2.1 wants
    /// it; none in a foreign response that names its responder by subject.
    pub responder: Option<Vec<u8>>,
    /// When it was signed.
    pub produced_at: Time,
    /// The answers.
    pub responses: Vec<SingleResponse>,
    /// What the question wanted to be repeated.
    pub nonce: Option<Nonce>,
}

/// A signed answer, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspResponse {
    pub(crate) der: Vec<u8>,
    pub(crate) to_be_signed: Range<usize>,
    pub(crate) content: ResponseContent,
    pub(crate) signature_algorithm: SignatureIdentifier,
    pub(crate) signature: Vec<u8>,
    pub(crate) certificates: Vec<Certificate>,
}

impl OcspResponse {
    /// The whole response.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bytes that its signature is over.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.der.get(self.to_be_signed.clone()).unwrap_or(&[])
    }

    /// What it says.
    #[must_use]
    pub const fn content(&self) -> &ResponseContent {
        &self.content
    }

    /// The certificates that it brings along: the responder's.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Checks its signature with the responder's certificate.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify_signature(&self, responder: &Certificate) -> Result<(), SignatureError> {
        signature::verify(&self.signature_algorithm, responder.public_key(), self.to_be_signed(), &self.signature)
    }
}

/// Why a responder does not answer (RFC 6960 section 4.2.1, OCSPResponseStatus). Such a response is not
/// signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswer {
    /// The question does not decode, or its nonce is too short or too long.
    MalformedRequest,
    /// The responder failed.
    InternalError,
    /// Later, perhaps.
    TryLater,
    /// Only signed questions are answered.
    SigRequired,
    /// The responder has nothing to say about these certificates (RFC 5019 section 2.2.3).
    Unauthorized,
}

impl NoAnswer {
    /// Each with its number.
    pub(crate) const ALL: [(Self, u8); 5] = [
        (Self::MalformedRequest, 1),
        (Self::InternalError, 2),
        (Self::TryLater, 3),
        (Self::SigRequired, 5),
        (Self::Unauthorized, 6),
    ];
}

impl std::fmt::Display for NoAnswer {
    /// As the RFC writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
        })
    }
}
