//! The certificates and CRLs of a file, put to the rules of [`crate::lint`].

use serde::Serialize;

use super::inspect::{Content, InspectError, Item, inspect, inspect_unlocking};
use crate::keys::Passphrase;
use crate::lint;
use crate::words::clock::Now;
use crate::words::finding::Finding;

/// A thing that was put to the rules, and what they say of it.
#[derive(Debug, Clone, Serialize)]
pub struct Linted {
    /// What it is.
    pub kind: LintedKind,
    /// Whom a certificate is about, or whose list it is.
    pub subject: String,
    /// Every rule that it breaks.
    pub findings: Vec<Finding>,
}

/// What there are rules for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LintedKind {
    /// A certificate.
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// Something that says it is one of them, and does not decode.
    Unreadable,
}

/// What the rules say of each certificate and CRL of a file; of a store, where its passphrase is given. Keys, requests and the like are passed over.
///
/// # Errors
/// Where nothing is known in the file.
pub fn linted(bytes: &[u8], passphrase: Option<&Passphrase>, now: Now) -> Result<Vec<Linted>, InspectError> {
    let items = match passphrase {
        Some(passphrase) => inspect_unlocking(bytes, passphrase, now)?,
        None => inspect(bytes, now)?,
    };
    Ok(items.into_iter().filter_map(one).collect())
}

fn one(item: Item) -> Option<Linted> {
    match item.content {
        Content::Certificate(report) => {
            let findings = lint::check(&report.certificate);
            Some(Linted { kind: LintedKind::Certificate, subject: report.title(), findings })
        }
        Content::Crl(report) => {
            let findings = lint::crl::check(&report.crl);
            Some(Linted { kind: LintedKind::Crl, subject: report.crl.issuer().rfc4514(), findings })
        }
        Content::Unreadable { what, reason } => {
            let finding = Finding::error("lint.not_readable", format!("the {what} does not decode: {reason}"));
            Some(Linted { kind: LintedKind::Unreadable, subject: what, findings: vec![finding] })
        }
        _ => None,
    }
}
