//! Audit events on their way to a sink: sent after the transaction that wrote them, in the order of
//! the chain, each at least once. What could not be sent is sent by a later run.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::Ledger;
use super::audit::{link, signed};
use crate::audit::record::Record;
use crate::store::FileError;
use crate::store::sink::Sink;
use crate::words::clock::Time;
use crate::words::finding::Finding;

/// So many events are sent at most after one act, so that a log that was out for months does not
/// hold up the next certificate.
const AT_ONCE: u32 = 10_000;

/// The sink of a ledger, and what became of the last try.
#[derive(Debug)]
pub(super) struct Forwarding {
    sink: Sink,
    watch: SinkWatch,
}

/// What became of the last try to send events on. It can be asked when the ledger is closed already.
#[derive(Debug, Clone, Default)]
pub struct SinkWatch(Arc<Mutex<Option<String>>>);

impl SinkWatch {
    /// That events could not be sent on. The acts themselves are not affected, and a later run sends
    /// them again.
    #[must_use]
    pub fn failure(&self) -> Option<Finding> {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let message = format!("audit events were not sent on: {reason}");
        let hint = "the next command that changes something sends them; the sink is `[audit] sink` of ca.toml";
        Some(Finding::warning("audit.sink_failed", message).hint(hint))
    }

    fn set(&self, failure: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Why not all events were sent.
enum Stuck {
    Sink(FileError),
    Ledger(rusqlite::Error),
}

impl From<rusqlite::Error> for Stuck {
    fn from(error: rusqlite::Error) -> Self {
        Self::Ledger(error)
    }
}

impl Ledger {
    /// From now on, the events of each act are sent on to this sink, after those that were not sent
    /// before.
    pub fn send_on_to(&mut self, sink: Sink) {
        self.forwarding = Some(Forwarding { sink, watch: SinkWatch::default() });
    }

    /// Tells, also later, whether the last events could be sent on; none where there is no sink.
    #[must_use]
    pub fn sink_watch(&self) -> Option<SinkWatch> {
        self.forwarding.as_ref().map(|forwarding| forwarding.watch.clone())
    }

    /// Sends what was not sent yet. Failures are kept for [`SinkWatch`]: what was done is
    /// done.
    pub(super) fn forward(&mut self) {
        let Some(Forwarding { sink, watch }) = &self.forwarding else { return };
        let (sink, watch) = (sink.clone(), watch.clone());
        let failure = match self.send_rest(&sink) {
            Ok(()) => None,
            Err(Stuck::Sink(error)) => {
                let below = std::error::Error::source(&error).map_or(String::new(), |below| format!(": {below}"));
                Some(format!("{error}{below}"))
            }
            Err(Stuck::Ledger(error)) => Some(self.failed("read")(error).to_string()),
        };
        watch.set(failure);
    }

    fn send_rest(&mut self, sink: &Sink) -> Result<(), Stuck> {
        // How far we came may be forgotten when power goes, for then events are sent twice and none is
        // lost; so it costs no sync of the disk.
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let sent = self.send_in_turn(sink);
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        sent
    }

    /// With the write lock held, so that two processes do not send in each other's way.
    fn send_in_turn(&mut self, sink: &Sink) -> Result<(), Stuck> {
        let transaction = rusqlite::Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let before: Option<String> = transaction
            .prepare_cached("SELECT value FROM meta WHERE key = 'sink_seq'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let before: u64 = before.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut reached = before;
        let mut stuck = None;
        {
            let mut statement = transaction
                .prepare_cached("SELECT seq, prev, body, hash FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
            let mut rows = statement.query((signed(before), AT_ONCE))?;
            let mut open = None;
            while let Some(row) = rows.next()? {
                let link = link(row)?;
                let time = Record::read(&link).map_or(Time::MIN, |record| record.time);
                let end = match &mut open {
                    Some(end) => Ok(end),
                    None => sink.open().map(|end| open.insert(end)),
                };
                match end.and_then(|end| end.send(&link.line(), time)) {
                    Ok(()) => reached = link.seq,
                    Err(error) => {
                        stuck = Some(error);
                        break;
                    }
                }
            }
        }
        if reached > before {
            let sql = "INSERT OR REPLACE INTO meta(key, value) VALUES ('sink_seq', ?1)";
            transaction.prepare_cached(sql)?.execute([reached.to_string()])?;
        }
        transaction.commit()?;
        stuck.map_or(Ok(()), |error| Err(Stuck::Sink(error)))
    }
}
