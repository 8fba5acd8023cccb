//! What a backup says of itself: its files with their digests, and where ledger and log stood.

use serde::{Deserialize, Serialize};

use crate::store::archive::EntryName;

/// The name of the manifest, which is an archive's first file.
pub(in crate::authority) const MANIFEST: &str = "manifest.json";
/// The format that this program writes, and the only one that it reads.
pub(in crate::authority) const FORMAT: u32 = 1;

/// The manifest of a backup. Unknown members are refused: a newer format has another number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1.
    pub format: u32,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The program and its version.
    pub created_by: String,
    /// The end of the audit log.
    pub audit_head: AuditHead,
    /// The CA certificates.
    pub issuers: Vec<BackedUpIssuer>,
    /// Every other file, sorted by name.
    pub files: Vec<BackedUpFile>,
}

/// The end of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// How many events there were.
    pub seq: u64,
    /// The hash of the last one.
    pub hash: String,
}

/// A CA certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedUpIssuer {
    /// `g1`.
    pub issuer: String,
    /// Its subject as text (RFC 4514).
    pub subject: String,
    /// SHA-256 of the certificate.
    pub sha256: String,
    /// The number of the last CRL that the ledger knows, in hexadecimal.
    pub last_crl_number: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedUpFile {
    /// Where it stands in the CA directory.
    pub name: EntryName,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: String,
    /// Whether everybody may read it, as a certificate or a CRL.
    pub public: bool,
}
