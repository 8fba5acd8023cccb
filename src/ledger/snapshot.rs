//! A copy of the ledger as it is at one moment, made while others write.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use super::{Ledger, LedgerError, connect};
use crate::store::atomic;
use crate::store::layout::IssuerNumber;
use crate::words::x509::serial::Serial;

impl Ledger {
    /// The number of the last CRL that this ledger knows of: of its own, or from before.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn last_crl_number(&self, issuer: IssuerNumber) -> Result<Option<Serial>, LedgerError> {
        let sql = "SELECT max(number) FROM crls WHERE issuer_id = ?1";
        let own: rusqlite::Result<Option<Vec<u8>>> =
            self.connection.prepare_cached(sql).and_then(|mut last| last.query_row([issuer.get()], |row| row.get(0)));
        let before: rusqlite::Result<Option<Vec<u8>>> = self
            .connection
            .prepare_cached("SELECT last_crl_number FROM issuers WHERE id = ?1")
            .and_then(|mut last| last.query_row([issuer.get()], |row| row.get(0)));
        let failed = self.failed("read");
        let number = |octets: Vec<u8>| {
            let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
            octets.get(start..).unwrap_or_default().to_vec()
        };
        let numbers = [own.map_err(&failed)?, before.map_err(&failed)?];
        let largest = numbers.into_iter().flatten().map(number).max_by_key(|octets| (octets.len(), octets.clone()));
        Ok(largest.map(|octets| Serial::from_octets(&octets)))
    }

    /// Writes a copy into a new file, in one reading transaction: what others commit meanwhile is in
    /// it wholly or not at all. The copy is one file, without a log beside it.
    ///
    /// # Errors
    /// Where the file is there already, or cannot be written.
    pub fn snapshot(&self, path: &Path) -> Result<(), LedgerError> {
        atomic::create_empty(path)?;
        let explain = |error| LedgerError::of(error, "copy the ledger to", path, self.patience);
        let mut copy = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, Duration::ZERO)?;
        {
            let backup = Backup::new(&self.connection, &mut copy).map_err(explain)?;
            // All pages in one step: SQLite holds one view of the source from its first page to its last.
            while backup.step(-1).map_err(explain)? != StepResult::Done {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        // The copy says that it has a log; away with that, so that one file is all of it.
        copy.pragma_update(None, "journal_mode", "DELETE").map_err(explain)?;
        copy.close().map_err(|(_, error)| explain(error))
    }
}
