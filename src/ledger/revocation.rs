//! What the ledger knows of certificates that are not to be trusted any more.

use rusqlite::OptionalExtension;

use super::issuer::History;
use super::round::is_compromised;
use super::row::Revocation;
use super::{Failure, Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// An entry of a CRL that was not built from this ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedElsewhere {
    /// Its number.
    pub serial: Serial,
    /// When and why.
    pub revocation: Revocation,
}

impl Ledger {
    /// Takes in revocations that stand on a CRL of this issuer and are not known here: those of an
    /// adopted CA from before this ledger, or those that a restored backup lacks; and with them the
    /// number that its CRLs go on from. Says how many were not known yet. What is known stays as it
    /// is, but for a hold that has become final.
    ///
    /// # Errors
    /// [`LedgerError::NoIssuer`] where the issuer is not known.
    pub fn record_revoked_elsewhere(
        &mut self,
        issuer: IssuerNumber,
        revoked: &[RevokedElsewhere],
        crl_number: Option<&Serial>,
        act: &Act,
    ) -> Result<usize, LedgerError> {
        self.write("write to", |transaction| {
            let known = transaction
                .query_row("SELECT last_crl_number FROM issuers WHERE id = ?1", [issuer.get()], |row| {
                    row.get::<_, Option<Vec<u8>>>(0)
                })
                .optional()?;
            let Some(known) = known else { return Err(Failure::Ledger(LedgerError::NoIssuer(issuer.to_string()))) };
            let known = known.map(|octets| Serial::from_octets(&octets));
            // A number only ever rises.
            let highest = known.iter().chain(crl_number).max_by_key(|number| CrlNumber::from_serial(number));
            transaction.execute(
                "UPDATE issuers SET last_crl_number = ?2,
                        history = CASE history WHEN 'whole' THEN history ELSE ?3 END WHERE id = ?1",
                (issuer.get(), highest.map(Serial::octets), History::Supplied.word()),
            )?;
            let object = Object::Revocations {
                count: revoked.len(),
                crl_number: crl_number.cloned(),
                issuer: issuer.to_string(),
            };
            let intent = audit::append(transaction, Event::new(act, Action::RecordRevocations, object, Outcome::Done))?;
            let mut statement = transaction.prepare_cached(
                "INSERT INTO certificates(issuer_id, serial, state, intent, reserved_at, revoked_at, reason, invalidity)
                 VALUES (?1, ?2, 'revoked', ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (serial, issuer_id) DO UPDATE
                 SET state = 'revoked', revoked_at = excluded.revoked_at, reason = excluded.reason,
                     invalidity = excluded.invalidity
                 WHERE state != 'revoked' OR reason = 6 AND excluded.reason != 6",
            )?;
            let mut new = 0;
            for RevokedElsewhere { serial, revocation } in revoked {
                let Revocation { revoked_at, reason, invalid_since } = revocation;
                new += statement.execute((
                    issuer.get(),
                    serial.octets(),
                    intent,
                    act.now.time().unix(),
                    revoked_at.unix(),
                    reason.code(),
                    invalid_since.map(crate::words::clock::Time::unix),
                ))?;
            }
            Ok(new)
        })
    }

    /// Whether a certificate for this public key was revoked because the key is known to others.
    /// No verb issues for it again.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn is_key_compromised(&self, public_key: &Fingerprint) -> Result<bool, LedgerError> {
        is_compromised(&self.connection, public_key).map_err(self.failed("read"))
    }
}
