//! The lives of CA certificates: prepared, active, superseded, retired. Each change of state is one
//! transaction together with its event, and none is made twice.

use rusqlite::{Connection, OptionalExtension};

use super::issuer::{IssuerState, NewIssuer};
use super::row::{COLUMNS, Entry, NAMES, entry};
use super::{Failure, Ledger, LedgerError, Writing, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// A live certificate that depends on the CA certificate which issued it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// The certificate.
    pub entry: Entry,
    /// Whether a live certificate took its place, which may not be in use everywhere yet.
    pub replaced: bool,
}

impl Ledger {
    /// Takes in a CA certificate that will sign later, with the one that leads from the old root to
    /// it. `number` is the next free one.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where the number is not the next free one, or one waits already.
    pub fn prepare_issuer(
        &mut self,
        number: IssuerNumber,
        new: &NewIssuer<'_>,
        cross: Option<&[u8]>,
        act: &Act,
    ) -> Result<(), LedgerError> {
        let NewIssuer { subject, public_key, certificate, history, last_crl_number } = new;
        self.write("write to", |transaction| {
            let next: u32 = transaction.query_row("SELECT coalesce(max(id), 0) + 1 FROM issuers", [], |r| r.get(0))?;
            if next != number.get() || in_state(transaction, IssuerState::Prepared)?.is_some() {
                return Err(Failure::Ledger(LedgerError::IssuerState(number)));
            }
            transaction.execute(
                "INSERT INTO issuers(id, state, changed_at, subject, spki_sha256, history, last_crl_number, cert,
                                     cross_cert)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    number.get(),
                    IssuerState::Prepared.word(),
                    act.now.time().unix(),
                    subject,
                    public_key.octets(),
                    history.word(),
                    last_crl_number.as_ref().map(Serial::octets),
                    certificate,
                    cross,
                ),
            )?;
            noted(transaction, number, Action::PrepareIssuer, act)
        })
    }

    /// Makes the prepared one sign. The one that signed until now is superseded.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where it is not prepared.
    pub fn activate_issuer(&mut self, number: IssuerNumber, act: &Act) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            // There is never more than one that signs, not even within the transaction.
            if let Some(active) = in_state(transaction, IssuerState::Active)? {
                change(transaction, active, IssuerState::Active, IssuerState::Superseded, act)?;
            }
            change(transaction, number, IssuerState::Prepared, IssuerState::Active, act)?;
            noted(transaction, number, Action::ActivateIssuer, act)
        })
    }

    /// Ends the trust in one that signed once.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where it is not superseded.
    pub fn retire_issuer(&mut self, number: IssuerNumber, act: &Act) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            change(transaction, number, IssuerState::Superseded, IssuerState::Retired, act)?;
            noted(transaction, number, Action::RetireIssuer, act)
        })
    }

    /// Puts the prepared one in the place of one whose key others have, which is retired at once.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where they are not active and prepared.
    pub fn replace_compromised(
        &mut self,
        number: IssuerNumber,
        next: IssuerNumber,
        act: &Act,
    ) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            change(transaction, number, IssuerState::Active, IssuerState::Retired, act)?;
            change(transaction, next, IssuerState::Prepared, IssuerState::Active, act)?;
            noted(transaction, number, Action::RetireIssuer, act)?;
            noted(transaction, next, Action::ActivateIssuer, act)
        })
    }

    /// Takes an activation back: `number` is prepared again, and `before` signs.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where they do not stand as an activation leaves them.
    pub fn undo_activation(
        &mut self,
        number: IssuerNumber,
        before: IssuerNumber,
        act: &Act,
    ) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            change(transaction, number, IssuerState::Active, IssuerState::Prepared, act)?;
            change(transaction, before, IssuerState::Superseded, IssuerState::Active, act)?;
            noted(transaction, number, Action::UndoRotation, act)
        })
    }

    /// Takes a preparation back. The row stays, so that neither number nor name is given to another key.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where it is not prepared.
    pub fn undo_preparation(&mut self, number: IssuerNumber, act: &Act) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            change(transaction, number, IssuerState::Prepared, IssuerState::Retired, act)?;
            noted(transaction, number, Action::UndoRotation, act)
        })
    }

    /// Puts another certificate of the same subject and key in the place of an issuer's.
    ///
    /// # Errors
    /// [`LedgerError::IssuerState`] where the issuer has another key or name.
    pub fn reissue_issuer(&mut self, number: IssuerNumber, new: &NewIssuer<'_>, act: &Act) -> Result<(), LedgerError> {
        self.write("write to", |transaction| {
            let changed = transaction.execute(
                "UPDATE issuers SET cert = ?2 WHERE id = ?1 AND spki_sha256 = ?3 AND subject = ?4",
                (number.get(), new.certificate, new.public_key.octets(), new.subject),
            )?;
            if changed != 1 {
                return Err(Failure::Ledger(LedgerError::IssuerState(number)));
            }
            noted(transaction, number, Action::ReissueIssuer, act)
        })
    }

    /// The live certificates of an issuer, those that end first at the front, without those of the
    /// profiles that an authority issues for itself.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn dependents(&self, issuer: IssuerNumber, own: &[&str], now: Now) -> Result<Vec<Dependent>, LedgerError> {
        let read = || {
            let sql = format!(
                "SELECT {COLUMNS}, EXISTS(SELECT 1 FROM certificates s WHERE s.replaces = c.id
                                          AND s.state = 'issued' AND s.not_after >= ?2) AS replaced
                 FROM certificates c
                 WHERE c.state = 'issued' AND c.not_after >= ?2 AND +c.issuer_id = ?1
                 ORDER BY c.not_after, c.id"
            );
            let mut names = self.connection.prepare_cached(NAMES)?;
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query((issuer.get(), now.time().unix()))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let entry = entry(row, &mut names)?;
                if !own.iter().any(|profile| entry.profile.as_deref() == Some(*profile)) {
                    found.push(Dependent { entry, replaced: row.get("replaced")? });
                }
            }
            Ok(found)
        };
        read().map_err(self.failed("read"))
    }

    /// When the last certificate of an issuer ends, where that is ahead, revoked ones included and
    /// without those of the profiles that an authority issues for itself: so long its CRL is asked for.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn last_end(&self, issuer: IssuerNumber, own: &[&str], now: Now) -> Result<Option<Time>, LedgerError> {
        let of_state = |state: &str| {
            // From the index by end, the last first; so it ends at the first row that counts.
            let mut statement = self.connection.prepare_cached(
                "SELECT not_after, profile FROM certificates
                 WHERE state = ?1 AND not_after >= ?2 AND +issuer_id = ?3 ORDER BY not_after DESC",
            )?;
            let mut rows = statement.query((state, now.time().unix(), issuer.get()))?;
            while let Some(row) = rows.next()? {
                let profile: Option<String> = row.get(1)?;
                if !own.iter().any(|own| profile.as_deref() == Some(*own)) {
                    return row.get(0).map(Time::from_unix);
                }
            }
            Ok(None)
        };
        let (issued, revoked) = (of_state("issued"), of_state("revoked"));
        let failed = self.failed("read");
        Ok(issued.map_err(&failed)?.max(revoked.map_err(&failed)?))
    }

    /// How many certificates of an issuer that are in force or on hold end after `end`, and when the last of them does,
    /// without those of the profiles that an authority issues for itself; none where there are none.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn outliving(&self, issuer: IssuerNumber, own: &[&str], end: Time) -> Result<Option<(u32, Time)>, LedgerError> {
        let read = || {
            // RFC 5280 section 5.3.1: certificateHold is 6, and may be released.
            let mut statement = self.connection.prepare_cached(
                "SELECT not_after, profile FROM certificates
                 WHERE state IN ('issued', 'revoked') AND (state = 'issued' OR reason = 6) AND not_after > ?2
                       AND +issuer_id = ?1 ORDER BY not_after",
            )?;
            let mut rows = statement.query((issuer.get(), end.unix()))?;
            let mut found: Option<(u32, Time)> = None;
            while let Some(row) = rows.next()? {
                let (last, profile) = (row.get(0).map(Time::from_unix)?, row.get::<_, Option<String>>(1)?);
                if own.iter().any(|own| profile.as_deref() == Some(*own)) {
                    continue;
                }
                let count = found.map_or(0, |(count, _)| count);
                found = last.map(|last| (count.saturating_add(1), last)).or(found);
            }
            Ok(found)
        };
        read().map_err(self.failed("read"))
    }

    /// Whether any CRL was ever built.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn has_crls(&self) -> Result<bool, LedgerError> {
        self.connection
            .query_row("SELECT EXISTS(SELECT 1 FROM crls)", [], |row| row.get(0))
            .map_err(self.failed("read"))
    }

    /// Whether a CA certificate before this one is not retired yet: peers may trust its root alone.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn has_unretired_before(&self, number: IssuerNumber) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS(SELECT 1 FROM issuers WHERE id < ?1 AND state <> 'retired')";
        self.connection.query_row(sql, [number.get()], |row| row.get(0)).map_err(self.failed("read"))
    }
}

