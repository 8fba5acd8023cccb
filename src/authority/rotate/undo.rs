//! `undo`: takes the last step of a rotation back, until the old CA certificate is retired.

use std::path::PathBuf;

use super::RotationError;
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, Generation, RevokeOrder};
use crate::ledger::IssuerState;
use crate::store::layout::IssuerNumber;
use crate::store::staging;
use crate::words::x509::reason::RevocationReason;

/// The step that was taken back.
#[derive(Debug)]
pub enum Undone {
    /// A key that had no certificate yet is gone.
    Begun {
        /// Which one it would have been.
        number: IssuerNumber,
    },
    /// A preparation: `ca.crt` is without it again, and it never signs.
    Preparation {
        /// The one that was prepared.
        generation: Box<Generation>,
        /// Whether its cross certificate was revoked, which the next CRL says.
        cross_revoked: bool,
        /// The files that were written.
        written: Vec<PathBuf>,
    },
    /// An activation: the one before signs again, and the newer one is prepared as before. What it
    /// has signed meanwhile stays valid.
    Activation {
        /// The one that signs again.
        active: Box<Generation>,
        /// The one that does not sign any more.
        prepared: IssuerNumber,
        /// The files that were written.
        written: Vec<PathBuf>,
    },
}

impl Authority {
    /// Takes the last step back.
    ///
    /// # Errors
    /// [`RotationError::Finished`] where the old one is retired; [`RotationError::NothingToUndo`].
    pub fn undo_rotation(&mut self, act: &Act) -> Result<Undone, AuthorityError> {
        if let Some(prepared) = self.prepared()? {
            let cross_revoked = self.revoke_cross(&prepared, act)?;
            self.ledger.undo_preparation(prepared.number, act)?;
            self.reload()?;
            let written = self.bring_out_derived(act.now)?;
            return Ok(Undone::Preparation { generation: Box::new(prepared), cross_revoked, written });
        }
        let (number, folder) = self.next_folder()?;
        if folder.path().is_dir() {
            staging::discard(folder.path())?;
            return Ok(Undone::Begun { number });
        }
        let Some(before) = self.last_in(IssuerState::Superseded)? else {
            // A retired one that is newer than the one that signs was taken back itself.
            let finished = self.last_in(IssuerState::Retired)?.filter(|retired| retired.number < self.issuer.number);
            return Err(match finished {
                Some(retired) => RotationError::Finished(retired.number).into(),
                None => RotationError::NothingToUndo.into(),
            });
        };
        let prepared = self.issuer.number;
        self.ledger.undo_activation(prepared, before.number, act)?;
        self.reload()?;
        let written = self.bring_out_derived(act.now)?;
        Ok(Undone::Activation { active: Box::new(self.issuer.clone()), prepared, written })
    }

    /// Nothing is to lead to a root that nobody is to trust: a cross certificate of ours is revoked.
    fn revoke_cross(&mut self, prepared: &Generation, act: &Act) -> Result<bool, AuthorityError> {
        let Some(cross) = &prepared.cross else { return Ok(false) };
        let Some(entry) = self.ledger.by_fingerprint(&cross.fingerprint())? else { return Ok(false) };
        let order = RevokeOrder { reason: RevocationReason::CessationOfOperation, invalid_since: None };
        self.revoke(&[entry.id], &order, act)?;
        Ok(true)
    }
}
