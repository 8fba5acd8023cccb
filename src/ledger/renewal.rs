//! Which certificates may have a successor, and which one has taken the place of which.

use rusqlite::OptionalExtension;
use rusqlite::types::Value;
use thiserror::Error;

use super::row::{Entry, Revocation, RowId, State};
use super::{Ledger, LedgerError};
use crate::encoding::certificate;
use crate::words::finding::Finding;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::request::Former;
use crate::words::x509::serial::Serial;

/// Why a certificate has no successor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotRenewable {
    /// It was taken back.
    #[error("certificate {serial} was revoked at {} ({}), and is not renewed", revocation.revoked_at, revocation.reason)]
    Revoked {
        /// Its number.
        serial: Serial,
        /// When and why.
        revocation: Revocation,
    },
    /// It is on hold, so that nobody knows yet whether it will hold again.
    #[error("certificate {serial} is on hold since {}, and is not renewed", since.revoked_at)]
    OnHold {
        /// Its number.
        serial: Serial,
        /// When.
        since: Revocation,
    },
    /// It was reserved and never signed, or is being signed now.
    #[error("certificate {serial} is not issued, or not any more")]
    NotIssued {
        /// Its number.
        serial: Serial,
    },
    /// The ledger knows its number only.
    #[error("of certificate {serial} the ledger knows only that it exists, neither its names nor its key")]
    Bare {
        /// Its number.
        serial: Serial,
    },
    /// Another has taken its place already.
    #[error("certificate {serial} was replaced by {by} already")]
    Superseded {
        /// Its number.
        serial: Serial,
        /// The newest that took its place.
        by: Serial,
    },
}

impl NotRenewable {
    /// The same with a stable code.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let code = match self {
            Self::Revoked { .. } => "ledger.renewal_of_revoked",
            Self::OnHold { .. } => "ledger.renewal_on_hold",
            Self::NotIssued { .. } => "ledger.renewal_of_unissued",
            Self::Bare { .. } => "ledger.renewal_of_bare",
            Self::Superseded { .. } => "ledger.renewal_of_superseded",
        };
        Finding::error(code, self.to_string())
    }
}

impl Ledger {
    /// The certificate of a row as something that may be replaced: issued here and not revoked. This
    /// is the only way to a [`Former`].
    ///
    /// # Errors
    /// [`LedgerError::NotRenewable`] where it may not; as every reading.
    pub fn former(&self, row: RowId) -> Result<(Entry, Former), LedgerError> {
        let entry = self.entry(row)?;
        let serial = entry.serial.clone();
        let refused = |why| Err(LedgerError::NotRenewable(why));
        match (entry.state, entry.revocation) {
            (State::Issued, _) => {}
            (State::Revoked, Some(since)) if since.reason == RevocationReason::CertificateHold => {
                return refused(NotRenewable::OnHold { serial, since });
            }
            (State::Revoked, Some(revocation)) => return refused(NotRenewable::Revoked { serial, revocation }),
            (State::Pending | State::Abandoned | State::Revoked, _) => {
                return refused(NotRenewable::NotIssued { serial });
            }
        }
        let Some(der) = self.certificate(row)? else { return refused(NotRenewable::Bare { serial }) };
        match certificate::read(&der) {
            Ok(certificate) => Ok((entry, Former::new(certificate))),
            Err(error) => Err(LedgerError::Damaged { path: self.path.clone(), reason: error.to_string() }),
        }
    }

    /// One row.
    ///
    /// # Errors
    /// Where there is none.
    pub fn entry(&self, row: RowId) -> Result<Entry, LedgerError> {
        let found = self.entries("c.id = ?1", vec![Value::Integer(row.0)])?.pop();
        found.ok_or_else(|| self.failed("read")(rusqlite::Error::QueryReturnedNoRows))
    }

    /// The newest certificate that took the place of this one, directly or through others, and was not
    /// revoked.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_successor(&self, row: RowId) -> Result<Option<Entry>, LedgerError> {
        let read = || {
            self.connection
                .prepare_cached(
                    // `certificates_replaces` finds those that replace a row.
                    "WITH RECURSIVE line(id) AS (
                         SELECT id FROM certificates WHERE replaces = ?1
                         UNION SELECT c.id FROM certificates c JOIN line ON c.replaces = line.id)
                     SELECT c.id FROM line JOIN certificates c ON c.id = line.id
                     WHERE c.state = 'issued' ORDER BY c.id DESC LIMIT 1",
                )?
                .query_row([row.0], |found| found.get(0))
                .optional()
        };
        match read().map_err(self.failed("read"))? {
            Some(id) => self.entry(RowId(id)).map(Some),
            None => Ok(None),
        }
    }
}
