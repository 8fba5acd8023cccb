//! What the operator should hear of at every command, because it cannot be mended on the day that it
//! happens: a CA certificate whose successor is to be made now, and a clock that was set back.

use super::Authority;
use crate::examine::inspect::validity::span;
use crate::ledger::{CLOCK_SLACK, IssuerState};
use crate::policy;
use crate::profile::ProfileName;
use crate::store::exposure::exposed;
use crate::store::layout::Layout;
use crate::words::clock::{Now, Time};
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::validity::Standing;

/// How many of the certificates that end last are asked how long they hold. It is there for those
/// that were ordered with a longer lifetime than the default, and those stand at the end.
const LAST_ENDS: usize = 100;

impl Authority {
    /// What every command that opens this CA tells: what of its directory is open to other users, that
    /// the ledger is from the future, that one of its certificates is about to end, and CRLs that are
    /// behind, old or expired.
    ///
    /// What cannot be read is not spoken of here: whoever needs it fails by it.
    #[must_use]
    pub fn warnings(&self, now: Now) -> Vec<Finding> {
        let exposed = self.directory.iter().flat_map(|path| exposed(&Layout::at(path), self.issuer.number));
        let own = self.clock_behind(now).into_iter().chain(self.ending(now));
        exposed.chain(own).chain(self.crl_health(now).unwrap_or_default()).collect()
    }

    /// The latest moment of the ledger, where that is to come by the clock of this machine: one of two
    /// clocks is wrong, this one or the one before. What cannot be read is not spoken of.
    #[must_use]
    pub fn ahead_of(&self, now: Now) -> Option<Time> {
        let latest = self.ledger.latest().ok().flatten()?;
        (latest.seconds_since(now.time()) > CLOCK_SLACK).then_some(latest)
    }

    fn clock_behind(&self, now: Now) -> Option<Finding> {
        let latest = self.ahead_of(now)?;
        let (ahead, clock) = (span(latest.seconds_since(now.time())), now.time());
        let message = format!(
            "the ledger is from the future: its latest act is of `{latest}`, {ahead} after `{clock}`, which the clock of this machine says"
        );
        Some(
            Finding::warning("ca.clock_behind", message)
                .hint("set the clock right before anything is issued: date --utc"),
        )
    }

    /// The longest that a leaf of this CA holds: the longest default of the profiles of leaves, or of
    /// the live ones that end last where somebody ordered more. Maxima do not count: nobody may ever
    /// have asked for as much.
    #[must_use]
    pub fn longest_leaf_lifetime(&self, now: Now) -> Lifetime {
        let (default, maximum) = (self.settings.default_lifetime.as_ref(), self.settings.max_lifetime.as_ref());
        let of_profiles = self
            .profiles
            .names()
            .into_iter()
            .filter_map(|name| self.profiles.get(name).ok())
            .filter(|profile| !profile.ca && profile.name != ProfileName::AUDIT_SIGNER)
            .map(|profile| policy::default_lifetime(profile, default, maximum));
        // The log's own signer is replaced whenever a checkpoint is due; no service waits for that.
        let is_ca = |name: &str| {
            name == ProfileName::AUDIT_SIGNER.as_str()
                || name.parse().is_ok_and(|name| self.profiles.get(&name).is_ok_and(|profile| profile.ca))
        };
        let last = self.ledger.last_ends(now, LAST_ENDS).unwrap_or_default();
        let of_leaves = last
            .into_iter()
            .filter(|(profile, _)| !profile.as_deref().is_some_and(is_ca))
            .filter_map(|(_, validity)| Lifetime::from_seconds(validity.seconds()));
        of_profiles.chain(of_leaves).max().unwrap_or(policy::LIFETIME)
    }

    /// The certificate that signs or the one above it that ends first.
    fn first_to_end(&self) -> &Certificate {
        let first = self.issuer.with_those_above().min_by_key(|certificate| certificate.validity().not_after);
        first.unwrap_or(&self.issuer.certificate)
    }

    /// Whether the certificate that signs, or one above it, ends within twice the longest lifetime of
    /// a leaf: one such lifetime until peers trust the successor and all leaves come from it, and one
    /// for those that were issued the day before.
    pub(super) fn ends_within_two_leaf_lifetimes(&self, now: Now) -> bool {
        let left = self.first_to_end().validity().seconds_left(now);
        left < self.longest_leaf_lifetime(now).seconds().saturating_mul(2)
    }

    fn ending(&self, now: Now) -> Option<Finding> {
        if !self.ends_within_two_leaf_lifetimes(now) {
            return None;
        }
        let certificate = self.first_to_end();
        let own = certificate == &self.issuer.certificate;
        let whose = if own { "the CA certificate" } else { "the CA certificate above this one," };
        let (subject, end) = (certificate.subject().rfc4514(), certificate.validity().not_after);
        let finding = if certificate.validity().standing(now) == Standing::Expired {
            Finding::warning("ca.ended", format!("{whose} `{subject}` has expired at `{end}`"))
        } else {
            let longest = span(self.longest_leaf_lifetime(now).seconds());
            let message =
                format!("{whose} `{subject}` ends at `{end}`, within twice the longest leaf lifetime of {longest}");
            Finding::warning("ca.ends", message)
        };
        let prepared = self.ledger.issuers().unwrap_or_default();
        let prepared = prepared.iter().any(|issuer| issuer.state == IssuerState::Prepared);
        let prepare = self.issuer.preparing();
        Some(finding.hint(match (prepared, own) {
            (true, _) => "mtls-ca rotate status".to_owned(),
            (false, true) => prepare.to_owned(),
            (false, false) => format!("renew it where it is kept, then type here: {prepare}"),
        }))
    }
}
