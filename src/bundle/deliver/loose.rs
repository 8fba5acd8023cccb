//! Files that nobody issues anything for, such as trust bundles and CRLs: written where they say something else
//! than before, together, and taken back where the service does not take them.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::delivery::{DeliveryError, settle, take_back};
use crate::store::attributes::{Attributes, Kind};
use crate::store::handover::{Prepared, Replaced};
use crate::store::hook::Hook;
use crate::store::read::read_limited;

/// A file as it is to be.
pub struct Loose {
    /// Where.
    pub path: PathBuf,
    /// What kind of file it is.
    pub kind: Kind,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Loose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Loose({})", self.path.display())
    }
}

/// Whether a file has these bytes already.
#[must_use]
pub fn says_the_same(path: &Path, bytes: &[u8]) -> bool {
    let longest = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    read_limited(path, longest).is_ok_and(|found| found == bytes)
}

/// Puts files in place and runs the hook; where that fails, all are as they were.
///
/// # Errors
/// [`DeliveryError::File`] where nothing changed; [`DeliveryError::Hook`] with what was done.
pub fn put_loose(files: Vec<Loose>, attributes: &Attributes, hook: Option<&Hook>) -> Result<(), DeliveryError> {
    let mut ready = Vec::new();
    for Loose { path, kind, bytes } in files {
        let mut prepared = Prepared::beside(&path, kind, attributes)?;
        prepared.fill(&bytes)?;
        ready.push(prepared);
    }
    let mut done = Vec::new();
    for prepared in ready {
        match prepared.put() {
            Ok(replaced) => done.push(replaced),
            Err(error) => {
                take_back(done)?;
                return Err(error.into());
            }
        }
    }
    settle(hook, done, take_back, |done| done.into_iter().try_for_each(Replaced::confirm))
}
