//! What is in a file: certificates, chains, requests, keys, CRLs and PKCS#7, in PEM, DER or bare
//! base64, several at once.
//!
//! Every report is a value with public fields; text views and JSON are made of the same value.
//! Everything in a report that came from the file is escaped already, so that printing it cannot
//! disturb a terminal.

use serde::Serialize;
use thiserror::Error;

use crate::keys::{OpenKeyError, Passphrase};
use crate::store::read::LARGEST_FILE;
use crate::words::clock::Now;
use crate::words::finding::Finding;

pub mod certificate;
pub mod crl;
pub mod extension;
pub mod glance;
pub mod key;
pub mod name;
mod reading;
pub mod relations;
pub mod request;
pub mod signature;
pub mod store;
pub mod usage;
pub mod validity;

use certificate::CertificateReport;
use crl::CrlReport;
use key::{PrivateKeyReport, PublicKeyReport};
pub(in crate::examine) use reading::begins_as_known;
use request::RequestReport;
use store::StoreReport;

/// The most PEM blocks of one input that are looked at.
pub const MOST_BLOCKS: usize = 50_000;

/// One thing that was found.
///
/// As JSON: `kind` says what it is, `form` how it was encoded, the fields of its report follow,
/// and `remarks` come last.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What it is and says.
    #[serde(flatten)]
    pub content: Content,
    /// How it was encoded.
    pub form: Form,
    /// The label of its PEM block, or under what name it stands in a store, escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What a reader should notice.
    pub remarks: Vec<Finding>,
}

/// How a thing was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A PEM block (RFC 7468).
    Pem,
    /// Bare DER.
    Der,
    /// DER in base64 without the lines of PEM.
    Base64,
    /// Within a PKCS#7 file.
    Pkcs7,
    /// Within a PKCS#12 store.
    Pkcs12,
    /// Within a Java key store.
    Jks,
    /// As a server sent it.
    Tls,
}

/// What a thing is.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// A certificate.
    Certificate(Box<CertificateReport>),
    /// A certification request.
    Request(Box<RequestReport>),
    /// A certificate revocation list.
    Crl(Box<CrlReport>),
    /// A private key; nothing of it is shown but what its certificate shows too.
    PrivateKey(PrivateKeyReport),
    /// A public key.
    PublicKey(PublicKeyReport),
    /// A PKCS#7 file; what it carries follows as items of their own.
    Pkcs7 {
        /// How many certificates follow.
        certificates: usize,
        /// How many CRLs follow.
        crls: usize,
    },
    /// A key store; what it holds follows as items of their own, where its password was given.
    KeyStore(StoreReport),
    /// Something known by name, which is not read here.
    Other {
        /// What it is: `an OCSP response`.
        what: String,
        /// What shows more of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'static str>,
    },
    /// Something that is not what it says or seems to be.
    Unreadable {
        /// What it should be: `certificate`.
        what: String,
        /// Why it is not.
        reason: String,
    },
}

