//! The cross certificate: subject and key of the new root, signed by the old one. It goes behind new
//! leaves, so that peers who trust only the old root accept them.

use super::Successor;
use super::begin::Begun;
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, Signer};
use crate::encoding::certificate as certificates;
use crate::ledger::State;
use crate::profile::ProfileName;
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::LifetimeWish;

/// What leads those who trust only the old root to the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bridge {
    /// A cross certificate.
    Made,
    /// Nothing: none was wanted.
    NotWanted,
    /// Nothing: the old root's path length is 0, so no CA may stand below it (RFC 5280 section
    /// 4.2.1.9; the exemption for self-issued certificates does not hold, as the names differ).
    NoRoom,
    /// Nothing is needed: the root stays.
    NotNeeded,
}

impl Authority {
    /// The cross certificate for a new root, issued, and recorded like every other certificate of the
    /// old root. One that an interrupted run had made is taken up.
    pub(super) fn bridge(
        &mut self,
        successor: &Successor,
        begun: &Begun,
        root: &Certificate,
        signer: &Signer,
        act: &Act,
    ) -> Result<(Option<Certificate>, Bridge), AuthorityError> {
        if successor.without_cross {
            return Ok((None, Bridge::NotWanted));
        }
        let room = path_length(&self.issuer.certificate);
        if room == Some(0) {
            return Ok((None, Bridge::NoRoom));
        }
        let known = self.issued_for(root, ProfileName::CROSS.as_str(), act.now)?;
        if let Some(certificate) = known {
            return Ok((Some(certificate), Bridge::Made));
        }
        // RFC 5280 section 4.2.1.9: the path length of the old root counts the new one as well. What
        // is left for those below is the lesser of both; without a wish, policy holds it to that.
        let wished = path_length(root);
        let order = Order {
            lifetime: Some(self.until_the_nearer_end(root, act.now)),
            path_length: match (wished, room) {
                (Some(wished), Some(room)) => Some(wished.min(room - 1)),
                (wished, _) => wished,
            },
            name_constraints: root.extensions().name_constraints().cloned().unwrap_or_default(),
            ..Order::default()
        };
        let plan = self.plan(begun.request.clone(), &order, &ProfileName::CROSS, act.now)?;
        let certificate = self.issue(plan, signer, act)?.into_certificate();
        Ok((Some(certificate), Bridge::Made))
    }

    /// As long as both roots hold, and no longer than `ca.toml` lets anything hold.
    fn until_the_nearer_end(&self, root: &Certificate, now: Now) -> LifetimeWish {
        let nearer = root.validity().not_after.min(self.issuer.certificate.validity().not_after);
        let most = self.settings.max_lifetime.as_ref().map(|most| now.time().plus_seconds(most.value.seconds()));
        LifetimeWish::Until(most.map_or(nearer, |most| most.min(nearer)))
    }

    /// A live certificate of this profile for the same subject and key, where the one that signs now
    /// has issued one.
    pub(super) fn issued_for(
        &self,
        like: &Certificate,
        profile: &str,
        now: Now,
    ) -> Result<Option<Certificate>, AuthorityError> {
        let name = like.subject().common_name().unwrap_or_default();
        self.issued_to(name, &like.public_key().fingerprint(), profile, now)
    }

    /// The same, found by the name and the digest of the key.
    pub(super) fn issued_to(
        &self,
        name: &str,
        public_key: &Fingerprint,
        profile: &str,
        now: Now,
    ) -> Result<Option<Certificate>, AuthorityError> {
        let found = self.ledger.by_name(name, 100)?.into_iter().find(|entry| {
            entry.state == State::Issued
                && entry.issuer == self.issuer.number
                && entry.profile.as_deref() == Some(profile)
                && entry.public_key.as_ref() == Some(public_key)
                && entry.validity.is_some_and(|validity| validity.not_after > now.time())
        });
        let Some(entry) = found else { return Ok(None) };
        let Some(der) = self.ledger.certificate(entry.id)? else { return Ok(None) };
        let read = certificates::read(&der)
            .map_err(|source| AuthorityError::Unreadable { path: self.ledger.path().to_owned(), source })?;
        Ok(Some(read))
    }
}

/// How many CAs may follow below, where a certificate says so.
pub(super) fn path_length(certificate: &Certificate) -> Option<u32> {
    certificate.extensions().basic_constraints().and_then(|constraints| constraints.path_length)
}
