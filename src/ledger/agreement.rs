//! Whether the rows say what the audit log says: what was issued, and what is revoked. The log is
//! read once; what it says of rows goes into a temporary table, so that memory stays flat.

use rusqlite::{CachedStatement, OptionalExtension};
use serde_json::Value;

use super::{Ledger, LedgerError};
use crate::audit::record::Record;
use crate::words::finding::Finding;
use crate::words::x509::serial::Serial;

/// So many of a kind are named.
const NAMED: usize = 20;

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Rows of certificates.
    pub rows: u64,
    /// Events.
    pub events: u64,
}

impl Ledger {
    /// Compares rows and events. What other tools issued or revoked is one event for many rows, and
    /// is left out.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn agreement(&self) -> Result<(Vec<Finding>, Compared), LedgerError> {
        let failed = self.failed("check");
        let mut findings = Vec::new();
        self.connection
            .execute_batch(
                "PRAGMA temp_store = FILE;
                 CREATE TEMP TABLE IF NOT EXISTS told(id INTEGER PRIMARY KEY, revoked INTEGER NOT NULL);
                 DELETE FROM temp.told;",
            )
            .map_err(&failed)?;
        let mut compared = Compared::default();
        // Revocations that were taken over from a CRL or a backup are not told one by one.
        let mut taken_over = false;
        {
            let sql = "SELECT id, cert_sha256 FROM certificates WHERE serial = ?1 AND 'g' || issuer_id = ?2";
            let mut find = self.connection.prepare_cached(sql).map_err(&failed)?;
            let sql = "INSERT INTO temp.told(id, revoked) VALUES (?1, ?2)
                       ON CONFLICT (id) DO UPDATE SET revoked = excluded.revoked";
            let mut tell = self.connection.prepare_cached(sql).map_err(&failed)?;
            self.connection.execute_batch("SAVEPOINT compare").map_err(&failed)?;
            self.events::<LedgerError>(0, |link| {
                compared.events += 1;
                let Some(record) = Record::read(&link).filter(|record| record.outcome == "done") else { return Ok(()) };
                let revoked = match record.action.as_str() {
                    "issue" | "release" => false,
                    "revoke" => true,
                    "record_revocations" | "import" | "import_crl" | "restore" => {
                        taken_over = true;
                        return Ok(());
                    }
                    _ => return Ok(()),
                };
                let Some((_, members)) = record.object() else { return Ok(()) };
                let wrong = told(&mut find, &mut tell, &members, revoked).map_err(self.failed("check"))?;
                if let Some(what) = wrong.filter(|_| findings.len() < NAMED) {
                    let message = format!("event {} of the audit log {what}", link.seq);
                    findings.push(Finding::error("ledger.log_disagrees", message));
                }
                Ok(())
            })?;
        }
        let known = "tbs IS NOT NULL AND cert IS NOT NULL";
        let of = |sql: String, code: &'static str, says: &str, findings: &mut Vec<Finding>| {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if findings.len() < NAMED {
                    let serial = Serial::from_octets(row.get_ref(0)?.as_blob()?);
                    findings.push(Finding::error(code, format!("serial number `{serial}` {says}")));
                }
            }
            Ok::<_, rusqlite::Error>(())
        };
        let rest = |findings: &mut Vec<Finding>| {
            of(
                format!("SELECT serial FROM certificates WHERE {known} AND id NOT IN (SELECT id FROM temp.told)"),
                "ledger.unrecorded",
                "has a certificate, and no event of the audit log says that it was issued",
                findings,
            )?;
            of(
                "SELECT serial FROM certificates JOIN temp.told USING (id) WHERE revoked AND state != 'revoked'"
                    .to_owned(),
                "ledger.log_disagrees",
                "is not revoked, and the audit log says that it is",
                findings,
            )?;
            if !taken_over {
                of(
                    format!(
                        "SELECT serial FROM certificates JOIN temp.told USING (id) WHERE NOT revoked AND state = 'revoked' AND {known}"
                    ),
                    "ledger.log_disagrees",
                    "is revoked, and no event of the audit log says so",
                    findings,
                )?;
            }
            self.connection.query_row("SELECT count(*) FROM certificates", [], |row| row.get::<_, i64>(0))
        };
        compared.rows = rest(&mut findings).map_err(&failed)?.unsigned_abs();
        self.connection.execute_batch("RELEASE compare").map_err(&failed)?;
        Ok((findings, compared))
    }
}

/// Notes what an event says of its row; answers with what is wrong about it.
fn told(
    find: &mut CachedStatement<'_>,
    tell: &mut CachedStatement<'_>,
    members: &Value,
    revoked: bool,
) -> rusqlite::Result<Option<String>> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let serial = text("serial");
    // Octet by octet: numbers that other tools made may be negative, and reading them as numbers would
    // put a zero in front.
    let Ok(octets) = data_encoding::HEXLOWER.decode(serial.as_bytes()) else { return Ok(None) };
    let row: Option<(i64, Option<[u8; 32]>)> =
        find.query_row((&octets, text("issuer")), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((id, digest)) = row else {
        return Ok(Some(format!("speaks of serial number `{serial}`, which the ledger does not have")));
    };
    tell.execute((id, revoked))?;
    let said = text("fingerprint");
    let own = digest.map(|digest| data_encoding::HEXLOWER.encode(&digest)).unwrap_or_default();
    Ok((!said.is_empty() && said != own)
        .then(|| format!("says that serial number `{serial}` was issued as another certificate than the ledger has")))
}
