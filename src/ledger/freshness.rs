//! How fresh the CRLs are: the newest of each issuer, what is not on it yet, and those of CAs above.

use rusqlite::{OptionalExtension, params};

use super::row::{digest, time, unreadable};
use super::{Ledger, LedgerError};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// A CRL without its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCrl {
    /// Its number.
    pub number: Option<Serial>,
    /// When it was made.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Time,
    /// How many certificates it lists, where that is known.
    pub entries: Option<u32>,
}

/// The CRL of a CA above that lives elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlAbove {
    /// Digest of that CA's public key.
    pub public_key: Fingerprint,
    /// Its subject as text (RFC 4514).
    pub subject: String,
    /// The list.
    pub crl: KnownCrl,
}

impl Ledger {
    /// The newest CRL of an issuer that was signed.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_crl(&self, issuer: IssuerNumber) -> Result<Option<KnownCrl>, LedgerError> {
        let read = || {
            let sql = "SELECT number, this_update, next_update, entries FROM crls
                       WHERE issuer_id = ?1 AND sha256 IS NOT NULL ORDER BY number DESC LIMIT 1";
            self.connection.prepare_cached(sql)?.query_row([issuer.get()], |row| known(row, 0)).optional()
        };
        read().map_err(self.failed("read"))
    }

    /// How many certificates of an issuer were revoked after this moment; all that ever were, where
    /// there is none.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn revoked_after(&self, issuer: IssuerNumber, moment: Option<Time>) -> Result<u32, LedgerError> {
        let read = || {
            let sql = "SELECT count(*) FROM certificates
                       WHERE issuer_id = ?1 AND state = 'revoked' AND revoked_at > ?2";
            let moment = moment.map_or(i64::MIN, Time::unix);
            self.connection.prepare_cached(sql)?.query_row(params![issuer.get(), moment], |row| row.get(0))
        };
        read().map_err(self.failed("read"))
    }

    /// The CRLs of CAs above that live elsewhere.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn crls_above(&self) -> Result<Vec<CrlAbove>, LedgerError> {
        let read = || {
            let sql = "SELECT spki_sha256, subject, number, this_update, next_update, NULL FROM foreign_crls
                       ORDER BY subject";
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let public_key = digest(row, 0)?.ok_or_else(|| unreadable(0, rusqlite::types::Type::Blob))?;
                Ok(CrlAbove { public_key, subject: row.get(1)?, crl: known(row, 2)? })
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(self.failed("read"))
    }
}

/// Four columns from `first` on.
fn known(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<KnownCrl> {
    let at = |column| time(row, column)?.ok_or_else(|| unreadable(column, rusqlite::types::Type::Integer));
    Ok(KnownCrl {
        number: row.get::<_, Option<Vec<u8>>>(first)?.map(|octets| Serial::from_octets(&octets)),
        this_update: at(first + 1)?,
        next_update: at(first + 2)?,
        entries: row.get(first + 3)?,
    })
}
