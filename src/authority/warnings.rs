//! What the operator should hear of at every command, because it cannot be mended on the day that it
//! happens: a CA certificate whose successor is to be made now.

use super::Authority;
use crate::examine::inspect::validity::span;
use crate::ledger::IssuerState;
use crate::policy;
use crate::store::exposure::exposed;
use crate::store::layout::Layout;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::validity::Standing;

/// How many of the certificates that end last are asked how long they hold. It is there for those
/// that were ordered with a longer lifetime than the default, and those stand at the end.
const LAST_ENDS: usize = 100;

impl Authority {
    /// What every command that opens this CA tells: what of its directory is open to other users, and
    /// that one of its certificates is about to end.
    ///
    /// What cannot be read is not spoken of here: whoever needs it fails by it.
    #[must_use]
    pub fn warnings(&self, now: Now) -> Vec<Finding> {
        let exposed = self.directory.iter().flat_map(|path| exposed(&Layout::at(path), self.issuer.number));
        exposed.chain(self.ending(now)).collect()
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
            .filter(|profile| !profile.ca)
            .map(|profile| policy::default_lifetime(profile, default, maximum));
        let is_ca =
            |name: &str| name.parse().is_ok_and(|name| self.profiles.get(&name).is_ok_and(|profile| profile.ca));
        let last = self.ledger.last_ends(now, LAST_ENDS).unwrap_or_default();
        let of_leaves = last
            .into_iter()
            .filter(|(profile, _)| !profile.as_deref().is_some_and(is_ca))
            .filter_map(|(_, validity)| Lifetime::from_seconds(validity.seconds()));
        of_profiles.chain(of_leaves).max().unwrap_or(policy::LIFETIME)
    }

    /// Whether the certificate that signs, or one above it, ends within twice the longest lifetime of
    /// a leaf: one such lifetime until peers trust the successor and all leaves come from it, and one
    /// for those that were issued the day before.
    fn ending(&self, now: Now) -> Option<Finding> {
        let first_to_end = |one: &&Certificate| one.validity().not_after;
        let (own, certificate) = (&self.issuer.certificate, self.issuer.with_those_above().min_by_key(first_to_end)?);
        let (validity, subject) = (certificate.validity(), certificate.subject().rfc4514());
        let longest = self.longest_leaf_lifetime(now);
        let expired = validity.standing(now) == Standing::Expired;
        if !expired && validity.seconds_left(now) >= longest.seconds().saturating_mul(2) {
            return None;
        }
        let whose = if certificate == own { "the CA certificate" } else { "the CA certificate above this one," };
        let end = validity.not_after;
        let finding = if expired {
            Finding::warning("ca.ended", format!("{whose} `{subject}` has expired at `{end}`"))
        } else {
            let longest = span(longest.seconds());
            let message =
                format!("{whose} `{subject}` ends at `{end}`, within twice the longest leaf lifetime of {longest}");
            Finding::warning("ca.ends", message)
        };
        let prepared = self.ledger.issuers().unwrap_or_default();
        let prepared = prepared.iter().any(|issuer| issuer.state == IssuerState::Prepared);
        Some(finding.hint(if prepared { "mtls-ca rotate status" } else { "mtls-ca rotate prepare" }))
    }
}
