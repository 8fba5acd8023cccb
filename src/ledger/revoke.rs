//! Taking certificates back, and taking a hold back.

use rusqlite::{Connection, Row};

use super::row::{Revocation, RowId, State, issuer, time};
use super::{Failure, Ledger, LedgerError, Writing, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

/// What became of one certificate that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// It is revoked now.
    Done,
    /// It was revoked already, and that stays as it is.
    Already(Revocation),
    /// It was revoked already, as told here, and has another reason now: a hold became final, or its
    /// key is known to be in other hands, which bars it from ever being certified again.
    Changed(Revocation),
}

/// What became of one certificate whose hold was to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// It holds again.
    Done,
    /// It was not revoked.
    Already,
}

struct Known {
    issuer: IssuerNumber,
    serial: Serial,
    state: State,
    subject: Option<String>,
    revocation: Option<Revocation>,
    has_certificate: bool,
}

impl Ledger {
    /// Revokes certificates, all of them or none, durably: a row and an audit event for each. What is
    /// revoked already keeps its first date and its reason, unless that was a hold, or the new reason
    /// is that the key is known to others.
    ///
    /// # Errors
    /// [`LedgerError::NotIssued`] where one was never signed.
    pub fn revoke(
        &mut self,
        rows: &[RowId],
        revocation: &Revocation,
        act: &Act,
    ) -> Result<Vec<RevokeOutcome>, LedgerError> {
        self.write("write to", |transaction| {
            rows.iter().map(|row| revoke(transaction, *row, revocation, act)).collect()
        })
    }

    /// Takes holds back, all of them or none (RFC 5280 section 5.3.1: a hold alone can be).
    ///
    /// # Errors
    /// [`LedgerError::NotOnHold`] where one is revoked for good.
    pub fn release(&mut self, rows: &[RowId], act: &Act) -> Result<Vec<Released>, LedgerError> {
        self.write("write to", |transaction| rows.iter().map(|row| release(transaction, *row, act)).collect())
    }
}

fn revoke(transaction: &Writing<'_>, row: RowId, revocation: &Revocation, act: &Act) -> Result<RevokeOutcome, Failure> {
    let Known { issuer, serial, state, subject, revocation: before, has_certificate: _ } = known(transaction, row)?;
    let Revocation { revoked_at, reason, invalid_since } = *revocation;
    let (outcome, since) = match (state, before) {
        (State::Revoked, Some(before)) if is_final(before.reason, reason) => return Ok(RevokeOutcome::Already(before)),
        // It has not been trusted since its first date, whatever the reason is now.
        (State::Revoked, Some(before)) => (RevokeOutcome::Changed(before), before.revoked_at),
        (State::Issued, _) => (RevokeOutcome::Done, revoked_at),
        (state, _) => return Err(LedgerError::NotIssued { serial, state }.into()),
    };
    transaction
        .prepare_cached(
            "UPDATE certificates SET state = 'revoked', revoked_at = ?2, reason = ?3, invalidity = coalesce(?4, invalidity)
             WHERE id = ?1",
        )?
        .execute((row.get(), since.unix(), reason.code(), invalid_since.map(Time::unix)))?;
    let object = Object::Revocation { invalid_since, issuer: issuer.to_string(), reason, serial, subject };
    audit::append(transaction, Event::new(act, Action::Revoke, object, Outcome::Done))?;
    Ok(outcome)
}

/// Whether what is revoked for one reason stays so when another is told.
fn is_final(before: RevocationReason, now: RevocationReason) -> bool {
    use RevocationReason::{CaCompromise, CertificateHold, KeyCompromise};
    match before {
        CertificateHold => now == CertificateHold,
        KeyCompromise | CaCompromise => true,
        _ => now != KeyCompromise,
    }
}

fn release(transaction: &Writing<'_>, row: RowId, act: &Act) -> Result<Released, Failure> {
    let Known { issuer, serial, state, subject, revocation, has_certificate } = known(transaction, row)?;
    let reason = revocation.map(|revocation| revocation.reason);
    match (state, reason) {
        (State::Issued, _) => return Ok(Released::Already),
        (State::Revoked, Some(RevocationReason::CertificateHold)) => {}
        (State::Revoked, _) => return Err(LedgerError::NotOnHold { serial, reason }.into()),
        (state, _) => return Err(LedgerError::NotIssued { serial, state }.into()),
    }
    let change = if has_certificate {
        "UPDATE certificates SET state = 'issued', revoked_at = NULL, reason = NULL, invalidity = NULL WHERE id = ?1"
    } else {
        // It was known by its number on a CRL alone, and will be on none.
        "DELETE FROM certificates WHERE id = ?1"
    };
    transaction.prepare_cached(change)?.execute([row.get()])?;
    let reason = RevocationReason::CertificateHold;
    let object = Object::Revocation { invalid_since: None, issuer: issuer.to_string(), reason, serial, subject };
    audit::append(transaction, Event::new(act, Action::Release, object, Outcome::Done))?;
    Ok(Released::Done)
}

fn known(transaction: &Connection, id: RowId) -> rusqlite::Result<Known> {
    transaction
        .prepare_cached(
            "SELECT issuer_id, serial, state, subject, revoked_at, reason, invalidity, cert_sha256 IS NOT NULL
             FROM certificates WHERE id = ?1",
        )?
        .query_row([id.get()], from_row)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Known> {
    let revoked_at = time(row, 4)?;
    let code: Option<u8> = row.get(5)?;
    let reason = code.and_then(RevocationReason::from_code).unwrap_or(RevocationReason::Unspecified);
    let invalid_since = time(row, 6)?;
    let word = row.get_ref(2)?.as_str()?;
    Ok(Known {
        issuer: issuer(row, 0)?,
        serial: Serial::from_octets(row.get_ref(1)?.as_blob()?),
        state: State::from_word(word).ok_or_else(|| super::row::unreadable(2, rusqlite::types::Type::Text))?,
        subject: row.get(3)?,
        revocation: revoked_at.map(|revoked_at| Revocation { revoked_at, reason, invalid_since }),
        has_certificate: row.get(7)?,
    })
}
