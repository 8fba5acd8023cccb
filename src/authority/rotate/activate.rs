//! `activate`: new certificates come from the new CA certificate from now on.

use std::path::PathBuf;

use super::{RotationError, Taken};
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, CrlState, Generation};
use crate::keys::Passphrase;
use crate::ledger::IssuerState;
use crate::words::clock::Now;
use crate::words::x509::lifetime::Lifetime;

/// Whether to wait until peers have the new trust file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// So long after the preparation.
    After(Lifetime),
    /// Not at all.
    Forced,
}

/// A change of the CA certificate that signs.
#[derive(Debug)]
pub struct Activation {
    /// The one that signs now.
    pub generation: Generation,
    /// The one that did before.
    pub before: Option<Generation>,
    /// Whether that changed now.
    pub taken: Taken,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

impl Authority {
    /// Makes the prepared CA certificate the one that signs. Its key is opened for it, so that no CA
    /// is left that cannot issue.
    ///
    /// Waiting matters where peers have to get something first: a root that is not yet in the old
    /// `ca.crt`, or a CRL of the new issuer.
    ///
    /// # Errors
    /// [`RotationError::NothingPrepared`], [`RotationError::TooEarly`], [`RotationError::NoCrl`]; [`AuthorityError::Key`] where
    /// the new key stays closed.
    pub fn activate(
        &mut self,
        haste: Haste,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Activation, AuthorityError> {
        let Some(prepared) = self.prepared()? else {
            return match self.last_in(IssuerState::Superseded)? {
                Some(before) => self.activation(Some(before), Taken::Before, act.now),
                None => Err(RotationError::NothingPrepared.into()),
            };
        };
        if let Some(until) = self.ripe_at(&prepared, haste)?
            && act.now.time() < until
        {
            return Err(RotationError::TooEarly { number: prepared.number, since: prepared.since, until }.into());
        }
        if haste != Haste::Forced && self.lacks_crl(&prepared, act.now)? {
            return Err(RotationError::NoCrl(prepared.number).into());
        }
        prepared.locked_key()?.unlock(passphrase)?;
        let before = self.issuer.clone();
        self.ledger.activate_issuer(prepared.number, act)?;
        self.reload()?;
        self.activation(Some(before), Taken::Now, act.now)
    }

    /// From when on a prepared one may sign; none where nobody has to get anything first.
    pub(super) fn ripe_at(
        &self,
        prepared: &Generation,
        haste: Haste,
    ) -> Result<Option<crate::words::clock::Time>, AuthorityError> {
        let Haste::After(age) = haste else { return Ok(None) };
        let others = self.generations()?;
        let mut others =
            others.iter().filter(|other| other.number != prepared.number && other.state != IssuerState::Retired);
        let root_is_known = others.any(|other| other.root() == prepared.root());
        let matters = !root_is_known || self.ledger.has_crls()?;
        Ok(matters.then(|| prepared.since.plus_seconds(age.seconds())))
    }

    /// Whether CRLs of this CA are out, and none of the prepared one: peers that check them would
    /// refuse every certificate that it signs.
    pub(super) fn lacks_crl(&self, prepared: &Generation, now: Now) -> Result<bool, AuthorityError> {
        let states = self.crl_states(now)?;
        let has_one = |state: &&CrlState| state.last.is_some();
        Ok(states.iter().any(|state| has_one(&state))
            && !states.iter().filter(has_one).any(|state| state.issuer == prepared.number))
    }

    fn activation(&mut self, before: Option<Generation>, taken: Taken, now: Now) -> Result<Activation, AuthorityError> {
        let written = self.bring_out_derived(now)?;
        Ok(Activation { generation: self.issuer.clone(), before, taken, written })
    }
}
