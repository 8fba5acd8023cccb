//! A copy of the ledger as it is at one moment, made while others write.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use super::{Ledger, LedgerError, connect};
use crate::store::atomic;

impl Ledger {
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
