//! `retire`: the old CA certificate is not trusted any more.

use std::path::PathBuf;

use super::{OWN_PROFILES, RotationError, Taken};
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, Generation};
use crate::ledger::{Dependent, IssuerState};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};

/// What is known of the certificates that were replaced and have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// Nothing: somebody may still serve one.
    Unknown,
    /// All of them are out of use, as the operator says.
    Everywhere,
}

/// The end of a rotation.
#[derive(Debug)]
pub struct Retirement {
    /// Those that are retired.
    pub retired: Vec<Generation>,
    /// Whether that was done now.
    pub taken: Taken,
    /// Until when CRLs of each are still made: the end of its last certificate.
    pub crls_until: Vec<(IssuerNumber, Time)>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

impl Authority {
    /// Drops what was superseded from `ca.crt`, once nothing depends on it. Its CRL is made until its
    /// last certificate has ended.
    ///
    /// # Errors
    /// [`RotationError::Dependents`] where live certificates need it; [`RotationError::NothingToRetire`].
    pub fn retire(&mut self, deployed: Deployed, act: &Act) -> Result<Retirement, AuthorityError> {
        let generations = self.generations()?;
        let in_state = |state| generations.iter().filter(move |generation| generation.state == state);
        let superseded: Vec<&Generation> = in_state(IssuerState::Superseded).collect();
        if superseded.is_empty() {
            let retired: Vec<Generation> = in_state(IssuerState::Retired).cloned().collect();
            if retired.is_empty() || self.prepared()?.is_some() {
                return Err(RotationError::NothingToRetire.into());
            }
            return self.retirement(retired, Taken::Before, act.now);
        }
        for generation in &superseded {
            let mut dependents = self.dependents(generation.number, act.now)?;
            if deployed == Deployed::Everywhere {
                dependents.retain(|dependent| !dependent.replaced);
            }
            if !dependents.is_empty() {
                return Err(RotationError::Dependents { number: generation.number, dependents }.into());
            }
        }
        let mut retired = Vec::new();
        for generation in superseded {
            self.ledger.retire_issuer(generation.number, act)?;
            retired.push(generation.clone());
        }
        self.reload()?;
        self.retirement(retired, Taken::Now, act.now)
    }

    /// The live certificates of a CA certificate on which somebody may depend: all but those that the
    /// authority issued for its own ends. Of a root they may be intermediates.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn dependents(&self, number: IssuerNumber, now: Now) -> Result<Vec<Dependent>, AuthorityError> {
        Ok(self.ledger.dependents(number, &OWN_PROFILES, now)?)
    }

    fn retirement(&mut self, retired: Vec<Generation>, taken: Taken, now: Now) -> Result<Retirement, AuthorityError> {
        let written = self.bring_out_derived(now)?;
        let mut crls_until = Vec::new();
        for generation in &retired {
            let end = self.ledger.last_end(generation.number, &OWN_PROFILES, now)?;
            crls_until.extend(end.map(|end| (generation.number, end)));
        }
        Ok(Retirement { retired, taken, crls_until, written })
    }
}
