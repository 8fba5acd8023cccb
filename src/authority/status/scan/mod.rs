//! What servers really serve, beside what the ledger knows: a certificate that was renewed and never
//! loaded, one that nobody here issued, a chain that only some peers can follow.

mod judge;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::authority::{Authority, AuthorityError};
use crate::examine::remote::{Options, RemoteError, Served, Target, fetch};
use crate::words::clock::{Now, Time};
use crate::words::finding::{Finding, Severity};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::serial::Serial;

/// What is asked of [`Authority::scan`].
#[derive(Debug, Clone)]
pub struct ScanOrder {
    /// The servers.
    pub targets: Vec<Target>,
    /// How near an end has to be to be told of.
    pub window: Threshold,
    /// Time for each connection and handshake.
    pub timeout: Duration,
    /// How many are looked at at once.
    pub at_once: usize,
}

/// What came of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScanResult {
    /// The server.
    pub target: Target,
    /// Whether it serves what it should.
    pub fine: bool,
    /// The leaf that it serves; none where nothing was seen.
    pub served: Option<ServedLeaf>,
    /// What is wrong, the worst first, and what is remarkable.
    pub findings: Vec<Finding>,
}

/// A certificate that a server shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServedLeaf {
    /// Whom it is about.
    pub subject: String,
    /// Its number.
    pub serial: Serial,
    /// Its last second.
    pub not_after: Time,
    /// SHA-256 of it.
    pub sha256: Fingerprint,
}

impl Authority {
    /// Looks at every server and compares. Servers that demand a client certificate show theirs all
    /// the same; none is presented, and nothing but a handshake is sent.
    ///
    /// # Errors
    /// Where the ledger or the files of a CA certificate cannot be read; a server that cannot be
    /// reached is a result.
    pub fn scan(&self, order: &ScanOrder, now: Now) -> Result<Vec<ScanResult>, AuthorityError> {
        let judge = judge::Judge { ca: self, generations: self.generations()?, window: order.window, now };
        let seen = look(order);
        order.targets.iter().zip(seen).map(|(target, seen)| judge.result(target, seen)).collect()
    }
}

/// What each server showed, in the order of the targets.
fn look(order: &ScanOrder) -> Vec<Result<Served, RemoteError>> {
    let options = Options { timeout: order.timeout, ..Options::default() };
    let next = AtomicUsize::new(0);
    let seen: Vec<Mutex<Option<Result<Served, RemoteError>>>> =
        order.targets.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let (Some(target), Some(place)) = (order.targets.get(position), seen.get(position)) else { return };
            let found = fetch(target, &options);
            if let Ok(mut place) = place.lock() {
                *place = Some(found);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..order.at_once.clamp(1, order.targets.len().max(1)) {
            scope.spawn(work);
        }
    });
    let not_looked_at = |target: &Target| {
        let source = std::io::Error::other("it was not looked at");
        Err(RemoteError::Connect { address: target.to_string(), source })
    };
    let found = seen.into_iter().map(|place| place.into_inner().ok().flatten());
    found.zip(&order.targets).map(|(found, target)| found.unwrap_or_else(|| not_looked_at(target))).collect()
}

impl ScanResult {
    fn new(target: &Target, served: Option<ServedLeaf>, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let fine = findings.iter().all(|finding| finding.severity == Severity::Notice);
        Self { target: target.clone(), fine, served, findings }
    }
}
