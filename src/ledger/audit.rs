//! The audit chain as rows.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use super::row::unreadable;
use super::{Ledger, LedgerError, Writing};
use crate::audit::chain::{BEGINNING, Head, Link};
use crate::audit::event::{Action, Event, Outcome};
use crate::audit::settings::SettingsDigest;
use crate::words::x509::fingerprint::Fingerprint;

impl Ledger {
    /// Puts an event that goes with no row at the end of the chain.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn append(&mut self, event: &Event) -> Result<(), LedgerError> {
        self.write("write to", |transaction| Ok(append(transaction, event.clone()).map(drop)?))
    }

    /// The same for who has the ledger for reading otherwise. It is sent on with the next act.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn append_aside(&self, event: &Event) -> Result<(), LedgerError> {
        let write = || {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let writing = Writing::new(transaction, self.settings.as_ref());
            append(&writing, event.clone())?;
            writing.transaction.commit()
        };
        write().map_err(self.failed("write to"))
    }

    /// Hands over the chain from event `first` on, one by one.
    ///
    /// # Errors
    /// What the receiver says, or where the chain cannot be read.
    pub fn events<E: From<LedgerError>>(
        &self,
        first: u64,
        mut receive: impl FnMut(Link) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = self.failed("read");
        let sql = "SELECT seq, prev, body, hash FROM audit WHERE seq >= ?1 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([signed(first)]).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            receive(link(row).map_err(&failed)?)?;
        }
        Ok(())
    }

    /// One event of the chain.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn event(&self, seq: u64) -> Result<Option<Link>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT seq, prev, body, hash FROM audit WHERE seq = ?1")?;
            statement.query_row([signed(seq)], link).optional()
        };
        read().map_err(self.failed("read"))
    }

    /// The end of the chain; kept elsewhere, it shows whether the end was cut off.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn audit_head(&self) -> Result<Head, LedgerError> {
        head(&self.connection).map_err(self.failed("read"))
    }
}

/// Puts an event at the end of the chain, within the caller's transaction; returns its number. It
/// says under which settings it was done, and where these are not those of the last event, an event
/// of its own comes before it.
pub(super) fn append(transaction: &Writing<'_>, event: Event) -> rusqlite::Result<i64> {
    if let (Some(settings), false) = (transaction.settings, transaction.settings_noted.get()) {
        note_settings(transaction, settings, &event)?;
        transaction.settings_noted.set(true);
    }
    link_in(transaction, event)
}

fn note_settings(transaction: &Writing<'_>, settings: &SettingsDigest, event: &Event) -> rusqlite::Result<()> {
    let noted: Option<String> = transaction
        .prepare_cached("SELECT value FROM meta WHERE key = 'settings'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let now = settings.text();
    if noted.as_ref() == Some(&now) {
        return Ok(());
    }
    // With the first event of all, the settings are what they were made as.
    if head_within(transaction)?.seq > 0 {
        for change in settings.changes_since(noted.as_deref().unwrap_or_default()) {
            link_in(transaction, event.beside(Action::ChangeConfig, change, Outcome::Done))?;
        }
    }
    transaction.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('settings', ?1)", [now])?;
    Ok(())
}

fn link_in(transaction: &Writing<'_>, event: Event) -> rusqlite::Result<i64> {
    let event = event.under(transaction.settings.and_then(SettingsDigest::config));
    let link = head_within(transaction)?.followed_by(event.canonical());
    transaction.head.set(Some(link.head()));
    let Link { seq, prev, body, hash } = link;
    transaction.prepare_cached("INSERT INTO audit(seq, prev, body, hash) VALUES (?1, ?2, ?3, ?4)")?.execute((
        signed(seq),
        prev.octets(),
        body,
        hash.octets(),
    ))?;
    Ok(signed(seq))
}

/// The write lock is held, so that nobody else moves it.
fn head_within(transaction: &Writing<'_>) -> rusqlite::Result<Head> {
    match transaction.head.get() {
        Some(head) => Ok(head),
        None => head(transaction),
    }
}

fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let last = connection
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { seq: sequence(row)?, hash: Fingerprint::from_octets(row.get(1)?) }))
        .optional()?;
    Ok(last.unwrap_or(BEGINNING))
}

/// SQLite's integers have a sign; the chain's numbers, counted from 1, never reach it.
pub(super) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn sequence(row: &Row<'_>) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(0)?).map_err(|_| unreadable(0, Type::Integer))
}

pub(super) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let digest = |column| row.get(column).map(Fingerprint::from_octets);
    Ok(Link { seq: sequence(row)?, prev: digest(1)?, body: row.get(2)?, hash: digest(3)? })
}
