//! The certificates in force, put to the rules of today.

use super::{Authority, AuthorityError, RenewalOrder};
use crate::encoding::certificate;
use crate::ledger::{Entry, Filter, Status};
use crate::lint;
use crate::words::clock::Now;
use crate::words::finding::Finding;

impl Authority {
    /// Hands over every certificate that is in force with what the rules of today say of it: those about
    /// certificates as they are, and those of its profile, by which its renewal would be granted or
    /// refused now. CA certificates and those that the CA makes for itself are renewed by other verbs,
    /// and only looked at as they are.
    ///
    /// # Errors
    /// What the receiver says, or where the ledger cannot be read.
    pub fn lint_ledger<E: From<AuthorityError>>(
        &self,
        now: Now,
        mut receive: impl FnMut(Entry, Vec<Finding>) -> Result<(), E>,
    ) -> Result<(), E> {
        let filter = Filter { status: Status::Valid, ..Filter::default() };
        let mut entries = Vec::new();
        self.ledger
            .list::<crate::ledger::LedgerError>(&filter, now, |entry| {
                entries.push(entry);
                Ok(())
            })
            .map_err(AuthorityError::from)?;
        for entry in entries {
            let findings = self.lint_row(&entry, now)?;
            receive(entry, findings)?;
        }
        Ok(())
    }

    fn lint_row(&self, entry: &Entry, now: Now) -> Result<Vec<Finding>, AuthorityError> {
        let mut findings = Vec::new();
        if let Some(der) = self.ledger.certificate(entry.id)? {
            match certificate::read(&der) {
                Ok(certificate) => findings.extend(lint::check(&certificate)),
                Err(error) => findings.push(Finding::error("lint.not_readable", error.to_string())),
            }
        }
        if self.is_renewed_elsewhere(entry.profile.as_deref()) {
            return Ok(findings);
        }
        let today = match self.plan_renewal(entry.id, &RenewalOrder::default(), now) {
            Ok(plan) => plan.findings(),
            Err(AuthorityError::Refused(refusal)) => refusal.findings().to_vec(),
            Err(error @ (AuthorityError::CompromisedKey(_) | AuthorityError::Profile(_))) => {
                vec![lint::not_granted(&error.to_string())]
            }
            Err(AuthorityError::Ledger(crate::ledger::LedgerError::NotRenewable(why))) => {
                vec![lint::not_granted(&why.to_string())]
            }
            Err(error) => return Err(error),
        };
        for finding in today {
            // Policy and lint may say the same of the same thing.
            if !findings.iter().any(|said: &Finding| said.message == finding.message) {
                findings.push(finding);
            }
        }
        Ok(findings)
    }
}
