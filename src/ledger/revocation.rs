//! What the ledger knows of certificates that are not to be trusted any more.

use rusqlite::OptionalExtension;

use super::issuer::History;
use super::row::Revocation;
use super::{Failure, Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// A certificate that is known only by its number on a CRL of an adopted CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedElsewhere {
    /// Its number.
    pub serial: Serial,
    /// When and why.
    pub revocation: Revocation,
}

impl Ledger {
    /// Takes in the revocations of an adopted CA from before this ledger, and with them the number
    /// that its CRLs go on from. Says how many were not known yet.
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
            let changed = transaction.execute(
                "UPDATE issuers SET history = ?2, last_crl_number = coalesce(?3, last_crl_number) WHERE id = ?1",
                (issuer.get(), History::Supplied.word(), crl_number.map(Serial::octets)),
            )?;
            if changed != 1 {
                return Err(Failure::Ledger(LedgerError::NoIssuer(issuer.to_string())));
            }
            let object = Object::Revocations {
                count: revoked.len(),
                crl_number: crl_number.cloned(),
                issuer: issuer.to_string(),
            };
            let intent =
                audit::append(transaction, &Event::new(act, Action::RecordRevocations, object, Outcome::Done))?;
            let mut statement = transaction.prepare_cached(
                "INSERT INTO certificates(issuer_id, serial, state, intent, reserved_at, revoked_at, reason, invalidity)
                 VALUES (?1, ?2, 'revoked', ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (serial, issuer_id) DO UPDATE
                 SET state = 'revoked', revoked_at = excluded.revoked_at, reason = excluded.reason,
                     invalidity = excluded.invalidity
                 WHERE state != 'revoked'",
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
        let read = || {
            self.connection
                .prepare_cached(
                    // RFC 5280 section 5.3.1: keyCompromise is 1. It is written out, as the index that is
                    // for this question alone has it.
                    "SELECT 1 FROM certificates WHERE spki_sha256 = ?1 AND state = 'revoked' AND reason = 1 LIMIT 1",
                )?
                .query_row([public_key.octets()], |_| Ok(()))
                .optional()
        };
        Ok(read().map_err(self.failed("read"))?.is_some())
    }
}
