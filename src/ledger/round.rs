//! Many certificates in one durable transaction: what a batch has signed is stored, and what it will
//! sign next is reserved. A row that cannot go on fails alone.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::reservation::{Reservation, ReservedRow, abandon, complete, reserve};
use super::row::{RowId, issuer};
use super::{CHECKPOINT_AFTER_PAGES, Failure, Ledger, LedgerError, Writing, audit};
use crate::audit::event::{Act, Event};
use crate::encoding::request;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// During a batch the log grows to so many pages before they are moved into the main file: a page that
/// many certificates change is then moved once for all of them.
const CHECKPOINT_IN_BULK: u32 = 8_000;
/// In KiB, what SQLite keeps of the indexes in memory during a batch, and otherwise (its default).
const CACHE_IN_BULK: i32 = -32_768;
const CACHE: i32 = -2_000;

/// One transaction of a batch.
#[derive(Debug, Default)]
pub struct Round<'a> {
    /// Reserved before, and signed now.
    pub signed: Vec<(ReservedRow, &'a Certificate)>,
    /// Reserved before, and never signed, for this reason.
    pub unsigned: Vec<(ReservedRow, String)>,
    /// What else is put on record: refusals.
    pub events: Vec<Event>,
    /// To be signed next.
    pub wanted: Vec<Wanted<'a>>,
    /// Certificates of which it is asked whether they are in use.
    pub asked_about: Vec<Stands<'a>>,
    /// The newest row from before the batch. What is open up to there was left by a process that is gone: where the
    /// same is asked again, by whatever profile and with whatever order, it is given up, for a repair would make
    /// a second certificate of it.
    pub before: RowId,
}

/// A certificate that stands where an answer belongs.
#[derive(Debug, Clone, Copy)]
pub struct Stands<'a> {
    /// Its digest.
    pub certificate: Fingerprint,
    /// Its key.
    pub public_key: Fingerprint,
    /// The request that it is to have answered, in DER; none where any will do.
    pub request: Option<&'a [u8]>,
}

/// What a certificate that stands there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It was issued here, is not revoked and has not ended.
    Current,
    /// The same, and the request that it answered said something else.
    ForAnother,
    /// It was not issued here, is revoked or has ended.
    No,
    /// The same, and its key was revoked for keyCompromise: no other certificate takes its place.
    CompromisedKey,
}

/// One more certificate.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What is written down.
    pub reservation: Reservation<'a>,
    /// What happens where the same was asked before.
    pub again: Again,
}

/// What happens where the same was asked before, by the same profile and up to this row: the
/// certificate that was made then is the answer, if it is not revoked and more than a third of its time
/// is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Another certificate is made.
    Anew,
    /// The same is the same request, with the same order beside it.
    SameRequest(RowId),
    /// The same is the same key with the same subject, names and attributes in its request, which may
    /// have been signed anew.
    SameContent(RowId),
}

/// What became of the parts of a [`Round`], each list in the order of the round's.
#[derive(Debug, Default)]
pub struct Rounded {
    /// Of what was signed.
    pub signed: Vec<Result<RowId, LedgerError>>,
    /// Of what is wanted.
    pub wanted: Vec<Result<Standing, LedgerError>>,
    /// Of what was asked about.
    pub uses: Vec<Use>,
}

/// Where something that is wanted stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be signed.
    Reserved(ReservedRow),
    /// It was signed before: the certificate's DER.
    Answered(Vec<u8>),
    /// Its key was revoked for keyCompromise.
    CompromisedKey,
}

impl Ledger {
    /// Writes a round in one durable transaction. When this returns, what was signed may leave the
    /// process, and what was reserved may be signed.
    ///
    /// # Errors
    /// Where the ledger could not be written; then nothing of the round was.
    pub fn round(&mut self, round: Round<'_>, act: &Act) -> Result<Rounded, LedgerError> {
        self.write("write to", |transaction| {
            let Round { signed, unsigned, events, wanted, asked_about, before } = round;
            let mut done = Rounded::default();
            for (row, certificate) in signed {
                let fingerprint = certificate.fingerprint();
                done.signed.push(alone(complete(transaction, row, certificate.der(), fingerprint, act))?);
            }
            for (row, reason) in unsigned {
                // Somebody may have given it up already.
                alone(abandon(transaction, row, &reason, act))?.ok();
            }
            for event in events {
                audit::append(transaction, event)?;
            }
            // There are none unless a run was killed.
            let has_open = has_open(transaction, before)?;
            for wanted in &wanted {
                if let (true, Some(request)) = (has_open, wanted.reservation.request) {
                    give_up(transaction, &wanted.reservation.public_key, request, before, act)?;
                }
                done.wanted.push(alone(stand(transaction, wanted, act))?);
            }
            for stands in &asked_about {
                done.uses.push(used(transaction, stands, has_open.then_some(before), act)?);
            }
            Ok(done)
        })
    }

