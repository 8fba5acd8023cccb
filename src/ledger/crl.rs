//! CRLs of our own: their numbers, what goes on them, and whether they are behind.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::row::{digest, time, unreadable};
use super::{CLOCK_SLACK, Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::Listed;
use crate::words::x509::serial::Serial;

/// A CRL that is about to be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCrl {
    /// Whose.
    pub issuer: IssuerNumber,
    /// From when on it counts.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Time,
}

/// A CRL whose number is taken and which is not out yet. Dropped, it stays a number without a list,
/// as after a crash.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reserved CRL is to be completed, or its failure recorded"]
pub struct ReservedCrl {
    new: NewCrl,
    number: CrlNumber,
}

/// A CRL that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CrlRecord {
    /// Whose.
    pub issuer: IssuerNumber,
    /// Its number.
    pub number: CrlNumber,
    /// From when on it counts.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Time,
    /// How many certificates it lists.
    pub entries: u64,
    /// SHA-256 of its DER.
    #[serde(rename = "sha256")]
    pub fingerprint: Fingerprint,
}

/// Where an issuer stands with its CRLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlStanding {
    /// The last one that is out.
    pub last: Option<CrlRecord>,
    /// The highest number that was ever taken, here or before this ledger.
    pub highest: Option<CrlNumber>,
    /// How many changes to its revocations are on no CRL yet.
    pub pending: u64,
}

impl ReservedCrl {
    /// The number.
    #[must_use]
    pub const fn number(&self) -> CrlNumber {
        self.number
    }

    /// The dates, and whose it is.
    #[must_use]
    pub const fn dates(&self) -> &NewCrl {
        &self.new
    }

    fn object(&self, made: Option<(u64, Fingerprint)>) -> Object {
        Object::Crl {
            entries: made.map(|(entries, _)| entries),
            fingerprint: made.map(|(_, fingerprint)| fingerprint),
            issuer: self.new.issuer.to_string(),
            next_update: self.new.next_update,
            number: self.number.to_serial(),
        }
    }
}

impl Ledger {
    /// Takes the number of the next CRL, durably and before the key is used: the larger of the last
    /// one's successor and the seconds since 1970, so that yesterday's backup of the ledger does not
    /// go back to a number that was used since. Where the last CRL is of a moment after now, but not
    /// long after, this one is of the same moment: its date does not go back, and whoever has the last
    /// one is no worse off.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] where the last CRL is of a moment long after now.
    pub fn reserve_crl(&mut self, new: NewCrl, act: &Act) -> Result<ReservedCrl, LedgerError> {
        self.write("write to", |transaction| {
            let CrlStanding { last, highest, pending: _ } = standing(transaction, new.issuer)?;
            let new = not_before_last(new, last.as_ref())?;
            let NewCrl { issuer, this_update, next_update } = new;
            let next = match highest {
                Some(highest) => highest.next().ok_or(LedgerError::NoCrlNumber(issuer))?,
                None => CrlNumber::from_time(this_update),
            };
            let number = next.max(CrlNumber::from_time(this_update));
            transaction.execute(
                "INSERT INTO crls(issuer_id, number, this_update, next_update) VALUES (?1, ?2, ?3, ?4)",
                (issuer.get(), number.octets(), this_update.unix(), next_update.unix()),
            )?;
            let reserved = ReservedCrl { new, number };
            audit::append(transaction, Event::new(act, Action::BuildCrl, reserved.object(None), Outcome::Intended))?;
            Ok(reserved)
        })
    }

    /// Hands over everything that is revoked, by number, as it is at one moment; without what had
    /// ended before `ended_before` (RFC 5280 section 3.3: an entry stays until it was on one CRL from
    /// after the certificate's end). Returns the state of the revocations that this is, for
    /// [`Ledger::complete_crl`].
    ///
    /// # Errors
    /// What the receiver says, or where the ledger cannot be read.
    pub fn revoked<E: From<LedgerError>>(
        &self,
        issuer: IssuerNumber,
        ended_before: Option<Time>,
        mut receive: impl FnMut(Listed<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let failed = self.failed("read");
        // Both queries see the same moment.
        let moment = self.connection.unchecked_transaction().map_err(&failed)?;
        let changes = changes(&moment, issuer).map_err(&failed)?;
        let mut statement = moment
            .prepare_cached(
                "SELECT serial, revoked_at, reason, invalidity FROM certificates INDEXED BY certificates_revoked
                 WHERE issuer_id = ?1 AND state = 'revoked' AND (not_after IS NULL OR not_after >= ?2)
                 ORDER BY serial",
            )
            .map_err(&failed)?;
        let mut rows = statement.query((issuer.get(), ended_before.unwrap_or(Time::MIN).unix())).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            receive(listed(row).map_err(&failed)?)?;
        }
        Ok(changes)
    }