fn in_state(transaction: &Connection, state: IssuerState) -> Result<Option<IssuerNumber>, Failure> {
    let sql = "SELECT id FROM issuers WHERE state = ?1 ORDER BY id DESC LIMIT 1";
    let found: Option<u32> = transaction.query_row(sql, [state.word()], |row| row.get(0)).optional()?;
    Ok(found.and_then(IssuerNumber::new))
}

fn change(
    transaction: &Connection,
    number: IssuerNumber,
    from: IssuerState,
    to: IssuerState,
    act: &Act,
) -> Result<(), Failure> {
    let changed = transaction.execute(
        "UPDATE issuers SET state = ?3, changed_at = ?4 WHERE id = ?1 AND state = ?2",
        (number.get(), from.word(), to.word(), act.now.time().unix()),
    )?;
    if changed == 1 { Ok(()) } else { Err(Failure::Ledger(LedgerError::IssuerState(number))) }
}

/// The event of a change, within its transaction.
fn noted(transaction: &Writing<'_>, number: IssuerNumber, action: Action, act: &Act) -> Result<(), Failure> {
    let (subject, certificate): (String, Vec<u8>) =
        transaction.query_row("SELECT subject, cert FROM issuers WHERE id = ?1", [number.get()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let fingerprint = Fingerprint::of(&certificate);
    let object = Object::Issuer { fingerprint, issuer: number.to_string(), subject };
    audit::append(transaction, Event::new(act, action, object, Outcome::Done))?;
    Ok(())
}
