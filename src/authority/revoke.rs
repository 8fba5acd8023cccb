//! Taking certificates back.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Authority, AuthorityError};
use crate::audit::event::Act;
use crate::ledger::{Entry, Filter, LedgerError, Released, Revocation, RevokeOutcome, RowId, State, Status};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::reason::RevocationReason;

/// Why certificates are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokeOrder {
    /// Why.
    pub reason: RevocationReason,
    /// Since when they are not to be trusted, where that is before now (RFC 5280 section 5.3.2).
    pub invalid_since: Option<Time>,
}

/// What certificates have in common that are to be taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Their profile.
    pub profile: Option<String>,
    /// They were issued before this moment.
    pub issued_before: Option<Time>,
}

impl Authority {
    /// Revokes certificates, all of them or none, durably. Their CRL is another verb's:
    /// [`Authority::build_crl`] of each of [`Authority::behind`].
    ///
    /// # Errors
    /// - [`AuthorityError::NotAReason`] for `removeFromCRL`, which only delta CRLs have;
    /// - [`AuthorityError::FutureInvalidity`];
    /// - [`AuthorityError::Ledger`] where one was never issued, or nothing can be written.
    pub fn revoke(
        &mut self,
        rows: &[RowId],
        order: &RevokeOrder,
        act: &Act,
    ) -> Result<Vec<RevokeOutcome>, AuthorityError> {
        let RevokeOrder { reason, invalid_since } = *order;
        if reason == RevocationReason::RemoveFromCrl {
            return Err(AuthorityError::NotAReason(reason));
        }
        if let Some(since) = invalid_since.filter(|since| *since > act.now.time()) {
            return Err(AuthorityError::FutureInvalidity(since));
        }
        let revocation = Revocation { revoked_at: act.now.time(), reason, invalid_since };
        Ok(self.ledger.revoke(rows, &revocation, act)?)
    }

    /// Takes holds back, all of them or none.
    ///
    /// # Errors
    /// [`AuthorityError::Ledger`] where one is revoked for good.
    pub fn release(&mut self, rows: &[RowId], act: &Act) -> Result<Vec<Released>, AuthorityError> {
        Ok(self.ledger.release(rows, act)?)
    }

    /// The certificates that are in use, not expired and not revoked for good, and have all this in
    /// common.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn in_use(&self, selection: &Selection, now: Now) -> Result<Vec<Entry>, AuthorityError> {
        let Selection { profile, issued_before } = selection;
        let filter = Filter { profile: profile.clone(), status: Status::Valid, ..Filter::default() };
        let mut found = Vec::new();
        self.ledger.list::<LedgerError>(&filter, now, |entry| {
            if issued_before.is_none_or(|before| entry.reserved_at < before) {
                found.push(entry);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Other certificates that are in use and have a name of one of these.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn still_valid(&self, revoked: &[Entry], now: Now) -> Result<Vec<Entry>, AuthorityError> {
        let ids: BTreeSet<RowId> = revoked.iter().map(|entry| entry.id).collect();
        let names: BTreeSet<&str> =
            revoked.iter().flat_map(|entry| &entry.names).map(|name| name.value.as_str()).collect();
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for name in names {
            for entry in self.ledger.by_name(name, usize::MAX)? {
                let in_use = entry.state == State::Issued
                    && entry.validity.is_none_or(|validity| validity.not_after >= now.time());
                if in_use && !ids.contains(&entry.id) && seen.insert(entry.id) {
                    found.push(entry);
                }
            }
        }
        Ok(found)
    }

    /// Other certificates that are in use and have the key of one of these that was revoked for
    /// keyCompromise: whoever has the key can be all of them.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn still_valid_for_the_key(&self, revoked: &[Entry], now: Now) -> Result<Vec<Entry>, AuthorityError> {
        let is_known = |entry: &&Entry| entry.revocation.is_some_and(|it| it.reason == RevocationReason::KeyCompromise);
        let keys: BTreeSet<Fingerprint> =
            revoked.iter().filter(is_known).filter_map(|entry| entry.public_key).collect();
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.ledger.in_use_with_key(&key, now)?);
        }
        found.sort_unstable_by_key(|entry| Reverse(entry.id));
        Ok(found)
    }

    /// Those of the generations whose CRL does not have their latest revocations.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn behind(&self, issuers: impl IntoIterator<Item = IssuerNumber>) -> Result<Vec<IssuerNumber>, AuthorityError> {
        let mut behind = BTreeSet::new();
        for issuer in issuers {
            if self.ledger.crl_standing(issuer)?.pending > 0 {
                behind.insert(issuer);
            }
        }
        Ok(behind.into_iter().collect())
    }
}
