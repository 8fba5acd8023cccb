//! One delivery: opened before the certificate is issued, then put in place, handed to the service,
//! and confirmed or taken back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::set::{CERTIFICATE, CHAIN, KEY, Set, TRUST};
use crate::bundle::export::Format;
use crate::store::FileError;
use crate::store::attributes::{Attributes, Kind};
use crate::store::handover::{Prepared, Replaced};
use crate::store::hook::{Hook, HookError};
use crate::store::lock::LockError;
use crate::store::versions::{Switched, Versions};

/// Files that are delivered along with a certificate's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// For the chain alone.
    pub chain: Option<PathBuf>,
    /// For what peers are to be checked against.
    pub trust: Option<PathBuf>,
    /// For further forms.
    pub extras: Vec<(Format, PathBuf)>,
}

/// A place that is open for one delivery: whatever can be known to be in the way was not.
#[derive(Debug)]
pub enum Delivery {
    /// Files by their names. The key, which stands beside already, is not among them: two files cannot
    /// change at one moment for whoever opens both.
    Files {
        /// The file of leaf and chain.
        certificate: (PathBuf, Prepared),
        /// The chain's.
        chain: Option<(PathBuf, Prepared)>,
        /// The trust's.
        trust: Option<(PathBuf, Prepared)>,
        /// Those of further forms.
        extras: Vec<(Format, PathBuf, Prepared)>,
    },
    /// A folder of versions, which changes as a whole.
    Folder {
        /// Where it is.
        path: PathBuf,
        /// The folder, locked.
        versions: Versions,
        /// Whose its files are.
        attributes: Attributes,
    },
}

/// What became of the files after a hook failed.
#[derive(Debug)]
pub enum Restored {
    /// Those before are back, and the hook worked on them.
    Working,
    /// Those before are back, and the hook failed on them as well.
    NotWorking(HookError),
    /// They could not be brought back.
    Not(FileError),
}

/// Why a set was not delivered.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// A file could not be written or renamed; those before are in place.
    #[error(transparent)]
    File(#[from] FileError),
    /// What runs afterwards failed.
    #[error("{error}")]
    Hook {
        /// How it failed.
        error: HookError,
        /// What was done about it.
        restored: Restored,
    },
}

impl Delivery {
    /// Into files.
    ///
    /// # Errors
    /// What is in the way, such as an owner that cannot be kept.
    pub fn files(certificate: &Path, beside: &Beside, attributes: &Attributes) -> Result<Self, FileError> {
        let prepare = |path: &Path| Ok((path.to_owned(), Prepared::beside(path, Kind::Public, attributes)?));
        let optional = |path: &Option<PathBuf>| path.as_deref().map(prepare).transpose();
        let extra = |(format, path): &(Format, PathBuf)| {
            Ok((*format, path.clone(), Prepared::beside(path, format.kind(), attributes)?))
        };
        Ok(Self::Files {
            certificate: prepare(certificate)?,
            chain: optional(&beside.chain)?,
            trust: optional(&beside.trust)?,
            extras: beside.extras.iter().map(extra).collect::<Result<_, FileError>>()?,
        })
    }

    /// Into a folder of versions, which is made where it is missing.
    ///
    /// # Errors
    /// Where somebody else is at it for longer than `patience`, or it cannot be made.
    pub fn folder(path: &Path, attributes: &Attributes, patience: Duration) -> Result<Self, LockError> {
        let versions = Versions::open(path, patience)?;
        Ok(Self::Folder { path: path.to_owned(), versions, attributes: attributes.clone() })
    }

    /// Where further forms go, of files.
    #[must_use]
    pub fn extras(&self) -> Vec<(Format, PathBuf)> {
        match self {
            Self::Files { extras, .. } => extras.iter().map(|(format, path, _)| (*format, path.clone())).collect(),
            Self::Folder { .. } => Vec::new(),
        }
    }

    /// Puts the set in place, runs the hook, and brings back what was before where that fails. Then the
    /// hook is run once more, for the service may have stopped on the new files.
    ///
    /// The files that were written are handed back, the certificate's last.
    ///
    /// # Errors
    /// [`DeliveryError::File`] where nothing changed; [`DeliveryError::Hook`] with what was done.
    pub fn put(self, set: &Set, hook: Option<&Hook>) -> Result<Vec<PathBuf>, DeliveryError> {
        match self {
            Self::Files { certificate, chain, trust, extras } => {
                // Trust goes first: it holds the old roots as well as the new. The certificate, which
                // has its chain with it, comes last.
                let texts = [(trust, set.trust()), (chain, set.chain()), (Some(certificate), set.certificate())];
                let mut ready = Vec::new();
                for (format, path, mut prepared) in extras {
                    if let Some(extra) = set.extras().iter().find(|extra| extra.format == format) {
                        prepared.fill(&extra.bytes)?;
                        ready.push((path, prepared));
                    }
                }
                for (file, text) in texts {
                    if let Some((path, mut prepared)) = file {
                        prepared.fill(text.as_bytes())?;
                        ready.push((path, prepared));
                    }
                }
                let (mut paths, mut done) = (Vec::new(), Vec::new());
                for (path, prepared) in ready {
                    match prepared.put() {
                        Ok(replaced) => done.push(replaced),
                        Err(error) => {
                            take_back(done)?;
                            return Err(error.into());
                        }
                    }
                    paths.push(path);
                }
                settle(hook, done, take_back, |done| done.into_iter().try_for_each(Replaced::confirm))?;
                Ok(paths)
            }
            Self::Folder { path, versions, attributes } => {
                let switched = versions.put(set.serial(), &set.members(), &attributes)?;
                settle(hook, switched, Switched::take_back, Switched::confirm)?;
                // The certificate last, as with files.
                let extras = set.extras().iter().map(|extra| extra.format.file());
                let names = extras.chain([KEY, TRUST, CHAIN, CERTIFICATE]).map(|name| Versions::member(&path, name));
                Ok(names.filter(|path| path.exists()).collect())
            }
        }
    }
}

/// The last one first.
pub(super) fn take_back(done: Vec<Replaced>) -> Result<(), FileError> {
    done.into_iter().rev().try_for_each(Replaced::take_back)
}

pub(super) fn settle<T>(
    hook: Option<&Hook>,
    change: T,
    back: impl FnOnce(T) -> Result<(), FileError>,
    confirm: impl FnOnce(T) -> Result<(), FileError>,
) -> Result<(), DeliveryError> {
    let Some(hook) = hook else { return Ok(confirm(change)?) };
    match hook.run() {
        Ok(()) => Ok(confirm(change)?),
        Err(error) => {
            let restored = match back(change) {
                Err(error) => Restored::Not(error),
                Ok(()) => hook.run().map_or_else(Restored::NotWorking, |()| Restored::Working),
            };
            Err(DeliveryError::Hook { error, restored })
        }
    }
}
