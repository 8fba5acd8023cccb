//! A certification request as it was read (RFC 2986), and the key whose possession it proves.

use std::ops::Range;

use super::extension::Extensions;
use super::fingerprint::Fingerprint;
use super::name::Name;
use super::oid::Oid;
use super::public_key::PublicKey;
use super::signature::{self, SignatureError, SignatureIdentifier};

/// A PKCS#10 request as a file had it. Everything in it is a wish; nothing is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) der: Vec<u8>,
    pub(crate) to_be_signed: Range<usize>,
    pub(crate) version: u32,
    pub(crate) subject: Name,
    pub(crate) public_key: PublicKey,
    pub(crate) attributes: Vec<RequestAttribute>,
    pub(crate) extensions: Extensions,
    pub(crate) signature_algorithm: SignatureIdentifier,
    pub(crate) signature: Vec<u8>,
}

/// One attribute of a request, extension requests among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAttribute {
    /// Which it is.
    pub oid: Oid,
    /// The DER of its set of values.
    pub values: Vec<u8>,
}

impl Request {
    /// The whole request.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bytes that its signature is over.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.der.get(self.to_be_signed.clone()).unwrap_or(&[])
    }

    /// 1 for the only version there is (0 in the encoding).
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Whom the requester wishes to be called.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The key that is to be certified.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Its attributes, in the order of the file.
    #[must_use]
    pub fn attributes(&self) -> &[RequestAttribute] {
        &self.attributes
    }

    /// The extensions of all its extensionRequest attributes (RFC 2985 section 5.4.2, and
    /// Microsoft's of the same shape), in the order of the file.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The algorithm beside its signature.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &SignatureIdentifier {
        &self.signature_algorithm
    }

    /// Its signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the whole request.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Checks that the requester holds the private key (RFC 2986 section 4.2, note 2).
    ///
    /// # Errors
    /// Why the signature does not prove it.
    pub fn verify_signature(&self) -> Result<(), SignatureError> {
        signature::verify(&self.signature_algorithm, &self.public_key, self.to_be_signed(), &self.signature)
    }
}

/// A public key whose private half the requester has shown to hold. Certificates are drafted for
/// nothing else.
#[derive(Debug, Clone)]
pub struct ProvenKey {
    request: Request,
}

impl ProvenKey {
    /// By a request whose signature verifies.
    ///
    /// # Errors
    /// Why it does not.
    pub fn from_request(request: Request) -> Result<Self, SignatureError> {
        request.verify_signature()?;
        Ok(Self { request })
    }

    /// The key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        self.request.public_key()
    }

    /// The request that proved it, with its wishes.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }
}
