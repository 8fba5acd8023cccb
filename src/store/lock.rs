//! Who may change a CA directory now: a kernel lock on the directory itself.
//!
//! Every verb that signs holds it shared, so that they run side by side and the ledger's own
//! transactions order them; repair holds it alone, and may then take a pending row for the orphan
//! of a crash. The kernel lets go of the lock when its holder ends, however it ends, so there is
//! no lock file, no process number in one, and nothing to clean up. The lock is on the directory's
//! inode: it needs no write permission, and it goes along when the directory is renamed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::{FileError, file_system};

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub struct DirectoryLock {
    _directory: File,
}

/// Why a lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else held it all the time.
    #[error("`{}` is in use by another process; waited {}", path.display(), in_words(*waited))]
    Busy {
        /// The directory.
        path: PathBuf,
        /// For how long we tried.
        waited: Duration,
    },
    /// The directory cannot be opened, or is where locks do not hold.
    #[error(transparent)]
    File(#[from] FileError),
}

impl DirectoryLock {
    /// For a verb that signs: waits until nobody holds it alone.
    ///
    /// # Errors
    /// [`LockError::Busy`] when that takes longer than `patience`.
    pub fn shared(directory: &Path, patience: Duration) -> Result<Self, LockError> {
        Self::wait(directory, patience, File::try_lock_shared)
    }

    /// For repair: waits until nobody holds it.
    ///
    /// # Errors
    /// [`LockError::Busy`] when that takes longer than `patience`.
    pub fn alone(directory: &Path, patience: Duration) -> Result<Self, LockError> {
        Self::wait(directory, patience, File::try_lock)
    }

    fn wait(
        path: &Path,
        patience: Duration,
        attempt: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, LockError> {
        let directory = File::open(path).map_err(FileError::io("open", path))?;
        if !directory.metadata().map_err(FileError::io("open", path))?.is_dir() {
            return Err(FileError::NoDirectory(path.to_owned()).into());
        }
        file_system::refuse_network(path)?;
        attempt_until(&directory, path, patience, attempt)?;
        Ok(Self { _directory: directory })
    }
}

/// Locks an open file alone.
pub(super) fn exclusively(file: &File, path: &Path, patience: Duration) -> Result<(), LockError> {
    attempt_until(file, path, patience, File::try_lock)
}

fn attempt_until(
    file: &File,
    path: &Path,
    patience: Duration,
    attempt: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<(), LockError> {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(1);
    loop {
        match attempt(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(TryLockError::Error(error)) => return Err(FileError::io("lock", path)(error).into()),
        }
        if waited >= patience {
            return Err(LockError::Busy { path: path.to_owned(), waited });
        }
        let nap = pause.min(patience.saturating_sub(waited));
        std::thread::sleep(nap);
        waited += nap;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// A wait as a person says it: `30s`, `0.2s`.
pub(crate) fn in_words(waited: Duration) -> String {
    let tenths = waited.as_millis().div_ceil(100);
    match (tenths / 10, tenths % 10) {
        (seconds, 0) => format!("{seconds}s"),
        (seconds, tenth) => format!("{seconds}.{tenth}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(30);

    #[test]
    fn many_share_it_or_one_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = DirectoryLock::shared(folder.path(), SHORT).unwrap();
        let second = DirectoryLock::shared(folder.path(), SHORT).unwrap();
        match DirectoryLock::alone(folder.path(), SHORT) {
            Err(LockError::Busy { waited, .. }) => assert!(waited >= SHORT),
            other => panic!("{other:?}"),
        }
        drop((first, second));
        let alone = DirectoryLock::alone(folder.path(), SHORT).unwrap();
        assert!(matches!(DirectoryLock::shared(folder.path(), Duration::ZERO), Err(LockError::Busy { .. })));
        drop(alone);
        DirectoryLock::shared(folder.path(), Duration::ZERO).unwrap();
    }

    #[test]
    fn waiting_ends_when_the_holder_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let alone = DirectoryLock::alone(folder.path(), SHORT).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| DirectoryLock::shared(folder.path(), Duration::from_secs(20)));
            std::thread::sleep(SHORT);
            drop(alone);
            assert!(waiting.join().unwrap().is_ok());
        });
    }

    #[test]
    fn only_directories_are_locked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DirectoryLock::shared(file.path(), SHORT).unwrap_err();
        assert!(matches!(error, LockError::File(FileError::NoDirectory(_))));
        assert_eq!(in_words(Duration::from_secs(30)), "30s");
        assert_eq!(in_words(Duration::from_millis(150)), "0.2s");
    }
}
