//! `status`: where a rotation stands, and what comes next.

use super::{Haste, OWN_PROFILES, RotationError};
use crate::authority::{Authority, AuthorityError, Generation};
use crate::ledger::{Dependent, IssuerState};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};

/// Where a rotation stands.
#[derive(Debug)]
pub struct Rotation {
    /// Every CA certificate of this authority, the first one first.
    pub generations: Vec<GenerationStatus>,
    /// What to do next.
    pub next: NextStep,
}

/// One CA certificate, and who needs it.
#[derive(Debug)]
pub struct GenerationStatus {
    /// It.
    pub generation: Generation,
    /// Live certificates that chain to it alone; of the one that signs, none are asked for.
    pub dependents: Vec<Dependent>,
    /// When the last of its certificates ends, revoked ones included, where that is ahead.
    pub crl_until: Option<Time>,
}

impl GenerationStatus {
    /// Whether peers that check CRLs need one of it: as long as its root is trusted, and of a retired
    /// one until its last certificate has ended.
    #[must_use]
    pub fn needs_crl(&self) -> bool {
        self.generation.state != IssuerState::Retired || self.crl_until.is_some()
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing: no rotation is under way.
    Nothing,
    /// The key has no certificate: prepare once more, or complete with the parent's certificate.
    Finish {
        /// Which one it will be.
        number: IssuerNumber,
    },
    /// Peers get the trust file; then activate, from this moment on.
    Distribute {
        /// Which one is prepared.
        number: IssuerNumber,
        /// From when on it may sign.
        until: Time,
    },
    /// The prepared one may sign.
    Activate {
        /// Which one.
        number: IssuerNumber,
    },
    /// Certificates of the old one are to be renewed.
    Renew {
        /// The old one.
        number: IssuerNumber,
        /// How many there are.
        count: usize,
    },
    /// Those that were replaced are to be put into use everywhere, or end.
    Deploy {
        /// The old one.
        number: IssuerNumber,
        /// How many there are.
        count: usize,
        /// When the last of them ends.
        until: Option<Time>,
    },
    /// Nothing depends on the old one.
    Retire {
        /// Which one.
        number: IssuerNumber,
    },
}

impl Authority {
    /// Where a rotation stands. `haste` is by what an activation would be measured.
    ///
    /// # Errors
    /// Where the ledger or the files of an issuer cannot be read.
    pub fn rotation(&self, haste: Haste, now: Now) -> Result<Rotation, AuthorityError> {
        let mut generations = Vec::new();
        for generation in self.generations()? {
            let dependents = match generation.state {
                IssuerState::Active => Vec::new(),
                _ => self.dependents(generation.number, now)?,
            };
            let crl_until = self.ledger.last_end(generation.number, &OWN_PROFILES, now)?;
            generations.push(GenerationStatus { generation, dependents, crl_until });
        }
        let next = self.next_step(&generations, haste, now)?;
        Ok(Rotation { generations, next })
    }

    fn next_step(&self, generations: &[GenerationStatus], haste: Haste, now: Now) -> Result<NextStep, AuthorityError> {
        if let Some(prepared) = self.prepared()? {
            let number = prepared.number;
            return Ok(match self.ripe_at(&prepared, haste)?.filter(|until| now.time() < *until) {
                Some(until) => NextStep::Distribute { number, until },
                None => NextStep::Activate { number },
            });
        }
        match self.waiting_request() {
            Ok(Some((number, _))) => return Ok(NextStep::Finish { number }),
            Err(AuthorityError::Rotation(RotationError::InMemory)) | Ok(None) => {}
            Err(error) => return Err(error),
        }
        let old = generations.iter().rev().find(|status| status.generation.state == IssuerState::Superseded);
        let Some(GenerationStatus { generation, dependents, .. }) = old else { return Ok(NextStep::Nothing) };
        let number = generation.number;
        let needed = dependents.iter().filter(|dependent| !dependent.replaced).count();
        Ok(match (needed, dependents.last()) {
            (0, None) => NextStep::Retire { number },
            (0, Some(last)) => NextStep::Deploy {
                number,
                count: dependents.len(),
                until: last.entry.validity.map(|validity| validity.not_after),
            },
            (count, _) => NextStep::Renew { number, count },
        })
    }
}