    /// Does work of many rounds, and goes back to how single certificates are best written, however it ends.
    ///
    /// # Errors
    /// That of the work; else where SQLite does not take the change.
    pub fn bulk<T, E: From<LedgerError>>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let done = self.in_bulk(true).map_err(E::from).and_then(|()| work(self));
        let back = self.in_bulk(false);
        let done = done?;
        back?;
        Ok(done)
    }

    fn in_bulk(&mut self, bulk: bool) -> Result<(), LedgerError> {
        let (pages, cache) = if bulk { (CHECKPOINT_IN_BULK, CACHE_IN_BULK) } else { (CHECKPOINT_AFTER_PAGES, CACHE) };
        self.connection.set_prepared_statement_cache_capacity(32);
        self.connection
            .pragma_update(None, "wal_autocheckpoint", pages)
            .and_then(|()| self.connection.pragma_update(None, "cache_size", cache))
            .map_err(self.failed("write to"))?;
        if !bulk {
            self.empty_log();
        }
        Ok(())
    }

    /// Moves a long log into the main file: whoever opens the ledger next would read all of it. What is in the log
    /// is durable, so that it may stay there where somebody is reading, or where the disk does not let it.
    fn empty_log(&self) {
        let _left = self
            .connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        // It cannot fail: it sets a number.
        let _set = self.connection.busy_timeout(self.patience);
    }

    /// The newest row that there is.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_row(&self) -> Result<RowId, LedgerError> {
        self.connection
            .query_row("SELECT ifnull(max(id), 0) FROM certificates", [], |row| row.get(0).map(RowId))
            .map_err(self.failed("read"))
    }
}

/// A reason of ours concerns one row; what SQLite says concerns the transaction.
fn alone<T>(done: Result<T, Failure>) -> Result<Result<T, LedgerError>, Failure> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Failure::Ledger(error)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

fn stand(transaction: &Writing<'_>, wanted: &Wanted<'_>, act: &Act) -> Result<Standing, Failure> {
    let Wanted { reservation, again } = wanted;
    if is_compromised(transaction, &reservation.public_key)? {
        return Ok(Standing::CompromisedKey);
    }
    if let Some(certificate) = answered(transaction, reservation, *again, act)? {
        return Ok(Standing::Answered(certificate));
    }
    reserve(transaction, reservation, act).map(Standing::Reserved)
}

/// The certificate that the same request got before.
fn answered(
    transaction: &Writing<'_>,
    reservation: &Reservation<'_>,
    again: Again,
    act: &Act,
) -> Result<Option<Vec<u8>>, Failure> {
    // What was asked has one digest, or any: nothing comes before the empty octets, and no digest behind these.
    let (newest, from, to) = match again {
        Again::Anew => return Ok(None),
        Again::SameRequest(newest) => (newest, &reservation.asked.octets()[..], &reservation.asked.octets()[..]),
        Again::SameContent(newest) => (newest, &[][..], &[0xff; 33][..]),
    };
    let own = if matches!(again, Again::SameContent(_)) { content(reservation.request) } else { None };
    let mut statement = transaction.prepare_cached(ANSWERED)?;
    let mut rows = statement.query((
        reservation.public_key.octets(),
        from,
        to,
        newest.0,
        reservation.issuer.get(),
        reservation.profile,
        act.now.time().unix(),
    ))?;
    while let Some(row) = rows.next()? {
        let is_same = match again {
            Again::SameContent(_) => own.is_some() && content(row.get_ref(1)?.as_blob_or_null().ok().flatten()) == own,
            Again::SameRequest(_) | Again::Anew => true,
        };
        if is_same {
            return Ok(row.get(0)?);
        }
    }
    Ok(None)
}

/// By key and what was asked: a key may have many certificates.
const ANSWERED: &str = "SELECT cert, csr FROM certificates INDEXED BY certificates_key
                        WHERE spki_sha256 = ?1 AND asked_sha256 BETWEEN ?2 AND ?3 AND id <= ?4 AND issuer_id = ?5
                              AND profile = ?6 AND (not_after - ?7) * 3 > not_after - not_before AND state = 'issued'
                        ORDER BY id DESC";