    /// Notes that a CRL is out, and what it was built from.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn complete_crl(
        &mut self,
        reserved: ReservedCrl,
        (entries, fingerprint): (u64, Fingerprint),
        changes: u64,
        act: &Act,
    ) -> Result<CrlRecord, LedgerError> {
        self.write("write to", |transaction| {
            let ReservedCrl { new: NewCrl { issuer, this_update, next_update }, number } = reserved;
            transaction.execute(
                "UPDATE crls SET entries = ?3, sha256 = ?4, changes = ?5 WHERE issuer_id = ?1 AND number = ?2",
                (issuer.get(), number.octets(), signed(entries), fingerprint.octets(), signed(changes)),
            )?;
            let object = reserved.object(Some((entries, fingerprint)));
            audit::append(transaction, Event::new(act, Action::BuildCrl, object, Outcome::Done))?;
            Ok(CrlRecord { issuer, number, this_update, next_update, entries, fingerprint })
        })
    }

    /// Notes that a CRL did not come out, and why. Its number stays taken.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn fail_crl(&mut self, reserved: &ReservedCrl, reason: &str, act: &Act) -> Result<(), LedgerError> {
        let outcome = Outcome::Failed { reason: reason.to_owned() };
        self.append(&Event::new(act, Action::BuildCrl, reserved.object(None), outcome))
    }

    /// Where an issuer stands with its CRLs.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn crl_standing(&self, issuer: IssuerNumber) -> Result<CrlStanding, LedgerError> {
        standing(&self.connection, issuer).map_err(self.failed("read"))
    }

    /// Whether an issuer has certificates of a profile other than these, or of none that is known.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn has_other_profiles(&self, issuer: IssuerNumber, profiles: &[&str]) -> Result<bool, LedgerError> {
        let sql = format!(
            "SELECT EXISTS(SELECT 1 FROM certificates WHERE issuer_id = ? AND (profile IS NULL OR profile NOT IN ({})))",
            vec!["?"; profiles.len()].join(", ")
        );
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            statement.raw_bind_parameter(1, issuer.get())?;
            for (position, profile) in profiles.iter().enumerate() {
                statement.raw_bind_parameter(position + 2, profile)?;
            }
            let mut rows = statement.raw_query();
            rows.next()?.map_or(Ok(false), |row| row.get(0))
        };
        read().map_err(self.failed("read"))
    }

    /// Whether an issuer has any certificate at all.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn has_certificates(&self, issuer: IssuerNumber) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS(SELECT 1 FROM certificates WHERE issuer_id = ?1)";
        self.connection.query_row(sql, [issuer.get()], |row| row.get(0)).map_err(self.failed("read"))
    }
}

/// The same CRL, not dated before the last one.
fn not_before_last(new: NewCrl, last: Option<&CrlRecord>) -> Result<NewCrl, LedgerError> {
    let NewCrl { issuer, this_update, next_update } = new;
    let behind = last.map_or(0, |last| last.this_update.seconds_since(this_update)).max(0);
    match last {
        Some(last) if behind > CLOCK_SLACK => {
            Err(LedgerError::ClockBehind { issuer, last: last.this_update, now: this_update })
        }
        _ => Ok(NewCrl {
            issuer,
            this_update: this_update.plus_seconds(behind),
            next_update: next_update.plus_seconds(behind),
        }),
    }
}

fn standing(connection: &Connection, issuer: IssuerNumber) -> rusqlite::Result<CrlStanding> {
    let last = connection
        .prepare_cached(
            "SELECT number, this_update, next_update, entries, sha256, changes FROM crls
             WHERE issuer_id = ?1 AND entries IS NOT NULL ORDER BY number DESC LIMIT 1",
        )?
        .query_row([issuer.get()], |row| Ok((record(row, issuer)?, row.get::<_, Option<i64>>(5)?)))
        .optional()?;
    let taken: Option<[u8; 20]> = connection
        .prepare_cached("SELECT max(number) FROM crls WHERE issuer_id = ?1")?
        .query_row([issuer.get()], |row| row.get(0))?;
    let before: Option<Vec<u8>> = connection
        .prepare_cached("SELECT last_crl_number FROM issuers WHERE id = ?1")?
        .query_row([issuer.get()], |row| row.get(0))
        .optional()?
        .flatten();
    let before = before.and_then(|octets| CrlNumber::from_serial(&Serial::from_octets(&octets)));
    let built_from = last.and_then(|(_, changes)| changes).map_or(0, unsigned);
    Ok(CrlStanding {
        last: last.map(|(record, _)| record),
        highest: taken.map(CrlNumber::from_octets).max(before),
        pending: changes(connection, issuer)?.saturating_sub(built_from),
    })
}

fn changes(connection: &Connection, issuer: IssuerNumber) -> rusqlite::Result<u64> {
    let found = connection
        .prepare_cached("SELECT changes FROM issuers WHERE id = ?1")?
        .query_row([issuer.get()], |row| row.get(0))
        .optional()?;
    Ok(found.map_or(0, unsigned))
}

fn record(row: &Row<'_>, issuer: IssuerNumber) -> rusqlite::Result<CrlRecord> {
    let date = |column| time(row, column)?.ok_or_else(|| unreadable(column, Type::Integer));
    Ok(CrlRecord {
        issuer,
        number: CrlNumber::from_octets(row.get(0)?),
        this_update: date(1)?,
        next_update: date(2)?,
        entries: unsigned(row.get(3)?),
        fingerprint: digest(row, 4)?.ok_or_else(|| unreadable(4, Type::Blob))?,
    })
}

fn listed<'a>(row: &'a Row<'_>) -> rusqlite::Result<Listed<'a>> {
    let code: Option<u8> = row.get(2)?;
    // RFC 5280 section 5.3.1: an unspecified reason is left out.
    let reason = code.and_then(RevocationReason::from_code).filter(|reason| *reason != RevocationReason::Unspecified);
    Ok(Listed {
        serial: row.get_ref(0)?.as_blob()?,
        revoked_at: time(row, 1)?.ok_or_else(|| unreadable(1, Type::Integer))?,
        reason,
        invalid_since: time(row, 3)?,
    })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// SQLite's integers have a sign; what is counted here never reaches it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
