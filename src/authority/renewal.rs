//! From a certificate of the ledger to the plan of the next one: the same subject, names and profile,
//! through the rules of today.

use std::collections::HashSet;

use super::plan::{Plan, proven};
use super::rotate::OWN_PROFILES;
use super::{Authority, AuthorityError};
use crate::ledger::{Entry, Filter, KnownName, LedgerError, NotRenewable, RowId, Status};
use crate::profile::ProfileName;
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::Extensions;
use crate::words::x509::lifetime::{Lifetime, LifetimeWish};
use crate::words::x509::request::{Former, ProvenKey, Request};
use crate::words::x509::usage::ExtendedKeyUsage;

/// What may differ between a certificate and its successor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenewalOrder {
    /// By which rules; those of the certificate before where not given.
    pub profile: Option<ProfileName>,
    /// How long it is to hold; as long as the one before where not given, or as long as is allowed today
    /// where that is less.
    pub lifetime: Option<LifetimeWish>,
}

/// How much longer before its reservation a certificate of ours begins: what policy gives to peers
/// with slow clocks.
const BACKDATE: i64 = 5 * 60;
/// How many of the newest certificates of one name are looked at.
const NEWEST: usize = 2_000;

impl Authority {
    /// A successor with the same key. Possession was proven when the certificate was issued, so no
    /// request is needed.
    ///
    /// # Errors
    /// [`LedgerError::NotRenewable`] where it was revoked or is on hold; as [`Authority::plan`].
    pub fn plan_renewal(&self, row: RowId, order: &RenewalOrder, now: Now) -> Result<Plan, AuthorityError> {
        let (entry, former) = self.ledger.former(row)?;
        self.plan_successor(&entry, &former, None, order, now).inspect_err(|error| self.note_refusal(&entry, error))
    }

    /// A successor with the key of a request. Nothing else of the request is looked at: subject and
    /// names are those of the certificate.
    ///
    /// # Errors
    /// As [`Authority::plan_renewal`]; [`AuthorityError::Possession`] where the request does not prove
    /// that somebody holds its key.
    pub fn plan_rekey(
        &self,
        row: RowId,
        request: Request,
        order: &RenewalOrder,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let (entry, former) = self.ledger.former(row)?;
        let planned = self.plan_successor(&entry, &former, Some(request), order, now);
        planned.inspect_err(|error| self.note_refusal(&entry, error))
    }

    fn plan_successor(
        &self,
        entry: &Entry,
        former: &Former,
        request: Option<Request>,
        order: &RenewalOrder,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let certificate = former.certificate();
        let name = self.profile_of(entry, certificate.extensions(), order)?;
        let profile = self.profiles.get(&name)?;
        let proven = match request {
            Some(request) => proven(request, profile)?.in_place_of(former.clone()),
            None => ProvenKey::from_certificate(former.clone()),
        };
        let lifetime = match order.lifetime {
            Some(wish) => Some(wish),
            None => self.lifetime_before(entry)?.map(LifetimeWish::AsBefore),
        };
        let constraints = certificate.extensions().basic_constraints().filter(|constraints| constraints.ca);
        let path_length = constraints.and_then(|constraints| constraints.path_length);
        let order = Order { lifetime, path_length, ..Order::default() };
        let plan = self.plan_for(&self.issuer, proven, &order, profile, now)?;
        Ok(Plan { replaces: Some(entry.id), ..plan })
    }

    /// The profile that was asked for, else that of the certificate before, else by its extended key
    /// usages where it came from elsewhere.
    fn profile_of(
        &self,
        entry: &Entry,
        extensions: &Extensions,
        order: &RenewalOrder,
    ) -> Result<ProfileName, AuthorityError> {
        if let Some(asked) = &order.profile {
            return Ok(asked.clone());
        }
        match entry.profile.as_deref().map(str::parse) {
            Some(Ok(name)) => Ok(name),
            // A word that is no name of a profile was written by an importer.
            Some(Err(_)) | None => Ok(super::choose::by_usages(extensions)),
        }
    }

