//! SHA-256 of certificates, requests and keys, in the forms that pins and configuration files
//! take.

use serde::Serialize;

use super::inspect::{Content, Item};
use crate::words::x509::fingerprint::Fingerprint;

/// One digest, three spellings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spellings {
    /// `ba7816bf…`
    pub hex: String,
    /// `BA:78:16:BF:…`, as OpenSSL prints it.
    pub colons: String,
    /// `ungWv48B…`, as HTTP pins and Kubernetes write it.
    pub base64: String,
}

impl Spellings {
    /// Of this digest.
    #[must_use]
    pub fn of(fingerprint: Fingerprint) -> Self {
        Self { hex: fingerprint.to_string(), colons: fingerprint.colons(), base64: fingerprint.base64() }
    }
}

/// The digests of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprinted {
    /// `certificate`, `request`, `crl`, `private_key`, `public_key`.
    pub kind: &'static str,
    /// Whom it is about, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// SHA-256 of the whole DER. Absent for keys: there the one of the public key counts, whatever
    /// container it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Spellings>,
    /// SHA-256 of its SubjectPublicKeyInfo, the same for a key, its request and its certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<Spellings>,
}

/// The digests of what [`inspect`](super::inspect::inspect) found; things without any are left out.
#[must_use]
pub fn fingerprints(items: &[Item]) -> Vec<Fingerprinted> {
    items.iter().filter_map(fingerprinted).collect()
}

fn fingerprinted(item: &Item) -> Option<Fingerprinted> {
    Some(match &item.content {
        Content::Certificate(report) => Fingerprinted {
            kind: "certificate",
            subject: Some(report.subject.rfc4514.clone()),
            sha256: Some(report.sha256.clone()),
            spki_sha256: Some(report.key.spki_sha256.clone()),
        },
        Content::Request(report) => Fingerprinted {
            kind: "request",
            subject: Some(report.subject.rfc4514.clone()),
            sha256: Some(report.sha256.clone()),
            spki_sha256: Some(report.key.spki_sha256.clone()),
        },
        Content::Crl(report) => Fingerprinted {
            kind: "crl",
            subject: Some(report.issuer.rfc4514.clone()),
            sha256: Some(report.sha256.clone()),
            spki_sha256: None,
        },
        Content::PrivateKey(report) => Fingerprinted {
            kind: "private_key",
            subject: None,
            sha256: None,
            spki_sha256: Some(report.public_key.as_ref()?.spki_sha256.clone()),
        },
        Content::PublicKey(report) => Fingerprinted {
            kind: "public_key",
            subject: None,
            sha256: None,
            spki_sha256: Some(report.spki_sha256.clone()),
        },
        Content::Pkcs7 { .. } | Content::KeyStore(_) | Content::Other { .. } | Content::Unreadable { .. } => {
            return None;
        }
    })
}
