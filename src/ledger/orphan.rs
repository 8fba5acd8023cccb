//! Reservations that nobody will complete any more: who holds the directory alone settles them.

use super::reservation::ReservedRow;
use super::row::{RowId, issuer, time};
use super::{Ledger, LedgerError};
use crate::words::clock::Time;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// A reservation whose process ended between writing it down and storing the certificate.
#[derive(Debug)]
pub struct Orphan {
    /// What is to be completed or abandoned.
    pub row: ReservedRow,
    /// The bytes that were to be signed.
    pub to_be_signed: Vec<u8>,
    /// Its last second.
    pub not_after: Option<Time>,
    /// Digest of its public key.
    pub public_key: Option<Fingerprint>,
}

impl Ledger {
    /// All reservations that are open. Only who holds the directory's lock alone may take them for
    /// orphans: others are being signed now.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn orphans(&self) -> Result<Vec<Orphan>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT id, issuer_id, serial, profile, subject, tbs, not_after, spki_sha256
                 FROM certificates WHERE state = 'pending' ORDER BY id",
            )?;
            let rows = statement.query_map([], |row| {
                let serial = Serial::from_octets(row.get_ref(2)?.as_blob()?);
                let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
                let reserved = ReservedRow::again(RowId(row.get(0)?), issuer(row, 1)?, serial, text(3)?, text(4)?);
                Ok(Orphan {
                    row: reserved,
                    to_be_signed: row.get::<_, Option<Vec<u8>>>(5)?.unwrap_or_default(),
                    not_after: time(row, 6)?,
                    public_key: super::row::digest(row, 7)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.failed("read"))
    }
}
