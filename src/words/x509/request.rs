//! A certification request as it was read (RFC 2986), and the key whose possession it proves.

use std::ops::Range;

use super::certificate::Certificate;
use super::extension::{ExtensionBody, Extensions};
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

/// What is asked to be certified, whoever holds the key: wishes, each of which goes through a rule.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    subject: &'a Name,
    public_key: &'a PublicKey,
    extensions: &'a Extensions,
    attributes: &'a [RequestAttribute],
    der: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Whom it is to be about.
    #[must_use]
    pub const fn subject(&self) -> &'a Name {
        self.subject
    }

    /// The key.
    #[must_use]
    pub const fn public_key(&self) -> &'a PublicKey {
        self.public_key
    }

    /// The extensions that are wished for.
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// The attributes of a request; none of a certificate.
    #[must_use]
    pub const fn attributes(&self) -> &'a [RequestAttribute] {
        self.attributes
    }

    /// How large the thing that asks is.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.der.len()
    }

    /// The thing that asks: a request, or the certificate that is to be renewed.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }
}

impl<'a> From<&'a Request> for Asked<'a> {
    fn from(request: &'a Request) -> Self {
        let Request { der, subject, public_key, attributes, extensions, .. } = request;
        Self { subject, public_key, extensions, attributes, der }
    }
}

/// A public key whose private half the requester has shown to hold. Certificates are drafted for
/// nothing else.
#[derive(Debug, Clone)]
pub struct ProvenKey(Proof);

#[derive(Debug, Clone)]
enum Proof {
    Request(Box<Request>),
    Former(Box<Former>),
    /// The key of the request, and the wishes of the certificate.
    Successor {
        request: Box<Request>,
        former: Box<Former>,
    },
}

/// A certificate that was not revoked and is to be replaced, and what of it is a wish for the next one.
#[derive(Debug, Clone)]
pub struct Former {
    certificate: Certificate,
    wishes: Extensions,
}

impl Former {
    /// The ledger is the only caller: it knows which certificates this CA issued and did not revoke.
    ///
    /// Identifiers, URLs and the like are the issuer's words and not the subject's wishes: the next
    /// certificate gets those of its own issuer.
    pub(crate) fn new(certificate: Certificate) -> Self {
        let is_wish = |body: &ExtensionBody| {
            !matches!(
                body,
                ExtensionBody::SubjectKeyIdentifier(_)
                    | ExtensionBody::AuthorityKeyIdentifier(_)
                    | ExtensionBody::CrlDistributionPoints(_)
                    | ExtensionBody::AuthorityInfoAccess(_)
                    | ExtensionBody::OcspNoCheck
            )
        };
        let wishes = certificate.extensions().iter().filter(|extension| is_wish(&extension.body)).cloned().collect();
        Self { certificate, wishes: Extensions::new(wishes) }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    const fn asked<'a>(&'a self, der: &'a [u8]) -> Asked<'a> {
        Asked {
            subject: self.certificate.subject(),
            public_key: self.certificate.public_key(),
            extensions: &self.wishes,
            attributes: &[],
            der,
        }
    }
}

impl ProvenKey {
    /// By a request whose signature verifies.
    ///
    /// # Errors
    /// Why it does not.
    pub fn from_request(request: Request) -> Result<Self, SignatureError> {
        request.verify_signature()?;
        Ok(Self(Proof::Request(Box::new(request))))
    }

    /// By a certificate of the ledger that was not revoked: possession was shown when it was made, and
    /// its holder alone can use the next one.
    #[must_use]
    pub fn from_certificate(former: Former) -> Self {
        Self(Proof::Former(Box::new(former)))
    }

    /// This key, with the wishes of a certificate that it is to take over from; those of its own
    /// request are not looked at.
    #[must_use]
    pub fn in_place_of(self, former: Former) -> Self {
        Self(match self.0 {
            Proof::Request(request) | Proof::Successor { request, .. } => {
                Proof::Successor { request, former: Box::new(former) }
            }
            Proof::Former(own) => Proof::Former(own),
        })
    }

    /// The key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        match &self.0 {
            Proof::Request(request) | Proof::Successor { request, .. } => request.public_key(),
            Proof::Former(former) => former.certificate.public_key(),
        }
    }

    /// The request that proved it, where there was one.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        match &self.0 {
            Proof::Request(request) | Proof::Successor { request, .. } => Some(request),
            Proof::Former(_) => None,
        }
    }

    /// The same, when nothing else of it is needed.
    #[must_use]
    pub fn into_request(self) -> Option<Request> {
        match self.0 {
            Proof::Request(request) | Proof::Successor { request, .. } => Some(*request),
            Proof::Former(_) => None,
        }
    }

    /// What is wished for it.
    #[must_use]
    pub fn asked(&self) -> Asked<'_> {
        match &self.0 {
            Proof::Request(request) => request.as_ref().into(),
            Proof::Former(former) => former.asked(former.certificate.der()),
            Proof::Successor { request, former } => {
                Asked { public_key: request.public_key(), ..former.asked(request.der()) }
            }
        }
    }
}
