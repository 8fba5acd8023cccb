//! What is said of a certification request.

use data_encoding::HEXLOWER;
use serde::Serialize;

use super::extension::{self, ExtensionReport};
use super::key::PublicKeyReport;
use super::name::NameReport;
use super::signature;
use super::usage::UsageReport;
use crate::examine::fingerprint::Spellings;
use crate::words::finding::Finding;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::request::{Request, RequestAttribute};

/// A request as a person and a program want to know it. All of it is what the requester wishes.
#[derive(Debug, Clone, Serialize)]
pub struct RequestReport {
    /// Whom it would be about.
    pub subject: NameReport,
    /// The subject alternative names that it asks for.
    pub names: Vec<GeneralName>,
    /// The usages that it asks for; absent where it asks for no extension at all.
    pub usage: Option<UsageReport>,
    /// Its key.
    pub key: PublicKeyReport,
    /// How it is signed, as people write it.
    pub signature_algorithm: String,
    /// Whether its signature shows that the requester holds the private key.
    pub proof_of_possession: ProofReport,
    /// SHA-256 of the whole request.
    pub sha256: Spellings,
    /// The extensions that it asks for.
    pub extensions: Vec<ExtensionReport>,
    /// Its attributes other than those that ask for extensions.
    pub attributes: Vec<AttributeReport>,
    /// The request itself.
    #[serde(skip)]
    pub request: Request,
}

/// Whether a request's signature proves that its maker holds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofReport {
    /// Whether it does.
    pub holds: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttributeReport {
    /// Which it is.
    pub oid: Oid,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// Its values in hex. A challenge password is a secret, and left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl RequestReport {
    /// Of this request.
    #[must_use]
    pub fn of(request: Request) -> Self {
        let asked = request.extensions();
        let proof = request.verify_signature();
        let is_wish = |attribute: &&RequestAttribute| {
            attribute.oid != oid::EXTENSION_REQUEST && attribute.oid != oid::MS_CERT_EXTENSIONS
        };
        Self {
            subject: NameReport::of(request.subject()),
            names: asked.subject_alt_names().to_vec(),
            usage: Some(UsageReport::of(asked)).filter(|_| !asked.is_empty()),
            key: PublicKeyReport::of(request.public_key()),
            signature_algorithm: signature::in_words(request.signature_algorithm()),
            proof_of_possession: ProofReport {
                holds: proof.is_ok(),
                reason: proof.err().map(|error| error.to_string()),
            },
            sha256: Spellings::of(request.fingerprint()),
            extensions: extension::reports(asked),
            attributes: request.attributes().iter().filter(is_wish).map(attribute).collect(),
            request,
        }
    }

    pub(super) fn remarks(&self) -> Vec<Finding> {
        let unproven = self.proof_of_possession.reason.as_ref().map(|reason| {
            let message = format!("the request does not prove that its maker holds the private key: {reason}");
            Finding::error("inspect.no_proof_of_possession", message).clause("RFC 2986 section 4.2")
        });
        unproven.into_iter().chain(self.key.remark()).collect()
    }
}

fn attribute(attribute: &RequestAttribute) -> AttributeReport {
    let secret = attribute.oid == oid::CHALLENGE_PASSWORD;
    AttributeReport {
        oid: attribute.oid.clone(),
        name: attribute.oid.known_as(),
        value: (!secret).then(|| HEXLOWER.encode(&attribute.values)),
    }
}
