//! A ledger that is lost, made again as far as certificates and CRLs tell of it.

use std::path::Path;
use std::time::Duration;

use super::text;
use crate::audit::event::{Act, Action};
use crate::authority::foundation::register;
use crate::authority::import::{Inheritance, Source};
use crate::authority::{Access, Authority, AuthorityError};
use crate::encoding::certificate;
use crate::ledger::{History, Ledger, Merged, NewIssuer};
use crate::store::atomic;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::lock::DirectoryLock;
use crate::store::read::is_file;
use crate::store::staging::Staging;
use crate::words::x509::certificate::Certificate;

/// What was made again.
#[derive(Debug)]
pub struct Rebuilt {
    /// The CA certificates.
    pub issuers: Vec<(IssuerNumber, Certificate)>,
    /// The one that signs.
    pub active: IssuerNumber,
    /// What was found of what they issued.
    pub inheritance: Inheritance,
    /// What of it became rows.
    pub merged: Merged,
}

/// Makes the ledger of a directory again, whose CA certificates and keys are there. The rows come from
/// the certificates and CRLs of `source`, and from the CRLs in the directory. What only the ledger
/// knew is gone: requests, requesters, what was reserved and never signed, certificates that are not
/// among the files, and the audit log, which begins anew.
///
/// # Errors
/// [`AuthorityError::LedgerIsThere`] where there is one; where the directory has no CA certificate.
pub fn rebuild(directory: &Path, mut source: Source, patience: Duration, act: &Act) -> Result<Rebuilt, AuthorityError> {
    let layout = Layout::at(directory);
    if is_file(&layout.ledger())? {
        return Err(AuthorityError::LedgerIsThere(directory.to_owned()));
    }
    let issuers = issuers(&layout)?;
    if issuers.is_empty() {
        return Err(AuthorityError::NotThere(directory.to_owned()));
    }
    let active = signing(&layout, &issuers)?;
    {
        let _lock = DirectoryLock::alone(directory, patience)?;
        if is_file(&layout.ledger())? {
            return Err(AuthorityError::LedgerIsThere(directory.to_owned()));
        }
        let room = Staging::within(layout.root())?;
        let beside = Layout::at(room.path());
        let mut ledger = Ledger::create(&beside.ledger(), Duration::ZERO, act.now)?;
        for (number, certificate) in &issuers {
            enter(&layout, &mut ledger, *number, certificate, active, act)?;
        }
        ledger.settle()?;
        atomic::rename_file(&beside.ledger(), &layout.ledger())?;
    }
    for (number, _) in &issuers {
        let published = layout.issuer(*number).crl_der();
        if is_file(&published)? {
            source = source.with_crl(&published)?;
        }
    }
    let mut authority = Authority::open(directory, Access::Record, patience)?;
    let inheritance = authority.inheritance(source)?;
    let merged = authority.inherit(&inheritance, Action::Restore, act)?;
    authority.write_derived()?;
    Ok(Rebuilt { issuers, active, inheritance, merged })
}

/// Enters a CA certificate in the state that it had: prepared after the one that signs, superseded
/// before it.
fn enter(
    layout: &Layout,
    ledger: &mut Ledger,
    number: IssuerNumber,
    certificate: &Certificate,
    active: IssuerNumber,
    act: &Act,
) -> Result<(), AuthorityError> {
    if number == IssuerNumber::FIRST {
        register(ledger, certificate, History::Unknown, act)?;
        return Ok(());
    }
    let file = layout.issuer(number).cross();
    let cross = if is_file(&file)? { read(&file)?.into_iter().next() } else { None };
    let new = NewIssuer {
        subject: &certificate.subject().rfc4514(),
        public_key: certificate.public_key().fingerprint(),
        certificate: certificate.der(),
        history: History::Unknown,
        last_crl_number: None,
    };
    ledger.prepare_issuer(number, &new, cross.as_ref().map(Certificate::der), act)?;
    if number <= active {
        ledger.activate_issuer(number, act)?;
    }
    Ok(())
}

/// The one that signs: it stands first in `chain.crt`, and a root in `ca.crt`.
fn signing(layout: &Layout, issuers: &[(IssuerNumber, Certificate)]) -> Result<IssuerNumber, AuthorityError> {
    for derived in [layout.chain(), layout.trust()] {
        let first = if is_file(&derived)? { read(&derived)?.into_iter().next() } else { None };
        if let Some((number, _)) = issuers.iter().find(|(_, certificate)| Some(certificate) == first.as_ref()) {
            return Ok(*number);
        }
    }
    Ok(issuers.last().map_or(IssuerNumber::FIRST, |(number, _)| *number))
}

fn read(file: &Path) -> Result<Vec<Certificate>, AuthorityError> {
    certificate::read_all(&text(file)?).map_err(|source| AuthorityError::Unreadable { path: file.to_owned(), source })
}

/// The CA certificates in the folders `g1`, `g2` and so on, without a gap: a folder without a
/// certificate waits for one.
fn issuers(layout: &Layout) -> Result<Vec<(IssuerNumber, Certificate)>, AuthorityError> {
    let mut found = Vec::new();
    for number in (1..).map_while(IssuerNumber::new) {
        let file = layout.issuer(number).certificate();
        if !is_file(&file)? {
            break;
        }
        let certificate = read(&file)?.into_iter().next().ok_or(AuthorityError::NoCertificate)?;
        found.push((number, certificate));
    }
    Ok(found)
}
