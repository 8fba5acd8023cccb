//! What this CA has done: issuers, every certificate from its reservation on, revocations, and the
//! audit chain, in one SQLite file. Callers see verbs and words; SQL stays in this folder.
//!
//! The file is in WAL mode with `synchronous=FULL`: a verb that returned is on disk. Readers never
//! wait; writers wait for each other, each with the patience that it was opened with.

mod agreement;
mod answerable;
mod audit;
mod check;
mod checkpoint;
mod crl;
mod ends;
mod error;
mod foreign;
pub mod foreign_database;
mod forward;
mod inheritance;
mod issuer;
mod latest;
mod orphan;
mod query;
mod renewal;
mod reservation;
mod revocation;
mod revoke;
mod rotation;
mod round;
mod row;
mod schema;
mod snapshot;

use std::cell::Cell;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use agreement::Compared;
pub use answerable::Answerable;
pub use checkpoint::StoredCheckpoint;
pub use crl::{CrlRecord, CrlStanding, NewCrl, ReservedCrl};
pub use ends::{Pending, Walk};
pub use error::{Barrier, LedgerError};
pub use foreign::ForeignCrl;
pub use inheritance::{Change, Inherited, Legacy, Merged, Terms};
pub use issuer::{History, Issuer, IssuerState, NewIssuer};
pub use latest::CLOCK_SLACK;
pub use orphan::Orphan;
pub use query::{Counts, Filter, Status};
pub use renewal::NotRenewable;
pub use reservation::{Reservation, ReservedRow};
pub use revocation::RevokedElsewhere;
pub use revoke::{Released, RevokeOutcome};
pub use rotation::Dependent;
pub use round::{Again, Round, Rounded, Standing, Stands, Use, Wanted};
pub use row::{Entry, KnownName, Revocation, RowId, State};

use crate::audit::chain::Head;
use crate::audit::settings::SettingsDigest;
use crate::store::{atomic, directory, file_system};
use crate::words::clock::Now;
use forward::Forwarding;
pub use forward::SinkWatch;

/// After so many pages of the log, the commit that reached them moves them into the main file. The
/// log stays when the last process closes the ledger, and the next one to open it reads it again.
///
/// Median of 1,000 cycles of open, reserve, complete, close on 2 shared cores and a local disk, in
/// milliseconds, by this number:
///
/// | pages | 50 | 200 | 300 | 1000 |
/// |---|---|---|---|---|
/// | log stays at close | 1.02 to 1.26 | 1.01 to 1.07 | 1.17 | 1.62 to 1.68 |
/// | checkpoint at close | 2.05 to 2.55 | 2.23 to 2.48 | | 2.16 to 3.19 |
///
/// Of the 1.0 ms, opening takes 0.35 (schema and log are read), two commits 0.4 (one fsync each),
/// preparing statements 0.15. Less often is dearer to open, more often dearer to commit.
const CHECKPOINT_AFTER_PAGES: u32 = 200;

/// An open ledger: one connection, for one thread at a time.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    patience: Duration,
    settings: Option<SettingsDigest>,
    forwarding: Option<Forwarding>,
}

/// A transaction in which events are written, and the settings that they are written under.
struct Writing<'a> {
    transaction: Transaction<'a>,
    settings: Option<&'a SettingsDigest>,
    /// The end of the audit chain, once it was read or moved here.
    head: Cell<Option<Head>>,
    /// Whether the settings are on record, once that was looked at.
    settings_noted: Cell<bool>,
}

impl<'a> Writing<'a> {
    const fn new(transaction: Transaction<'a>, settings: Option<&'a SettingsDigest>) -> Self {
        Self { transaction, settings, head: Cell::new(None), settings_noted: Cell::new(false) }
    }
}