fn has_open(connection: &Connection, before: RowId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM certificates INDEXED BY certificates_end WHERE state = 'pending' AND id <= ?1 LIMIT 1",
        )?
        .exists([before.0])
}

/// Gives up what was reserved for a request that says the same, and was left by a process that is gone.
fn give_up(
    transaction: &Writing<'_>,
    key: &Fingerprint,
    request: &[u8],
    before: RowId,
    act: &Act,
) -> Result<(), Failure> {
    let own = content(Some(request));
    let mut open = Vec::new();
    {
        let mut statement = transaction.prepare_cached(
            "SELECT id, issuer_id, serial, profile, subject, csr FROM certificates INDEXED BY certificates_key
             WHERE spki_sha256 = ?1 AND id <= ?2 AND state = 'pending'",
        )?;
        let mut rows = statement.query((key.octets(), before.0))?;
        while let Some(row) = rows.next()? {
            if own.is_none() || content(row.get_ref(5)?.as_blob_or_null().ok().flatten()) != own {
                continue;
            }
            let serial = Serial::from_octets(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?);
            let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
            open.push(ReservedRow::again(RowId(row.get(0)?), issuer(row, 1)?, serial, text(3)?, text(4)?));
        }
    }
    for row in open {
        alone(abandon(transaction, row, "the batch that reserved it ended, and the next one asks again", act))?.ok();
    }
    Ok(())
}

/// What a certificate is that stands there. What is open up to a row was left by a process that is gone.
fn used(transaction: &Writing<'_>, stands: &Stands<'_>, open: Option<RowId>, act: &Act) -> Result<Use, Failure> {
    let Stands { certificate, public_key, request } = stands;
    let asked = if open.is_some() || request.is_some() { asked_by(transaction, certificate)? } else { None };
    if let (Some(before), Some((key, asked))) = (open, &asked) {
        give_up(transaction, key, asked, before, act)?;
    }
    // Others have the key of this certificate too, if it was revoked with another one.
    if is_compromised(transaction, public_key)? {
        return Ok(Use::CompromisedKey);
    }
    if !is_in_use(transaction, certificate, act)? {
        return Ok(Use::No);
    }
    // Most are the same to the octet.
    let is_other =
        |(asked, request): (Vec<u8>, &[u8])| asked != request && content(Some(&asked)) != content(Some(request));
    let both = asked.map(|(_, asked)| asked).zip(*request);
    Ok(if both.is_some_and(is_other) { Use::ForAnother } else { Use::Current })
}

/// The key of a certificate, and the request that it answers, or that one of its key answered which it took the place
/// of.
fn asked_by(connection: &Connection, fingerprint: &Fingerprint) -> rusqlite::Result<Option<(Fingerprint, Vec<u8>)>> {
    connection
        .prepare_cached(ASKED_BY)?
        .query_row([fingerprint.octets()], |row| Ok(super::row::digest(row, 0)?.zip(row.get(1)?)))
        .optional()
        .map(Option::flatten)
}

/// A renewal has no request of its own. UNION alone ends, also where rows take the place of each other in a ring.
const ASKED_BY: &str = "WITH RECURSIVE line(key, request, replaces) AS (
                            SELECT spki_sha256, csr, replaces FROM certificates INDEXED BY certificates_digest
                            WHERE cert_sha256 = ?1 AND spki_sha256 IS NOT NULL
                            UNION
                            SELECT line.key, before.csr, before.replaces FROM line JOIN certificates AS before
                            ON before.id = line.replaces AND before.spki_sha256 = line.key
                            WHERE line.request IS NULL)
                        SELECT key, request FROM line WHERE request IS NOT NULL LIMIT 1";

/// What a request says, without its signature.
fn content(request: Option<&[u8]>) -> Option<Vec<u8>> {
    Some(request::read(request?).ok()?.to_be_signed().to_vec())
}

pub(super) fn is_compromised(connection: &Connection, key: &Fingerprint) -> rusqlite::Result<bool> {
    // RFC 5280 section 5.3.1: keyCompromise is 1. It is written out, as the index that is for this
    // question alone has it: a key may have many certificates.
    connection
        .prepare_cached(
            "SELECT 1 FROM certificates INDEXED BY certificates_compromised
             WHERE spki_sha256 = ?1 AND state = 'revoked' AND reason = 1 LIMIT 1",
        )?
        .exists([key.octets()])
}

/// By state and end all that hold would be walked through, for each of them.
const IN_USE: &str = "SELECT 1 FROM certificates INDEXED BY certificates_digest
                      WHERE cert_sha256 = ?1 AND state = 'issued' AND not_after >= ?2 LIMIT 1";

