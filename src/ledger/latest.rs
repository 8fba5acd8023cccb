//! The latest moment that anything in a ledger is of, by which a clock is known that was set back.

use rusqlite::OptionalExtension;

use super::row::time;
use super::{Ledger, LedgerError};
use crate::audit::record::Record;
use crate::words::clock::Time;

/// By how many seconds acts may stand out of order without a word: a command acts at the moment of its
/// start, another one may have been ahead of it in the queue, and clocks are put right by a little.
/// Certificates begin as much before now as this.
pub const CLOCK_SLACK: i64 = 5 * 60;

/// One look into an index each: this is asked by every command, however much the ledger holds. Numbers
/// of CRLs and checkpoints rise with their times.
const LATEST: &str = "SELECT max(moment) FROM (
    SELECT max(reserved_at) AS moment FROM certificates
    UNION ALL SELECT max(changed_at) FROM issuers
    UNION ALL SELECT time FROM checkpoints WHERE seq = (SELECT max(seq) FROM checkpoints)
    UNION ALL SELECT (SELECT this_update FROM crls WHERE issuer_id = issuers.id ORDER BY number DESC LIMIT 1)
              FROM issuers)";

impl Ledger {
    /// The latest moment of a reservation, a CRL, a checkpoint, a change of a CA certificate, or of
    /// the last act; none before the first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn latest(&self) -> Result<Option<Time>, LedgerError> {
        let read = || {
            let found = self.connection.prepare_cached(LATEST)?.query_row([], |row| time(row, 0)).optional()?;
            Ok(found.flatten())
        };
        let of_rows = read().map_err(self.failed("read"))?;
        let last = self.event(self.audit_head()?.seq)?.and_then(|link| Record::read(&link));
        Ok(of_rows.max(last.map(|record| record.time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::clock::Now;

    #[test]
    fn no_table_is_walked_for_it() {
        let ledger = Ledger::in_memory(Now::at(Time::MAX)).unwrap();
        assert_eq!(ledger.latest().unwrap(), None);
        let mut statement = ledger.connection.prepare(&format!("EXPLAIN QUERY PLAN {LATEST}")).unwrap();
        let plan = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        let walked: Vec<String> = plan.map(Result::unwrap).filter(|step| step.starts_with("SCAN")).collect();
        // Of CA certificates there are a few.
        assert!(
            walked.iter().all(|step| step.contains("issuers") || step.contains("subquery") || step.contains("LATEST")),
            "{walked:?}"
        );
    }
}
