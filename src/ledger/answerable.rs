//! What is to be said of certificates to those who ask whether they still hold: OCSP.

use rusqlite::Row;

use super::row::time;
use super::{Ledger, LedgerError, Revocation};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Now;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

/// A certificate that exists and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answerable {
    /// Its number.
    pub serial: Serial,
    /// That it was revoked.
    pub revocation: Option<Revocation>,
}

impl Ledger {
    /// Hands over the certificates of an issuer that have not ended, the revoked ones included, one by
    /// one and in no order. Those that are known only by their number on a CRL have no known end.
    ///
    /// # Errors
    /// What the receiver says, or where the ledger cannot be read.
    pub fn answerable<E: From<LedgerError>>(
        &self,
        issuer: IssuerNumber,
        now: Now,
        mut receive: impl FnMut(Answerable) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = self.failed("read");
        // Each part walks the index by state and end.
        let sql = "SELECT serial, revoked_at, reason, invalidity FROM certificates
                   WHERE state = 'issued' AND not_after >= ?2 AND issuer_id = ?1
                   UNION ALL
                   SELECT serial, revoked_at, reason, invalidity FROM certificates
                   WHERE state = 'revoked' AND not_after >= ?2 AND issuer_id = ?1
                   UNION ALL
                   SELECT serial, revoked_at, reason, invalidity FROM certificates
                   WHERE state = 'revoked' AND not_after IS NULL AND issuer_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query((issuer.get(), now.time().unix())).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            receive(read(row).map_err(&failed)?)?;
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Answerable> {
    let serial = Serial::from_octets(row.get_ref(0)?.as_blob()?);
    let code: Option<u8> = row.get(2)?;
    let reason = RevocationReason::from_code(code.unwrap_or(0)).unwrap_or(RevocationReason::Unspecified);
    let invalid_since = time(row, 3)?;
    let revocation = time(row, 1)?.map(|revoked_at| Revocation { revoked_at, reason, invalid_since });
    Ok(Answerable { serial, revocation })
}