fn is_in_use(connection: &Connection, fingerprint: &Fingerprint, act: &Act) -> rusqlite::Result<bool> {
    connection.prepare_cached(IN_USE)?.exists((fingerprint.octets(), act.now.time().unix()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::event::{Action, Object, Outcome};
    use crate::words::clock::Now;

    #[test]
    fn a_certificate_is_found_by_its_digest_however_many_there_are() {
        let ledger = Ledger::in_memory(Now::from_system()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {IN_USE}");
        let plan: String = ledger.connection.query_row(&sql, [1, 2], |row| row.get(3)).unwrap();
        assert!(plan.starts_with("SEARCH") && plan.contains("certificates_digest"), "{plan}");
    }

    #[test]
    fn what_a_certificate_answers_is_found_by_its_digest_and_by_the_rows_before_it() {
        let ledger = Ledger::in_memory(Now::from_system()).unwrap();
        let mut statement = ledger.connection.prepare(&format!("EXPLAIN QUERY PLAN {ASKED_BY}")).unwrap();
        let plan: Vec<String> = statement.query_map([1], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("certificates_digest (cert_sha256=?)"), "{plan}");
        assert!(plan.contains("SEARCH before USING INTEGER PRIMARY KEY"), "{plan}");
    }

    #[test]
    fn what_was_asked_before_is_found_among_all_of_a_key() {
        let ledger = Ledger::in_memory(Now::from_system()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {ANSWERED}");
        let plan: String = ledger.connection.query_row(&sql, [1, 2, 3, 4, 5, 6, 7], |row| row.get(3)).unwrap();
        assert!(plan.contains("certificates_key (spki_sha256=? AND asked_sha256>? AND asked_sha256<?)"), "{plan}");
    }

    #[test]
    fn a_batch_leaves_no_log_behind_and_waits_for_no_reader() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let act = Act::of_process("test", Now::from_system());
        let event = Event::new(&act, Action::Backup, Object::File { what: "a copy".into() }, Outcome::Done);
        let log = || std::fs::metadata(crate::ledger::log_of(&path)).unwrap().len();
        let mut ledger = Ledger::create(&path, Duration::from_secs(600), act.now).unwrap();
        let batch = |ledger: &mut Ledger| {
            let round = |ledger: &mut Ledger| {
                let events = vec![event.clone(); 100];
                ledger.round(Round { events, ..Round::default() }, &act)?;
                assert!(log() > 0);
                Ok::<_, LedgerError>(())
            };
            ledger.bulk(round).unwrap();
        };
        batch(&mut ledger);
        assert_eq!(log(), 0);
        let reader = Connection::open(&path).unwrap();
        let mut statement = reader.prepare("SELECT seq FROM audit").unwrap();
        let mut rows = statement.query([]).unwrap();
        assert!(rows.next().unwrap().is_some());
        batch(&mut ledger);
        assert!(log() > 0, "the reader sees what was there when it began");
        drop(rows);
        batch(&mut ledger);
        assert_eq!(log(), 0);
        assert_eq!(ledger.audit_head().unwrap().seq, 300);
    }

    #[test]
    fn work_that_fails_says_why_and_leaves_no_bulk_mode() {
        let mut ledger = Ledger::in_memory(Now::from_system()).unwrap();
        let pages = |ledger: &Ledger| -> u32 {
            ledger.connection.query_row("PRAGMA wal_autocheckpoint", [], |row| row.get(0)).unwrap()
        };
        let failed: Result<(), LedgerError> = ledger.bulk(|ledger| {
            assert_eq!(pages(ledger), CHECKPOINT_IN_BULK);
            Err(LedgerError::NoIssuer("g7".into()))
        });
        assert!(matches!(failed, Err(LedgerError::NoIssuer(_))), "{failed:?}");
        assert_eq!(pages(&ledger), CHECKPOINT_AFTER_PAGES);

        // Where the way back fails too, what came first is told.
        const UNREADABLE: &str =
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'no SQL' WHERE name = 'audit';
                                  PRAGMA writable_schema = RESET";
        let failed: Result<(), LedgerError> = ledger.bulk(|ledger| {
            ledger.connection.execute_batch(UNREADABLE).unwrap();
            Err(LedgerError::NoIssuer("g7".into()))
        });
        assert!(matches!(failed, Err(LedgerError::NoIssuer(_))), "{failed:?}");
        assert!(ledger.in_bulk(false).is_err());
    }
}
