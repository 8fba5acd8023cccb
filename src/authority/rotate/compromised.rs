//! `compromised`: somebody else has the key. Nothing waits: the next CA certificate signs at once,
//! and the compromised one is not trusted from now on. An intermediate is revoked by its parent; a
//! root can be taken back by nobody, so its peers have to be told by hand.

use std::path::PathBuf;

use super::{RotationError, Successor, Taken};
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, CrlOrder, Generation, RevokeOrder, Signer};
use crate::keys::Passphrase;
use crate::ledger::{Dependent, IssuerState};
use crate::store::layout::IssuerNumber;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;

/// What became of the certificate where its issuer keeps book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokedAbove {
    /// It is a root: there is no issuer above.
    Root,
    /// The parent has revoked it (cACompromise), and its CRL says so.
    Done {
        /// Its number there.
        serial: Serial,
    },
    /// The parent has revoked it, and could not build its CRL.
    CrlBehind {
        /// Its number there.
        serial: Serial,
        /// Why there is no CRL.
        reason: String,
    },
    /// The parent is elsewhere, and revokes it by hand.
    ByHand {
        /// Its number there.
        serial: Serial,
    },
}

/// A CA certificate whose key others have.
#[derive(Debug)]
pub struct Compromise {
    /// The one.
    pub compromised: Generation,
    /// The one that signs now.
    pub active: Generation,
    /// Whether it was dropped now.
    pub taken: Taken,
    /// Whether its parent knows.
    pub above: RevokedAbove,
    /// Every live certificate that it has signed, all of which are to be issued again.
    pub dependents: Vec<Dependent>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

impl Authority {
    /// Drops a root. Where it is the one that signs, the next one is made first, without a cross
    /// certificate: what the compromised key certifies proves nothing.
    ///
    /// # Errors
    /// [`RotationError::NeedsParent`] for an intermediate; [`AuthorityError::UnknownIssuer`]; as
    /// [`Authority::prepare_root`].
    pub fn compromised_root(
        &mut self,
        number: IssuerNumber,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Compromise, AuthorityError> {
        let compromised = self.generation(number)?;
        if !compromised.is_root() {
            return Err(RotationError::NeedsParent(compromised.certificate.subject().rfc4514()).into());
        }
        if compromised.state == IssuerState::Active && self.prepared()?.is_none() {
            let successor = Successor { without_cross: true, ..successor.clone() };
            self.certified_by_itself(&successor, passphrase, act)?;
        }
        self.dropped(compromised, RevokedAbove::Root, act)
    }

    /// Drops an intermediate. Where it is the one that signs, the parent signs the next one first; then
    /// the parent revokes the compromised one, and says so in its CRL.
    ///
    /// # Errors
    /// As [`Authority::prepare_below`], and where the parent cannot revoke.
    pub fn compromised_below(
        &mut self,
        number: IssuerNumber,
        successor: &Successor,
        parent: &mut Authority,
        parent_signer: &Signer,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Compromise, AuthorityError> {
        let compromised = self.generation(number)?;
        if compromised.is_root() {
            return Err(RotationError::IsRoot(compromised.certificate.subject().rfc4514()).into());
        }
        // First of all the parent's word: from then on peers with a fresh CRL are safe.
        let above = parent.revoke_below(&compromised, parent_signer, act)?;
        if compromised.state == IssuerState::Active && self.prepared()?.is_none() {
            self.certified_below(successor, parent, parent_signer, passphrase, act)?;
        }
        self.dropped(compromised, above, act)
    }

    /// The same where the parent is elsewhere: what was prepared with the parent's help takes over,
    /// and the rest is the parent's to do.
    ///
    /// # Errors
    /// [`RotationError::NothingPrepared`] where the one that signs has no successor yet.
    pub fn compromised_elsewhere(&mut self, number: IssuerNumber, act: &Act) -> Result<Compromise, AuthorityError> {
        let compromised = self.generation(number)?;
        if compromised.is_root() {
            return Err(RotationError::IsRoot(compromised.certificate.subject().rfc4514()).into());
        }
        let serial = compromised.certificate.serial().clone();
        self.dropped(compromised, RevokedAbove::ByHand { serial }, act)
    }

    fn dropped(
        &mut self,
        compromised: Generation,
        above: RevokedAbove,
        act: &Act,
    ) -> Result<Compromise, AuthorityError> {
        let number = compromised.number;
        match compromised.state {
            IssuerState::Prepared => self.ledger.undo_preparation(number, act)?,
            IssuerState::Active => {
                let prepared = self.prepared()?.ok_or(RotationError::NothingPrepared)?;
                self.ledger.replace_compromised(number, prepared.number, act)?;
            }
            IssuerState::Superseded => self.ledger.retire_issuer(number, act)?,
            IssuerState::Retired => {}
        }
        let taken = if compromised.state == IssuerState::Retired { Taken::Before } else { Taken::Now };
        self.reload()?;
        let written = self.bring_out_derived(act.now)?;
        let dependents = self.dependents(number, act.now)?;
        Ok(Compromise { compromised, active: self.issuer.clone(), taken, above, dependents, written })
    }

    /// Revokes a CA certificate that this one has signed, and says so in the CRL at once. Where that
    /// CRL cannot be built, the rotation goes on all the same.
    fn revoke_below(&mut self, below: &Generation, signer: &Signer, act: &Act) -> Result<RevokedAbove, AuthorityError> {
        let serial = below.certificate.serial().clone();
        let Some(entry) = self.ledger.by_fingerprint(&below.certificate.fingerprint())? else {
            return Ok(RevokedAbove::ByHand { serial });
        };
        let order = RevokeOrder { reason: RevocationReason::CaCompromise, invalid_since: None };
        self.revoke(&[entry.id], &order, act)?;
        match self.build_crl(&CrlOrder { issuer: entry.issuer, lifetime: None }, signer, act) {
            Ok(_) => Ok(RevokedAbove::Done { serial }),
            Err(error) => Ok(RevokedAbove::CrlBehind { serial, reason: error.to_string() }),
        }
    }
}
