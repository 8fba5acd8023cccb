//! What the rules need of a CA, without its ledger: many threads plan at one desk.

use super::choose::{Choice, choose};
use super::plan::{Plan, proven};
use super::settings::Settings;
use super::{Authority, AuthorityError, Generation};
use crate::keys::{KeyError, random};
use crate::lint;
use crate::policy::{self, IssuerTerms};
use crate::profile::{Profile, ProfileName, ProfileSet};
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::{ProvenKey, Request};

/// The rules of a CA and the certificate that signs.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    pub(super) settings: &'a Settings,
    pub(super) profiles: &'a ProfileSet,
    pub(super) issuer: &'a Generation,
}

impl Authority {
    /// What the rules need of this CA.
    pub(super) const fn desk(&self) -> Desk<'_> {
        Desk { settings: &self.settings, profiles: &self.profiles, issuer: &self.issuer }
    }
}

impl<'a> Desk<'a> {
    /// The profiles that can be asked for.
    #[must_use]
    pub const fn profiles(&self) -> &'a ProfileSet {
        self.profiles
    }

    /// The certificate that signs.
    #[must_use]
    pub const fn certificate(&self) -> &'a Certificate {
        &self.issuer.certificate
    }

    /// The profile for requests that name none, as `ca.toml` has it.
    #[must_use]
    pub fn default_profile(&self) -> Option<&'a ProfileName> {
        self.settings.default_profile.as_ref().map(|setting| &setting.value)
    }

    /// As [`Authority::choose_profile`].
    #[must_use]
    pub fn choose_profile(&self, asked: Option<&ProfileName>, request: &Request) -> Choice {
        choose(asked.or_else(|| self.default_profile()), request)
    }

    /// As [`Authority::plan`], but for what the ledger knows of the key.
    pub(super) fn plan(
        &self,
        request: Request,
        order: &Order,
        profile: &ProfileName,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let profile = self.profiles.get(profile)?;
        let proven = proven(request, profile)?;
        self.plan_for(proven, order, profile, now)
    }

    /// The same for a key whose possession is proven already.
    pub(super) fn plan_for(
        &self,
        proven: ProvenKey,
        order: &Order,
        profile: &Profile,
        now: Now,
    ) -> Result<Plan, AuthorityError> {
        let Self { settings, profiles: _, issuer } = *self;
        let algorithm =
            SignatureAlgorithm::of_key(issuer.certificate.public_key().algorithm()).ok_or(KeyError::Unsupported)?;
        let label = issuer.number.to_string();
        let terms = IssuerTerms {
            label: &label,
            default_lifetime: settings.default_lifetime.as_ref(),
            max_lifetime: settings.max_lifetime.as_ref(),
            urls: &settings.urls,
            trust_domain: settings.trust_domain.as_ref(),
            ..IssuerTerms::authority(&issuer.certificate, &issuer.above, algorithm)
        };
        let draft = policy::draft(profile, proven, order, &terms, now)?;
        let cleared = lint::clear(draft, random::serial()?)?;
        Ok(Plan { cleared, issuer: issuer.certificate.fingerprint(), replaces: None })
    }
}
