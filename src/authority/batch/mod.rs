//! Many certificates at once: the one way to a signature, with its steps grouped.
//!
//! ```text
//! rows ─► workers: ask, prove, plan, clear ─► committer: reserve a group ─► workers: sign, verify
//!                                                     │                              │
//!         caller: deliver, tell in order  ◄── complete the group, with the next reservation ◄┘
//! ```
//!
//! One thread has the ledger. Its transactions hold many rows each: what was signed is completed and
//! what was planned is reserved, so that a certificate costs a share of one durable commit. No byte of
//! a certificate leaves before its completion is durable. Only so many rows are open at a time, however
//! many there are.

mod bounded;
mod committer;
mod error;
mod floor;
mod keyed;
mod places;
mod requests;
mod table;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

pub use error::RowError;
pub use keyed::{KeyFiles, KeyRow};
pub use places::Places;
pub use requests::{RequestFile, RequestFiles, answer_of};
pub use table::{Column, Line, Table, TableError};

use super::{Authority, AuthorityError, Desk, Issued, Signer};
use crate::audit::event::Act;
use crate::ledger::Ledger;
use crate::profile::ProfileName;
use crate::store::layout::Layout;
use crate::store::lock::DirectoryLock;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::request::Request;
use committer::Committer;
use floor::{Closing, Floor, Ticket};

/// Where the rows of a batch come from and where their answers go. It is asked by many threads.
pub trait Errand: Sync {
    /// One row: a file, a line of a list.
    type Row: Send;
    /// Why a row got no certificate.
    type Error: From<AuthorityError> + Send;

    /// What the row asks for; called by the workers, in no order.
    ///
    /// # Errors
    /// Where that cannot be found out. The other rows go on.
    fn ask(&self, row: &Self::Row, desk: &Desk<'_>) -> Result<Ask<Self::Error>, Self::Error>;

    /// Every rule has granted what the row asks for, and nothing is written down yet: the moment to bring
    /// its new key where a crash does not lose it.
    ///
    /// # Errors
    /// Where that cannot be done; the row ends here.
    fn ready(&self, _row: &Self::Row) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Brings certificates where they are wanted, one result for each. They are in the ledger, durably.
    fn deliver(&self, answers: &[(&Self::Row, &Answer)]) -> Vec<Result<(), Self::Error>> {
        answers.iter().map(|_| Ok(())).collect()
    }
}

/// What a row asks for.
#[derive(Debug)]
pub enum Ask<E> {
    /// A certificate.
    Certify(Box<Wish>),
    /// Nothing, if this certificate is in use; if it is not, this is the row's error.
    Stands {
        /// Its digest.
        certificate: Fingerprint,
        /// Its key.
        public_key: Fingerprint,
        /// The request that it is to have answered, in DER, and why the row fails where that said something
        /// else; none where any will do.
        answers: Option<(Vec<u8>, E)>,
        /// Why the row fails where it is not in use, unless its key was revoked for keyCompromise.
        otherwise: E,
    },
}

/// A certificate that a row asks for.
#[derive(Debug)]
pub struct Wish {
    /// The request, which is to prove possession of its key.
    pub request: Request,
    /// What is wanted beside it.
    pub order: Order,
    /// By which rules.
    pub profile: ProfileName,
    /// What happens where the same was asked before.
    pub repeat: Repeat,
}

/// What happens where the same was asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Another certificate is made.
    Anew,
    /// The answer is the certificate that was made before this batch began, if it is not revoked and
    /// more than a third of its time is left: a batch that was ended is taken up again. The same is the same request with the same order.
    Resume,
    /// The same for requests that are made in process, each time with another signature: the same is the
    /// same key, subject and names.
    ResumeOfKey,
}

/// The answer to a row.
#[derive(Debug)]
pub enum Answer {
    /// It was made now.
    Issued(Box<Issued>),
    /// It was made before, and delivered now.
    Delivered(Box<Certificate>),
    /// It was made before, and was where it belongs.
    Stood(Fingerprint),
}

impl Answer {
    /// The certificate that is delivered; none where it stood.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Self::Issued(issued) => Some(issued.certificate()),
            Self::Delivered(certificate) => Some(certificate),
            Self::Stood(_) => None,
        }
    }
}

/// What became of a row.
#[derive(Debug)]
pub struct Outcome<R, E> {
    /// The row.
    pub row: R,
    /// Its answer, or why it has none.
    pub result: Result<Answer, E>,
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// How many rows have an outcome.
    pub told: u64,
    /// Whether it was stopped before the last row.
    pub stopped: bool,
}

