//! When certificates end: what a report on the whole CA asks. Everything here walks the index by end
//! and reads no more rows than it hands over.

use rusqlite::{OptionalExtension, params};

use super::row::{COLUMNS, Entry, KnownName, NAMES, RowId, entry, issuer, time};
use super::{Ledger, LedgerError};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::validity::Validity;

/// `+` keeps SQLite from the index by end, which nearly every row is on.
const REPLACED: &str =
    "SELECT 1 FROM certificates WHERE replaces = ?1 AND +state = 'issued' AND +not_after >= ?2 LIMIT 1";

/// Reservations that nobody completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// How many there are.
    pub count: u32,
    /// When the first of them was made.
    pub oldest: Time,
}

impl Ledger {
    /// Profile and validity of the live certificates that end last, at most `limit`.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn last_ends(&self, now: Now, limit: usize) -> Result<Vec<(Option<String>, Validity)>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT profile, not_before, not_after FROM certificates
                 WHERE state = 'issued' AND not_after >= ?1 ORDER BY not_after DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![now.time().unix(), number(limit)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if let (Some(not_before), Some(not_after)) = (time(row, 1)?, time(row, 2)?) {
                    found.push((row.get(0)?, Validity { not_before, not_after }));
                }
            }
            Ok(found)
        };
        read().map_err(self.failed("read"))
    }

    /// Hands over the certificates that were issued, not revoked, and end at `since` or later, the
    /// first to end first, until the receiver has had enough.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn ending_since(
        &self,
        since: Time,
        mut receive: impl FnMut(Entry) -> Result<Walk, LedgerError>,
    ) -> Result<(), LedgerError> {
        let failed = self.failed("read");
        let sql = format!(
            "SELECT {COLUMNS} FROM certificates c WHERE c.state = 'issued' AND c.not_after >= ?1
             ORDER BY c.not_after, c.id"
        );
        let mut names = self.connection.prepare_cached(NAMES).map_err(&failed)?;
        let mut statement = self.connection.prepare_cached(&sql).map_err(&failed)?;
        let mut rows = statement.query([since.unix()]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            if receive(entry(row, &mut names).map_err(&failed)?)? == Walk::Enough {
                break;
            }
        }
        Ok(())
    }

    /// The newest certificates with exactly this name that were reserved after that row, at most
    /// `limit`.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_of(&self, name: &KnownName, after: RowId, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let read = || {
            let sql = format!(
                "SELECT {COLUMNS} FROM names n JOIN certificates c ON c.id = n.certificate_id
                 WHERE n.value = ?1 AND n.kind = ?2 AND n.certificate_id > ?3
                 ORDER BY n.certificate_id DESC LIMIT ?4"
            );
            let mut names = self.connection.prepare_cached(NAMES)?;
            let mut statement = self.connection.prepare_cached(&sql)?;
            let values = params![name.value, name.kind, after.0, number(limit)];
            let rows = statement.query_map(values, |row| entry(row, &mut names))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(self.failed("read"))
    }

    /// Whether a live certificate was issued in the place of this one.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn is_replaced(&self, row: RowId, now: Now) -> Result<bool, LedgerError> {
        let read =
            || self.connection.prepare_cached(REPLACED)?.query_row((row.0, now.time().unix()), |_| Ok(())).optional();
        Ok(read().map_err(self.failed("read"))?.is_some())
    }

    /// How many live certificates each issuer has.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn live_by_issuer(&self, now: Now) -> Result<Vec<(IssuerNumber, u32)>, LedgerError> {
        let read = || {
            // One count for each: grouping would sort all of them first.
            let mut issuers = self.connection.prepare_cached("SELECT id FROM issuers ORDER BY id")?;
            let mut statement = self.connection.prepare_cached(
                "SELECT count(*) FROM certificates WHERE state = 'issued' AND not_after >= ?1 AND issuer_id = ?2",
            )?;
            let numbers = issuers.query_map([], |row| issuer(row, 0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            let count = |number: IssuerNumber| {
                Ok((number, statement.query_row((now.time().unix(), number.get()), |row| row.get(0))?))
            };
            let counted = numbers.into_iter().map(count).collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(counted.into_iter().filter(|(_, live)| *live > 0).collect())
        };
        read().map_err(self.failed("read"))
    }

    /// How many live certificates are due for renewal.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn due(&self, window: Threshold, now: Now) -> Result<u32, LedgerError> {
        let moment = now.time().unix();
        let (condition, bound) = match window {
            Threshold::Remaining(lifetime) => ("not_after <= ?2".to_owned(), moment.saturating_add(lifetime.seconds())),
            // The same whole numbers as `Threshold::due`.
            Threshold::Percent(percent) => {
                (format!("not_after - (not_after - not_before + 1) * {percent} / 100 <= ?2"), moment)
            }
        };
        let sql =
            format!("SELECT count(*) FROM certificates WHERE state = 'issued' AND not_after >= ?1 AND {condition}");
        let read = || self.connection.prepare_cached(&sql)?.query_row((moment, bound), |row| row.get(0));
        read().map_err(self.failed("read"))
    }

    /// How many certificates end between each two neighbours of these times: after the first, at the
    /// second at the latest.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn ends_between(&self, edges: &[Time]) -> Result<Vec<u32>, LedgerError> {
        let read = || {
            let sql = "SELECT count(*) FROM certificates WHERE state = 'issued' AND not_after > ?1 AND not_after <= ?2";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut counts = Vec::new();
            for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
                counts.push(statement.query_row((from.unix(), to.unix()), |row| row.get(0))?);
            }
            Ok(counts)
        };
        read().map_err(self.failed("read"))
    }

    /// The reservations that nobody completed, where there are any.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn pending(&self) -> Result<Option<Pending>, LedgerError> {
        let read = || {
            let sql = "SELECT count(*), min(reserved_at) FROM certificates WHERE state = 'pending'";
            self.connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, time(row, 1)?)))
        };
        let (count, oldest) = read().map_err(self.failed("read"))?;
        Ok(oldest.map(|oldest| Pending { count, oldest }))
    }
}

/// Whether a walk through many rows goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// The next one, please.
    On,
    /// No more.
    Enough,
}

fn number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_found_by_its_own_index() {
        let ledger = Ledger::in_memory(Now::at(Time::MAX)).unwrap();
        let plan = format!("EXPLAIN QUERY PLAN {REPLACED}");
        let plan: String = ledger.connection.query_row(&plan, (1, 1), |row| row.get(3)).unwrap();
        assert!(plan.contains("certificates_replaces"), "{plan}");
    }
}
