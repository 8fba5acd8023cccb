//! Why the ledger could not do what it was asked.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Error as Sqlite, ErrorCode};
use thiserror::Error;

use super::row::State;
use crate::store::FileError;
use crate::store::directory::is_denied;
use crate::store::layout::IssuerNumber;
use crate::store::lock::in_words;
use crate::words::clock::Time;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

/// What keeps the ledger from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Barrier {
    /// There is no room.
    #[error("the disk is full")]
    FullDisk,
    /// A mount, most of the time.
    #[error("it, its directory or its file system is read-only")]
    ReadOnly,
    /// Owner or mode; SQLite keeps its log beside the file, so that the directory counts too.
    #[error("permission denied, to it or to its directory")]
    Denied,
}

/// A failure of the ledger, with its facts.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// There is no ledger at this path.
    #[error("there is no ledger at `{}`", .0.display())]
    Missing(PathBuf),
    /// The file is something else, or empty.
    #[error("`{}` is not a ledger: {reason}", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// An SQLite file without cfssl's tables.
    #[error("`{}` is not a database of cfssl: {reason}", path.display())]
    NotCfssl {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A newer program wrote it.
    #[error("`{}` has format {found}, newer than this program, which knows up to {known}", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The newest that we know.
        known: i32,
    },
    /// Its bytes do not make sense any more.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not.
        reason: String,
    },
    /// Somebody else was writing all the time.
    #[error("`{}` is in use by another process; waited {}", path.display(), in_words(*waited))]
    Busy {
        /// The file.
        path: PathBuf,
        /// For how long we tried.
        waited: Duration,
    },
    /// The disk is full, or the file may not be written.
    #[error("cannot {act} `{}`: {barrier}", path.display())]
    NotWritable {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        barrier: Barrier,
    },
    /// The disk failed, or had no room for a file beside it.
    #[error("cannot {act} `{}`", path.display())]
    Disk {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A serial that is taken, by this or another issuer of the authority.
    #[error("serial number `{0}` is taken already")]
    DuplicateSerial(Serial),
    /// The row was completed, abandoned or taken by repair meanwhile.
    #[error("the reservation of serial number `{0}` is not open any more")]
    NotPending(Serial),
    /// A certificate that may have no successor.
    #[error(transparent)]
    NotRenewable(#[from] super::NotRenewable),
    /// An issuer that the ledger does not know.
    #[error("the ledger has no issuer `{0}`")]
    NoIssuer(String),
    /// What was never signed cannot be revoked.
    #[error("certificate {serial} is {}, and only what was issued can be revoked", state.word())]
    NotIssued {
        /// Its number.
        serial: Serial,
        /// Where it stands.
        state: State,
    },
    /// Only a hold can be taken back.
    #[error("certificate {serial} is not on hold: it {}", in_state(*reason))]
    NotOnHold {
        /// Its number.
        serial: Serial,
        /// Why it was revoked, where it was.
        reason: Option<RevocationReason>,
    },
    /// The clock stands before the last CRL.
    #[error("the last CRL of `{issuer}` is of {last}, and the clock says {now}")]
    ClockBehind {
        /// `g1`.
        issuer: IssuerNumber,
        /// When the last CRL was made.
        last: Time,
        /// What the clock says.
        now: Time,
    },
    /// There is no number left for a CRL.
    #[error("the last CRL of `{0}` has the highest number that there is")]
    NoCrlNumber(IssuerNumber),
    /// A newer CRL of that CA is known.
    #[error("a newer CRL of `{subject}` is known: {known}")]
    OlderCrl {
        /// The CA.
        subject: String,
        /// The known one, by its number or date.
        known: String,
    },
    /// An issuer is not in the state that the change begins with; somebody else was quicker.
    #[error("the CA certificate `{0}` is not in the state that this step begins with")]
    IssuerState(IssuerNumber),
    /// The file or its directory.
    #[error(transparent)]
    File(#[from] FileError),
    /// Anything else that SQLite says.
    #[error("cannot {act} `{}`", path.display())]
    Other {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

fn in_state(reason: Option<RevocationReason>) -> String {
    reason.map_or_else(|| "is not revoked".to_owned(), |reason| format!("was revoked ({reason})"))
}

impl LedgerError {
    /// What an error of SQLite means to whoever wanted to `act`.
    pub(super) fn of(error: Sqlite, act: &'static str, path: &Path, patience: Duration) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path, waited: patience },
            Some(ErrorCode::NotADatabase) => Self::NotALedger { path, reason: "it is no SQLite file" },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, reason: error.to_string() },
            Some(ErrorCode::DiskFull) => Self::NotWritable { act, path, barrier: Barrier::FullDisk },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) if is_denied(&path) => {
                Self::NotWritable { act, path, barrier: Barrier::Denied }
            }
            Some(ErrorCode::ReadOnly) => Self::NotWritable { act, path, barrier: Barrier::ReadOnly },
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::Disk { act, path, source: Box::new(error) }
            }
            _ if matches!(
                error,
                Sqlite::FromSqlConversionFailure(..)
                    | Sqlite::IntegralValueOutOfRange(..)
                    | Sqlite::InvalidColumnType(..)
            ) =>
            {
                Self::Damaged { path, reason: error.to_string() }
            }
            _ => Self::Other { act, path, source: Box::new(error) },
        }
    }
}