impl<'a> Deref for Writing<'a> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl Ledger {
    /// Makes a new ledger. The file is born with mode 0600 before SQLite sees it, and SQLite gives
    /// the log beside it the same mode.
    ///
    /// # Errors
    /// [`FileError::Exists`](crate::store::FileError::Exists) where a file is there already.
    pub fn create(path: &Path, patience: Duration, now: Now) -> Result<Self, LedgerError> {
        atomic::create_empty(path)?;
        file_system::refuse_network(path)?;
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)?;
        let mut ledger = Self { connection, path: path.to_owned(), patience, settings: None, forwarding: None };
        ledger.connection.pragma_update(None, "journal_mode", "WAL").map_err(ledger.failed("create"))?;
        ledger.found(now)?;
        Ok(ledger)
    }

    /// A ledger in memory, gone when it is dropped.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn in_memory(now: Now) -> Result<Self, LedgerError> {
        let path = PathBuf::from("(memory)");
        let connection =
            Connection::open_in_memory().map_err(|e| LedgerError::of(e, "create", &path, Duration::ZERO))?;
        let mut ledger = Self { connection, path, patience: Duration::ZERO, settings: None, forwarding: None };
        ledger.found(now)?;
        Ok(ledger)
    }

    /// Opens a ledger for reading and writing.
    ///
    /// # Errors
    /// Where there is none, a newer or a damaged one, or somebody kept it busy.
    pub fn open(path: &Path, patience: Duration) -> Result<Self, LedgerError> {
        let has_log = log_of(path).exists();
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)?;
        let mut ledger = Self { connection, path: path.to_owned(), patience, settings: None, forwarding: None };
        ledger.recognise()?;
        if !has_log {
            // A copy without its log has a new one now. Its name has to outlive a loss of power, which
            // SQLite would otherwise see to at the first commit of every process.
            directory::sync_directory(directory::parent_of(path))?;
        }
        Ok(ledger)
    }

    /// Opens a ledger for looking only. Works while others write, and also where nothing may be
    /// written, such as a mounted snapshot.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_for_reading(path: &Path, patience: Duration) -> Result<Self, LedgerError> {
        let open = |connection| {
            let mut ledger = Self { connection, path: path.to_owned(), patience, settings: None, forwarding: None };
            ledger.recognise().map(|()| ledger)
        };
        match connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, patience).and_then(open) {
            // Without a log there is nothing that another process may be changing, and SQLite may
            // be told so: then it wants no shared memory beside the file.
            Err(LedgerError::NotWritable { .. } | LedgerError::Disk { .. } | LedgerError::Other { .. })
                if log_is_empty(path) =>
            {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                connect_to(immutable_uri(path), path, flags, patience).and_then(open)
            }
            opened => opened,
        }
    }

    /// Closes it so that its main file alone is whole, ready to be moved.
    ///
    /// # Errors
    /// Where the log could not be moved into it.
    pub fn settle(self) -> Result<(), LedgerError> {
        self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE").map_err(self.failed("write to"))
    }

    /// From now on, events say that they were written under these settings.
    pub fn note_settings(&mut self, settings: SettingsDigest) {
        self.settings = Some(settings);
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the tables into an empty file.
    fn found(&mut self, now: Now) -> Result<(), LedgerError> {
        self.write("create", |transaction| {
            transaction.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
            schema::migrate(transaction, 0)?;
            let facts = [
                ("created_at", now.time().to_string()),
                ("created_by", format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))),
            ];
            for (key, value) in facts {
                transaction.execute("INSERT INTO meta(key, value) VALUES (?1, ?2)", (key, value))?;
            }
            Ok(())
        })
    }

    /// Looks whether the file is a ledger of a format that we know, and migrates an older one.
    fn recognise(&mut self) -> Result<(), LedgerError> {
        let number = |name: &'static str| {
            self.connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(self.failed("open"))
        };
        let found = number("user_version")?;
        let path = self.path.clone();
        if number("application_id")? != schema::APPLICATION_ID {
            return Err(LedgerError::NotALedger { path, reason: "it is empty or another program's file" });
        }
        if found > schema::FORMAT {
            return Err(LedgerError::TooNew { path, found, known: schema::FORMAT });
        }
        if found < schema::FORMAT {
            // Read again under the write lock: somebody else may have just done it.
            self.write("migrate", |transaction| {
                let found = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
                Ok(schema::migrate(transaction, found)?)
            })?;
        }
        Ok(())
    }

    /// One transaction that is wholly on disk when this returns, or has left no trace. What it put on
    /// record is then sent on, where there is a sink.
    fn write<T>(
        &mut self,
        act: &'static str,
        work: impl FnOnce(&Writing<'_>) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        let done = self.write_here(act, work)?;
        self.forward();
        Ok(done)
    }

    fn write_here<T>(
        &mut self,
        act: &'static str,
        work: impl FnOnce(&Writing<'_>) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        let Self { connection, path, patience, settings, forwarding: _ } = self;
        let explain = |error| LedgerError::of(error, act, path, *patience);
        // IMMEDIATE: the write lock is had at the beginning, so that what is read inside holds
        // until the commit, and waiting is done where it cannot fail half-way.
        let transaction = Transaction::new(connection, TransactionBehavior::Immediate).map_err(explain)?;
        let writing = Writing::new(transaction, settings.as_ref());
        let done = work(&writing).map_err(|error| match error {
            Failure::Sqlite(error) => explain(error),
            Failure::Ledger(error) => error,
        })?;
        writing.transaction.commit().map_err(explain)?;
        Ok(done)
    }

    fn failed(&self, act: &'static str) -> impl Fn(rusqlite::Error) -> LedgerError + '_ {
        move |error| LedgerError::of(error, act, &self.path, self.patience)
    }
}

/// What may go wrong within a transaction: SQLite's reasons, or ours.
enum Failure {
    Sqlite(rusqlite::Error),
    Ledger(LedgerError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

fn connect(path: &Path, flags: OpenFlags, patience: Duration) -> Result<Connection, LedgerError> {
    match file_system::refuse_network(path) {
        Err(error) if error.is_not_found() => Err(LedgerError::Missing(path.to_owned())),
        Err(error) => Err(error.into()),
        Ok(()) => connect_to(path, path, flags, patience),
    }
}

fn connect_to(
    name: impl AsRef<Path>,
    path: &Path,
    flags: OpenFlags,
    patience: Duration,
) -> Result<Connection, LedgerError> {
    // SQLite is built to take names that begin with `file:` for URIs.
    let name = match name.as_ref().as_os_str().as_encoded_bytes() {
        bytes if bytes.starts_with(b"file:") && !flags.contains(OpenFlags::SQLITE_OPEN_URI) => {
            Path::new(".").join(name)
        }
        _ => name.as_ref().to_owned(),
    };
    let open = || {
        // Without its own mutex: a connection is used by one thread at a time, as Rust sees to.
        let connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(patience)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // One plan for a statement, whatever values it is used with: otherwise SQLite parses some anew
        // each time, in case that other values are better looked for another way.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_AFTER_PAGES)?;
        Ok(connection)
    };
    open().map_err(|error| LedgerError::of(error, "open", path, patience))
}

fn log_is_empty(path: &Path) -> bool {
    std::fs::metadata(log_of(path)).map_or(true, |log| log.len() == 0)
}

/// SQLite's write-ahead log beside a ledger.
fn log_of(path: &Path) -> PathBuf {
    let mut log = OsString::from(path);
    log.push("-wal");
    PathBuf::from(log)
}

/// A `file:` URI by which SQLite takes the file as one that nobody changes.
fn immutable_uri(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri + "?immutable=1"
}

#[cfg(test)]
mod tests;