type Told<R, E> = (Ticket<R>, Result<Answer, E>);

impl Authority {
    /// Waits until no other batch is at work by this issuer: two that answer the same rows at once would not
    /// know of each other's certificates. Whoever makes a single one does not wait. None where the CA has no
    /// directory.
    ///
    /// # Errors
    /// [`AuthorityError::Lock`] where another batch is at work for longer than `patience`.
    pub fn turn(&self, patience: Duration) -> Result<Option<DirectoryLock>, AuthorityError> {
        let Some(directory) = self.directory() else { return Ok(None) };
        let folder = Layout::at(directory).issuer(self.issuer.number);
        Ok(Some(DirectoryLock::alone(folder.path(), patience)?))
    }

    /// A certificate for each row, on all cores. `tell` hears of each row in the order of the rows,
    /// once it is done. When `stop` is set, no further row is begun, and those that were begun are
    /// brought to their end.
    ///
    /// # Errors
    /// - [`AuthorityError::ForeignPlan`] where the key is not that of this CA;
    /// - [`AuthorityError::Ledger`] where the ledger cannot be written. Rows that were told of are done;
    ///   others may be reserved, and are taken up by the next batch that asks for the same.
    pub fn issue_all<E: Errand>(
        &mut self,
        rows: impl Iterator<Item = E::Row> + Send,
        errand: &E,
        signer: &Signer,
        act: &Act,
        stop: &AtomicBool,
        mut tell: impl FnMut(Outcome<E::Row, E::Error>),
    ) -> Result<Ran, AuthorityError> {
        if signer.certificate.fingerprint() != self.issuer.certificate.fingerprint() {
            return Err(AuthorityError::ForeignPlan);
        }
        let Self { ledger, settings, profiles, issuer, .. } = self;
        let desk = Desk { settings, profiles, issuer };
        let floor = Floor::new(rows, stop);
        let (said, inbox) = channel();
        let (outbox, told) = channel();
        let newest = ledger.newest_row()?;
        let at_work = |ledger: &mut Ledger| {
            thread::scope(|scope| {
                let floor = &floor;
                for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                    let said = said.clone();
                    scope.spawn(move || worker::work(floor, errand, desk, signer, act, &said));
                }
                drop(said);
                let chain = issuer.chain().into();
                let committer = Committer { ledger, issuer: issuer.number, chain, act, newest };
                let committer = scope.spawn(move || committer.run(floor, &inbox, &outbox));
                let _closing = Closing(floor);
                let ran = bring(errand, &told, floor, &mut tell);
                match committer.join() {
                    Ok(done) => done.map(|()| ran),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            })
        };
        let told = ledger.bulk(at_work)?;
        Ok(Ran { told, stopped: floor.was_stopped() })
    }
}

/// Delivers what is durable, and tells of the rows in their order.
fn bring<I: Iterator<Item = E::Row>, E: Errand>(
    errand: &E,
    groups: &Receiver<Vec<Told<E::Row, E::Error>>>,
    floor: &Floor<'_, I>,
    tell: &mut impl FnMut(Outcome<E::Row, E::Error>),
) -> u64 {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut count = 0;
    let mut tell = |row, result| {
        count += 1;
        tell(Outcome { row, result });
    };
    for group in groups {
        for (Ticket { number, row }, result) in delivered(errand, group) {
            waiting.insert(number, (row, result));
        }
        let before = next;
        while let Some((row, result)) = waiting.remove(&next) {
            tell(row, result);
            next += 1;
        }
        floor.told(next - before);
    }
    // Behind a gap stand rows that were done when the ledger failed.
    for (row, result) in waiting.into_values() {
        tell(row, result);
    }
    count
}

fn delivered<E: Errand>(errand: &E, group: Vec<Told<E::Row, E::Error>>) -> Vec<Told<E::Row, E::Error>> {
    let is_new = |result: &Result<Answer, E::Error>| result.as_ref().is_ok_and(|answer| answer.certificate().is_some());
    let answers: Vec<(&E::Row, &Answer)> = group
        .iter()
        .filter(|(_, result)| is_new(result))
        .filter_map(|(ticket, result)| Some((&ticket.row, result.as_ref().ok()?)))
        .collect();
    if answers.is_empty() {
        return group;
    }
    let mut results = errand.deliver(&answers).into_iter();
    group
        .into_iter()
        .map(|(ticket, result)| {
            let failed = if is_new(&result) { results.next().and_then(Result::err) } else { None };
            (ticket, failed.map_or(result, Err))
        })
        .collect()
}

#[cfg(test)]
mod tests;
