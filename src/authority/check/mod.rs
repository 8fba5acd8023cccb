//! Whether a CA directory is as it should be, and what mends it where that is safe. Each finding has
//! a code and says what to do.

mod keys;
mod repair;
mod rows;

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::audit::verify_log;
use super::{Access, Authority, AuthorityError, LogState};
use crate::encoding::{certificate, pem};
use crate::keys::Passphrase;
use crate::ledger::{Compared, Ledger, LedgerError};
use crate::store::inventory;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::{is_file, read_limited};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::public_key::PublicKey;

pub use repair::{Orphans, Repaired};

/// The largest CRL that is compared with the ledger.
const LARGEST_CRL: u64 = 256 * 1024 * 1024;

/// What was found.
#[derive(Debug)]
pub struct Checkup {
    /// Everything, the gravest first.
    pub findings: Vec<Finding>,
    /// How much of the ledger was compared with its log.
    pub compared: Compared,
    /// Whether the log is whole, and how far that is vouched for; none where the ledger cannot be read.
    pub log: Option<LogState>,
}

/// How keys are looked at.
#[derive(Debug)]
pub enum KeyLook<'a> {
    /// From outside: keys in clear are compared with their certificates, sealed ones are not opened.
    Outside,
    /// Sealed ones are opened with this.
    Open(Option<&'a Passphrase>),
}

