//! From one CA certificate to the next while services keep running. Each step is a verb of its own,
//! may be run again, and leaves what it promised or what was there:
//!
//! ```text
//! prepare ─► (peers get the new ca.crt) ─► activate ─► (leaves are renewed) ─► retire
//!     ◄── undo ──┘                             ◄── undo ──┘
//! ```
//!
//! Trust goes first, leaves second, and the old root last: at no moment does a peer meet a
//! certificate that it cannot lead to a root it has. `docs/rotation.md` says what breaks otherwise.
//!
//! What is written, in this order: the folder `issuers/gN` with key and request, whole or not at all;
//! the certificates, recorded where they are issued; the ledger's row, with which the step is taken;
//! at last the derived files. A step that was interrupted is taken up where it stopped.

mod activate;
mod begin;
mod compromised;
mod cross;
mod error;
mod prepare;
mod probe;
mod reissue;
mod retire;
mod status;
mod successor;
mod undo;
mod urls;

pub use activate::{Activation, Haste};
pub use compromised::{Compromise, RevokedAbove};
pub use cross::Bridge;
pub use error::RotationError;
pub use prepare::{Preparation, SuccessorRequest};
pub use probe::{PeerTrust, Probe, TrustSaid};
pub use reissue::Reissue;
pub use retire::{Deployed, Retirement};
pub use status::{GenerationStatus, NextStep, Rotation};
pub use successor::Successor;
pub use undo::Undone;

use std::path::PathBuf;

use super::{Authority, AuthorityError, Generation};
use crate::ledger::IssuerState;
use crate::store::layout::Layout;
use crate::words::clock::Now;
use crate::words::x509::lifetime::Lifetime;

/// Profiles of certificates that an authority issues for its own ends; no service depends on them.
pub(super) const OWN_PROFILES: [&str; 3] = ["cross", "ocsp-responder", "audit-signer"];

/// How long a new `ca.crt` has to be out before peers meet a certificate that needs it, where nobody
/// says otherwise.
pub const BUNDLE_AGE: Lifetime = Lifetime::days(7);

/// Whether a step was taken now, or had been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Now.
    Now,
    /// Before; nothing had to be done.
    Before,
}

impl Authority {
    /// The paths of the directory that is rotated.
    fn layout(&self) -> Result<Layout, AuthorityError> {
        Ok(self.directory().map(Layout::at).ok_or(RotationError::InMemory)?)
    }

    /// The one that waits for its activation.
    fn prepared(&self) -> Result<Option<Generation>, AuthorityError> {
        self.last_in(IssuerState::Prepared)
    }

    /// The newest in this state.
    fn last_in(&self, state: IssuerState) -> Result<Option<Generation>, AuthorityError> {
        Ok(self.generations()?.into_iter().rev().find(|generation| generation.state == state))
    }

    /// Writes what is derived, here and in the directory that `ca.toml` publishes to, and says what was
    /// not as it should be.
    fn bring_out_derived(&self, now: Now) -> Result<Vec<PathBuf>, AuthorityError> {
        let written = self.write_derived()?;
        self.publish(now)?;
        Ok(written)
    }

    /// Reads again which one signs, after the ledger was told.
    fn reload(&mut self) -> Result<(), AuthorityError> {
        let layout = self.layout()?;
        self.issuer = Generation::active_of(&layout, &self.ledger)?;
        Ok(())
    }
}
