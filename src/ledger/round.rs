//! Many certificates in one durable transaction: what a batch has signed is stored, and what it will
//! sign next is reserved. A row that cannot go on fails alone.

use rusqlite::Connection;

use super::reservation::{Reservation, ReservedRow, abandon, complete, reserve};
use super::row::RowId;
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
    pub asked_about: Vec<Fingerprint>,
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
/// is left, and reservations of then that nobody completed are given up.
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
    /// Whether these certificates were issued here, are not revoked and have not ended.
    pub in_use: Vec<bool>,
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
            let Round { signed, unsigned, events, wanted, asked_about } = round;
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
            for wanted in &wanted {
                done.wanted.push(alone(stand(transaction, wanted, act))?);
            }
            for fingerprint in &asked_about {
                done.in_use.push(is_in_use(transaction, fingerprint, act)?);
            }
            Ok(done)
        })
    }

    /// Prepares for many rounds, or goes back to how single certificates are best written.
    ///
    /// # Errors
    /// Where SQLite does not take it.
    pub fn in_bulk(&mut self, bulk: bool) -> Result<(), LedgerError> {
        let (pages, cache) = if bulk { (CHECKPOINT_IN_BULK, CACHE_IN_BULK) } else { (CHECKPOINT_AFTER_PAGES, CACHE) };
        self.connection.set_prepared_statement_cache_capacity(32);
        self.connection
            .pragma_update(None, "wal_autocheckpoint", pages)
            .and_then(|()| self.connection.pragma_update(None, "cache_size", cache))
            .map_err(self.failed("write to"))
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

/// The certificate that the same request got before. Reservations for it whose process is gone are
/// given up: were one of them signed by a repair, there would be two.
fn answered(
    transaction: &Writing<'_>,
    reservation: &Reservation<'_>,
    again: Again,
    act: &Act,
) -> Result<Option<Vec<u8>>, Failure> {
    let newest = match again {
        Again::Anew => return Ok(None),
        Again::SameRequest(newest) | Again::SameContent(newest) => newest,
    };
    // `certificates_key` finds those of a key.
    let mut statement = transaction.prepare_cached(
        "SELECT c.id, c.serial, c.cert, a.body, c.csr FROM certificates c JOIN audit a ON a.seq = c.intent
         WHERE c.spki_sha256 = ?1 AND c.id <= ?2 AND c.issuer_id = ?3 AND c.profile = ?4
               AND (c.not_after - ?5) * 3 > c.not_after - c.not_before AND c.state IN ('issued', 'pending') ORDER BY c.id DESC",
    )?;
    let values = (
        reservation.public_key.octets(),
        newest.0,
        reservation.issuer.get(),
        reservation.profile,
        act.now.time().unix(),
    );
    // The intent names what was asked: the request, and what was ordered beside it.
    let asked = format!("\"asked\":\"{}\"", reservation.asked);
    let own = if matches!(again, Again::SameContent(_)) { content(reservation.request) } else { None };
    let (mut open, mut found) = (Vec::new(), None);
    {
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let is_same = match again {
                Again::SameContent(_) => content(row.get_ref(4)?.as_blob_or_null().ok().flatten()) == own,
                _ => row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?.contains(&asked),
            };
            if !is_same {
                continue;
            }
            found = row.get(2)?;
            if found.is_some() {
                break;
            }
            let serial = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            open.push((RowId(row.get(0)?), Serial::from_octets(serial)));
        }
    }
    for (id, serial) in open {
        let (profile, subject) = (reservation.profile.to_owned(), reservation.subject.to_owned());
        let row = ReservedRow::again(id, reservation.issuer, serial, profile, subject);
        alone(abandon(transaction, row, "the batch that reserved it ended, and the next one asks again", act))?.ok();
    }
    Ok(found)
}

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

fn is_in_use(connection: &Connection, fingerprint: &Fingerprint, act: &Act) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM certificates WHERE cert_sha256 = ?1 AND state = 'issued' AND not_after >= ?2 LIMIT 1",
        )?
        .exists((fingerprint.octets(), act.now.time().unix()))
}