    /// How long the certificate before was meant to hold. One that was cut off at the end of its issuer
    /// says nothing of that, so the ones before it are asked; where none knows, the default holds.
    /// Otherwise each renewal near the end of an issuer would be shorter than the last, for ever.
    fn lifetime_before(&self, entry: &Entry) -> Result<Option<Lifetime>, AuthorityError> {
        let mut asked = entry.clone();
        loop {
            let Some(validity) = asked.validity else { return Ok(None) };
            let issuer_ends = self.generation(asked.issuer)?.certificate.validity().not_after;
            if validity.not_after < issuer_ends {
                let early = asked.reserved_at.seconds_since(validity.not_before);
                let from = if (0..=BACKDATE).contains(&early) { asked.reserved_at } else { validity.not_before };
                return Ok(Lifetime::from_seconds(validity.not_after.seconds_since(from)));
            }
            match asked.replaces {
                Some(before) => asked = self.ledger.entry(before)?,
                None => return Ok(None),
            }
        }
    }

    /// What a name means where something is to be renewed: the newest certificate of each line that
    /// carries it and was issued and not revoked. A line is a subject with the same names under the same
    /// profile.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_named(&self, name: &str) -> Result<Vec<Entry>, AuthorityError> {
        let mut seen = HashSet::new();
        let mut found = self.ledger.by_name(name, NEWEST)?;
        found.retain(|entry| entry.state == crate::ledger::State::Issued && seen.insert(line(entry)));
        Ok(found)
    }

    /// The newest certificate of each line that is in force now, leaves only: CA certificates, OCSP
    /// responders and the signers of the audit log are renewed by their own commands.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn newest_of_all(&self, now: Now) -> Result<Vec<Entry>, AuthorityError> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let filter = Filter { status: Status::Valid, ..Filter::default() };
        self.ledger.list::<LedgerError>(&filter, now, |entry| {
            let is_new = seen.insert(line(&entry));
            if is_new && entry.validity.is_some() && !self.is_renewed_elsewhere(entry.profile.as_deref()) {
                found.push(entry);
            }
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) fn is_renewed_elsewhere(&self, profile: Option<&str>) -> bool {
        if profile.is_some_and(|name| OWN_PROFILES.contains(&name)) {
            return true;
        }
        let name = profile.and_then(|name| name.parse::<ProfileName>().ok());
        name.and_then(|name| {
            self.profiles
                .get(&name)
                .ok()
                .map(|profile| profile.ca || profile.extended_key_usage.value.contains(&ExtendedKeyUsage::OCSP_SIGNING))
        })
        .unwrap_or(false)
    }

    /// The row of a certificate, where this CA issued it.
    ///
    /// # Errors
    /// [`AuthorityError::ForeignCertificate`] where it did not.
    pub fn row_of(&self, certificate: &Certificate) -> Result<Entry, AuthorityError> {
        let foreign = || AuthorityError::ForeignCertificate { subject: certificate.subject().rfc4514() };
        self.ledger.by_fingerprint(&certificate.fingerprint())?.ok_or_else(foreign)
    }

    /// An error where another certificate has taken the place of this one.
    ///
    /// # Errors
    /// [`LedgerError::NotRenewable`] with the newest.
    pub fn refuse_superseded(&self, entry: &Entry) -> Result<(), AuthorityError> {
        match self.ledger.newest_successor(entry.id)? {
            Some(newest) => {
                let (serial, by) = (entry.serial.clone(), newest.serial);
                Err(LedgerError::from(NotRenewable::Superseded { serial, by }).into())
            }
            None => Ok(()),
        }
    }
}

/// What certificates have in common that replace each other.
fn line(entry: &Entry) -> (Option<String>, Option<String>, Vec<KnownName>) {
    (entry.profile.clone(), entry.subject.clone(), entry.names.clone())
}
