//! Signed heads of the audit chain as rows.

use rusqlite::{OptionalExtension, Row};

use super::row::{RowId, State, time};
use super::{Ledger, LedgerError, audit};
use crate::audit::chain::Head;
use crate::audit::checkpoint::Statement;
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::words::x509::fingerprint::Fingerprint;

/// A checkpoint as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// What is said.
    pub statement: Statement,
    /// The signature over it.
    pub signature: Vec<u8>,
    /// The row of the signer's certificate.
    pub signer: RowId,
    /// That certificate, in DER.
    pub certificate: Vec<u8>,
}

const SELECT: &str = "SELECT k.seq, k.hash, k.time, k.signature, k.certificate_id, c.cert
     FROM checkpoints k JOIN certificates c ON c.id = k.certificate_id";

impl Ledger {
    /// Keeps a checkpoint, and says so in the log.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn keep_checkpoint(
        &mut self,
        statement: &Statement,
        signature: &[u8],
        signer: RowId,
        act: &Act,
    ) -> Result<(), LedgerError> {
        let Statement { head: Head { seq, hash }, time } = statement;
        self.write("write to", |transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO checkpoints(seq, hash, time, signature, certificate_id)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (audit::signed(*seq), hash.octets(), time.unix(), signature, signer.0),
            )?;
            let object = Object::Head { hash: *hash, seq: *seq };
            audit::append(transaction, Event::new(act, Action::Checkpoint, object, Outcome::Done))?;
            Ok(())
        })
    }

    /// The newest checkpoint, where there is one.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare(&format!("{SELECT} ORDER BY k.seq DESC LIMIT 1"))?;
            statement.query_row([], stored).optional()
        };
        read().map_err(self.failed("read"))
    }

    /// Where a row stands; none where there is no such row.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn state_of(&self, row: RowId) -> Result<Option<State>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT state FROM certificates WHERE id = ?1")?;
            statement.query_row([row.0], |row| row.get::<_, String>(0)).optional()
        };
        Ok(read().map_err(self.failed("read"))?.as_deref().and_then(State::from_word))
    }

    /// The row of the certificate with this digest.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn row_of(&self, certificate: &Fingerprint) -> Result<Option<RowId>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT id FROM certificates WHERE cert_sha256 = ?1")?;
            statement.query_row([certificate.octets()], |row| row.get(0).map(RowId)).optional()
        };
        read().map_err(self.failed("read"))
    }

    /// Hands over all checkpoints, the first one first.
    ///
    /// # Errors
    /// What the receiver says, or where they cannot be read.
    pub fn checkpoints<E: From<LedgerError>>(
        &self,
        mut receive: impl FnMut(StoredCheckpoint) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = self.failed("read");
        let mut statement = self.connection.prepare(&format!("{SELECT} ORDER BY k.seq")).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            receive(stored(row).map_err(&failed)?)?;
        }
        Ok(())
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredCheckpoint> {
    let head = Head { seq: audit::sequence(row)?, hash: Fingerprint::from_octets(row.get(1)?) };
    let time = time(row, 2)?.ok_or_else(|| super::row::unreadable(2, rusqlite::types::Type::Integer))?;
    Ok(StoredCheckpoint {
        statement: Statement { head, time },
        signature: row.get(3)?,
        signer: RowId(row.get(4)?),
        certificate: row.get::<_, Option<Vec<u8>>>(5)?.unwrap_or_default(),
    })
}
