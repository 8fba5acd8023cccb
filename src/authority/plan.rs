//! Whether something may be issued, down to the bytes that would be signed. Nothing is written and
//! no key is opened.

use super::desk::Desk;
use super::{Authority, AuthorityError, Generation};
use crate::ledger::RowId;
use crate::lint::Cleared;
use crate::policy::{self, Grant};
use crate::profile::{Profile, ProfileName};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::request::{ProvenKey, Request};
use crate::words::x509::serial::Serial;

/// A certificate that every rule allows. [`Authority::plan`] is the only way to one, and
/// [`Authority::issue`] the only way on.
#[derive(Debug)]
pub struct Plan {
    pub(super) cleared: Cleared,
    /// Whose rules were asked, and who alone may sign it.
    pub(super) issuer: Fingerprint,
    /// The certificate that it takes the place of.
    pub(super) replaces: Option<RowId>,
}

impl Plan {
    /// The number that it will have.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        self.cleared.serial()
    }

    /// What was asked and what is granted, a row for each part of the request.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        self.cleared.draft().grants()
    }

    /// Warnings and notices of the rules.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        findings(&self.cleared)
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &ProfileName {
        self.cleared.draft().profile()
    }

    /// The certificate as it will read, but for its signature.
    #[must_use]
    pub const fn preview(&self) -> &Certificate {
        self.cleared.preview()
    }
}

impl Authority {
    /// Asks every rule whether this may be issued, and builds what would be signed.
    ///
    /// # Errors
    /// - [`AuthorityError::Possession`] where the request's signature does not verify;
    /// - [`AuthorityError::CompromisedKey`] where its key was revoked for keyCompromise;
    /// - [`AuthorityError::Profile`] where there is no such profile, or its file is wrong;
    /// - [`AuthorityError::Refused`] with everything that stands in the way.
    pub fn plan(
        &self,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        self.plan_under(&self.issuer, request, order, profile, now)
    }

    /// The same for a certificate of any generation. Those that do not sign any more make one for their
    /// own OCSP responder and nothing else.
    pub(super) fn plan_under(
        &self,
        issuer: &Generation,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let profile = self.profiles.get(profile)?;
        let proven = proven(request, profile)?;
        self.plan_for(issuer, proven, order, profile, now)
    }

    /// The same for a key whose possession is proven already.
    pub(super) fn plan_for(
        &self,
        issuer: &Generation,
        proven: ProvenKey,
        order: &Order,
        profile: &Profile,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let fingerprint = proven.public_key().fingerprint();
        if self.ledger.is_key_compromised(&fingerprint)? {
            return Err(AuthorityError::CompromisedKey(fingerprint));
        }
        Desk { issuer, ..self.desk() }.plan_for(proven, order, profile, now)
    }
}

/// The key of a request that proves its possession.
pub(super) fn proven(request: Request, profile: &Profile) -> Result<ProvenKey, AuthorityError> {
    let key = request.public_key().clone();
    // The signatures of keys that nobody takes cannot be checked, or not be made; the key is what is wrong.
    ProvenKey::from_request(request).map_err(|error| {
        policy::refuse_key(profile, &key).map_or(AuthorityError::Possession(error), AuthorityError::from)
    })
}

/// What policy and lint had to say that does not forbid it.
pub(super) fn findings(cleared: &Cleared) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in cleared.draft().findings().iter().chain(cleared.remarks()) {
        // Policy and lint may say the same of the same thing.
        if !findings.iter().any(|said| said.message == finding.message) {
            findings.push(finding.clone());
        }
    }
    findings
}