/// Looks at everything in a CA directory, and changes nothing.
///
/// # Errors
/// Where there is no CA, or a directory of it cannot be read. Everything else is a finding.
pub fn check(directory: &Path, keys: &KeyLook<'_>, now: Now, patience: Duration) -> Result<Checkup, AuthorityError> {
    let layout = Layout::at(directory);
    if !is_file(&layout.ledger())? {
        return Err(Authority::absence(&layout, directory)?);
    }
    let mut findings: Vec<Finding> =
        inventory::faults(&layout, now, false)?.into_iter().map(|fault| fault.finding).collect();
    let mut compared = Compared::default();
    let mut log = None;
    let open = || Ledger::open_for_reading(&layout.ledger(), patience);
    match open().and_then(|ledger| Ok((ledger, open()?))) {
        Ok((ledger, beside)) => match of_ledger(&ledger, beside, now) {
            Ok((found, much, state)) => {
                findings.extend(found);
                (compared, log) = (much, Some(state));
            }
            Err(error) => findings.push(unusable("ledger", &error)),
        },
        Err(error) => findings.push(unusable("ledger", &error.into())),
    }
    match Authority::open(directory, Access::Read, patience) {
        Ok(ca) => findings.extend(ca.look(&layout, keys, now)?),
        Err(AuthorityError::Ledger(_)) => {}
        Err(error) => findings.push(unusable("CA", &error)),
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(Checkup { findings, compared, log })
}

fn unusable(what: &str, error: &AuthorityError) -> Finding {
    let below = std::error::Error::source(error).map_or(String::new(), |below| format!(": {below}"));
    let finding = Finding::error("check.unusable", format!("the {what} cannot be used: {error}{below}"));
    let failing = match error {
        AuthorityError::Ledger(LedgerError::Disk { .. }) => true,
        AuthorityError::File(file) | AuthorityError::Ledger(LedgerError::File(file)) => file.is_failing_disk(),
        _ => false,
    };
    // What a failing disk holds may be whole.
    finding.hint(if failing {
        "look at the disk (`df .`, `dmesg --level=err`) before anything else"
    } else {
        "bring that part back from a backup"
    })
}

/// SQLite's file, rows, events, and whether they agree: two halves of about the same work, which are done
/// side by side.
fn of_ledger(ledger: &Ledger, beside: Ledger, now: Now) -> Result<(Vec<Finding>, Compared, LogState), AuthorityError> {
    let (found, rest) = thread::scope(|scope| {
        let rest = scope.spawn(move || Comparison::of(&beside, now));
        (ledger.check(), rest.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let Comparison { rows, keys, log, agreement } = rest;
    let mut findings = found?;
    for finding in findings.iter_mut().filter(|finding| finding.code == "ledger.pending") {
        let hint = "mtls-ca check --repair signs what was reserved; with --abandon-pending it is given up";
        *finding = finding.clone().hint(hint);
    }
    // Rows of a file that is damaged cannot be trusted to be readable.
    if !findings.iter().any(|finding| finding.code == "ledger.file_damaged") {
        findings.extend(rows?);
    }
    findings.extend(keys?);
    let log = log?;
    // The chain is told of once.
    findings.extend(log.findings.iter().filter(|finding| finding.code != "audit.chain_broken").cloned());
    let (differences, compared) = agreement?;
    findings.extend(differences);
    Ok((findings, compared, log))
}

/// What the parts of a ledger say of each other.
struct Comparison {
    rows: Result<Vec<Finding>, AuthorityError>,
    /// Of the issuers' certificates.
    keys: Result<Vec<Finding>, AuthorityError>,
    log: Result<LogState, AuthorityError>,
    agreement: Result<(Vec<Finding>, Compared), LedgerError>,
}

impl Comparison {
    fn of(ledger: &Ledger, now: Now) -> Self {
        let (keys, log) = match issuer_keys(ledger) {
            Ok((keys, findings)) => (Ok(findings), verify_log(ledger, &keys, None)),
            Err(error) => (Err(error), verify_log(ledger, &[], None)),
        };
        Self { rows: rows::differing(ledger, now), keys, log, agreement: ledger.agreement() }
    }
}

/// The keys that have signed, and what is wrong with their certificates.
fn issuer_keys(ledger: &Ledger) -> Result<(Vec<PublicKey>, Vec<Finding>), AuthorityError> {
    let (mut keys, mut findings) = (Vec::new(), Vec::new());
    for issuer in ledger.issuers()? {
        match certificate::read(&issuer.certificate) {
            Ok(read) => keys.push(read.public_key().clone()),
            Err(error) => findings.push(Finding::error(
                "ledger.certificate_altered",
                format!("the certificate of `{}` cannot be read: {error}", issuer.number),
            )),
        }
    }
    Ok((keys, findings))
}

impl Authority {
    /// What needs the settings and the certificates above: derived files, CRLs, keys, and ends.
    fn look(&self, layout: &Layout, keys: &KeyLook<'_>, now: Now) -> Result<Vec<Finding>, AuthorityError> {
        // Modes are told of with the other files.
        let warnings = self.warnings(now).into_iter();
        let mut findings: Vec<Finding> = warnings.filter(|finding| !finding.code.starts_with("store.")).collect();
        for derived in self.derived()?.into_iter().filter(|derived| !derived.is_current()) {
            let message = format!("`{}` is not what the ledger says", derived.path.display());
            findings.push(Finding::error("check.derived_differs", message).hint("mtls-ca check --repair"));
        }
        for generation in self.generations()? {
            findings.extend(keys::look(layout, &generation, self.issuer.number, keys));
            findings.extend(self.crl_files(layout, generation.number())?);
        }
        findings.extend(keys::auditor(&layout.audit_key()));
        Ok(findings)
    }

    /// Whether the CRL files of a generation are the CRL that the ledger says was built last.
    fn crl_files(&self, layout: &Layout, number: IssuerNumber) -> Result<Option<Finding>, AuthorityError> {
        let Some(last) = self.ledger.crl_standing(number)?.last else { return Ok(None) };
        let folder = layout.issuer(number);
        let is_it = |der: &[u8]| Fingerprint::of(der) == last.fingerprint;
        let der = read_limited(&folder.crl_der(), LARGEST_CRL).is_ok_and(|der| is_it(&der));
        let text = read_limited(&folder.crl_pem(), LARGEST_CRL).unwrap_or_default();
        let text = pem::blocks(&text).is_ok_and(|blocks| matches!(blocks.as_slice(), [one] if is_it(&one.der)));
        let (path, repairable) = match (der, text) {
            (true, true) => return Ok(None),
            (true, false) => (folder.crl_pem(), true),
            (false, true) => (folder.crl_der(), true),
            (false, false) => (folder.crl_der(), false),
        };
        let message =
            format!("`{}` is not the CRL {} that the ledger says was built last", path.display(), last.number);
        let hint = if repairable { "mtls-ca check --repair" } else { "mtls-ca crl build" };
        Ok(Some(Finding::error("check.crl_differs", message).hint(hint)))
    }
}
