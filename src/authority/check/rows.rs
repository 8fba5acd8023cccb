//! Whether the rows of the ledger say of each certificate what it says itself: what finds it, and what
//! tells when it ends.

use crate::authority::AuthorityError;
use crate::encoding::certificate;
use crate::ledger::{Entry, Filter, KnownName, Ledger, Status};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;

/// So many rows are named one by one.
const NAMED_ONE_BY_ONE: usize = 20;

/// Rows that differ from their certificate. A certificate that cannot be read is
/// [`Ledger::check`]'s to tell.
pub(super) fn differing(ledger: &Ledger, now: Now) -> Result<Vec<Finding>, AuthorityError> {
    let mut findings: Vec<Finding> = Vec::new();
    let all = Filter { status: Status::All, ..Filter::default() };
    ledger.list::<AuthorityError>(&all, now, |entry| {
        let Some(der) = ledger.certificate(entry.id)? else { return Ok(()) };
        let Ok(certificate) = certificate::read(&der) else { return Ok(()) };
        let Some(what) = difference(&entry, &certificate) else { return Ok(()) };
        let message = match findings.len() {
            n if n < NAMED_ONE_BY_ONE => {
                format!("the ledger has another {what} for serial number `{}` than its certificate", entry.serial)
            }
            NAMED_ONE_BY_ONE => "and more of this kind".to_owned(),
            _ => return Ok(()),
        };
        let hint = "bring the ledger back from a backup: mtls-ca restore BACKUP NEW-DIRECTORY";
        findings.push(Finding::error("check.row_differs", message).hint(hint));
        Ok(())
    })?;
    Ok(findings)
}

fn difference(entry: &Entry, certificate: &Certificate) -> Option<&'static str> {
    let mut names = KnownName::all_of(certificate);
    names.sort();
    names.dedup();
    let mut known = entry.names.clone();
    known.sort();
    if known != names {
        return Some("list of names");
    }
    if entry.subject.as_ref().is_some_and(|subject| *subject != certificate.subject().rfc4514()) {
        return Some("subject");
    }
    if entry.validity.is_some_and(|validity| validity != certificate.validity()) {
        return Some("validity");
    }
    let key = certificate.public_key().fingerprint();
    entry.public_key.is_some_and(|known| known != key).then_some("public key")
}