/// Why a whole input is refused.
#[derive(Debug, Error)]
pub enum InspectError {
    /// Longer than [`LARGEST_FILE`].
    #[error("it is larger than {} MB, which is more than is looked at", LARGEST_FILE / (1024 * 1024))]
    TooLarge,
    /// More than [`MOST_BLOCKS`].
    #[error("it has more than {MOST_BLOCKS} PEM blocks")]
    TooMany,
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Nothing that we know.
    #[error("it is {0}; certificates, requests, keys, CRLs and PKCS#7 in PEM or DER are read")]
    Unrecognised(&'static str),
    /// One thing, and that not readable.
    #[error("not a readable {what}: {reason}")]
    Unreadable {
        /// What it seems to be.
        what: String,
        /// Why it is not.
        reason: String,
    },
    /// A store that the given passphrase does not open.
    #[error("the password does not open it, or the file was changed")]
    StoreLocked,
    /// An encrypted key that the given passphrase does not open.
    #[error(transparent)]
    Locked(#[from] OpenKeyError),
}

impl InspectError {
    /// Whether it is nothing that we read, rather than something of ours that is broken, locked or too large.
    #[must_use]
    pub const fn is_nothing_known(&self) -> bool {
        match self {
            Self::Empty | Self::Unrecognised(_) => true,
            Self::TooLarge | Self::TooMany | Self::Unreadable { .. } | Self::StoreLocked | Self::Locked(_) => false,
        }
    }
}

/// Says what is in these bytes, item by item in the order of the file, with remarks on each and
/// on how they belong together.
///
/// # Errors
/// Where the input as a whole is refused. A file of several things where only some are readable is
/// no error: the others are items of kind [`Content::Unreadable`].
pub fn inspect(bytes: &[u8], now: Now) -> Result<Vec<Item>, InspectError> {
    look(bytes, None, now)
}

/// The same, with the public halves of encrypted keys that this passphrase opens.
///
/// # Errors
/// As [`inspect`], and where the passphrase does not open an encrypted key.
pub fn inspect_unlocking(bytes: &[u8], passphrase: &Passphrase, now: Now) -> Result<Vec<Item>, InspectError> {
    look(bytes, Some(passphrase), now)
}

fn look(bytes: &[u8], passphrase: Option<&Passphrase>, now: Now) -> Result<Vec<Item>, InspectError> {
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(InspectError::TooLarge);
    }
    let mut items = reading::items(bytes, now)?;
    if let (Some(passphrase), [Item { content: Content::KeyStore(_), .. }]) = (passphrase, items.as_slice()) {
        let closed = items.swap_remove(0);
        items = store::open(closed, bytes, passphrase, now)?;
    }
    if let [Item { content: Content::Unreadable { what, reason }, .. }] = items.as_slice() {
        return Err(InspectError::Unreadable { what: what.clone(), reason: reason.clone() });
    }
    for item in &mut items {
        if let (Content::PrivateKey(report), Some(passphrase)) = (&mut item.content, passphrase) {
            report.unlock(passphrase)?;
        }
        let not_secret = item.key().and_then(PublicKeyReport::remark);
        item.remarks.extend(not_secret);
    }
    relations::remark(&mut items, relations::Source::File);
    Ok(items)
}

/// Says what a server sent: its certificate first, then its chain.
#[must_use]
pub fn inspect_served(chain: &[Vec<u8>], now: Now) -> Vec<Item> {
    let mut items: Vec<Item> = chain.iter().map(|der| reading::certificate(der, Form::Tls, None, now)).collect();
    relations::remark(&mut items, relations::Source::Server);
    items
}

impl Item {
    pub(crate) fn new(content: Content, form: Form, label: Option<String>) -> Self {
        Self { content, form, label, remarks: Vec::new() }
    }

    /// The item as a PEM block under RFC 7468's own label, unless it is a private key (which is
    /// not printed) or something that is not read.
    #[must_use]
    pub fn pem(&self) -> Option<String> {
        let (label, der) = match &self.content {
            Content::Certificate(report) => ("CERTIFICATE", report.certificate.der()),
            Content::Request(report) => ("CERTIFICATE REQUEST", report.request.der()),
            Content::Crl(report) => ("X509 CRL", report.crl.der()),
            Content::PublicKey(report) => ("PUBLIC KEY", report.key.spki()),
            Content::PrivateKey(_)
            | Content::Pkcs7 { .. }
            | Content::KeyStore(_)
            | Content::Other { .. }
            | Content::Unreadable { .. } => return None,
        };
        Some(crate::encoding::pem::write(label, der))
    }

    /// The public half of the key, where it is a key that can be read.
    fn key(&self) -> Option<&PublicKeyReport> {
        match &self.content {
            Content::PrivateKey(report) => report.public_key.as_ref(),
            Content::PublicKey(report) => Some(report),
            _ => None,
        }
    }

    /// The certificate, where it is one.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateReport> {
        match &self.content {
            Content::Certificate(report) => Some(report),
            _ => None,
        }
    }
}
