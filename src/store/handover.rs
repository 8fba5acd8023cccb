//! Files that are made ready beside the ones that they will replace, with owner and mode, and that
//! change places with them by a rename: whoever opens a path sees the old file or the new one.
//!
//! The file that was replaced stays beside under another name until the change is confirmed, so that
//! it can be taken back as it was.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::atomic::rename_over;
use super::attributes::{Attributes, Kind};
use super::directory::{parent_of, sync_directory};
use super::read::kind_of;
use super::{FileError, making};

/// A file beside its target, empty so far, with its final owner and mode.
#[derive(Debug)]
pub struct Prepared {
    beside: NamedTempFile,
    target: PathBuf,
}

impl Prepared {
    /// Makes it. What stands at the target has to be a regular file; a symbolic link to one is
    /// followed, so that the link stays.
    ///
    /// # Errors
    /// What is in the way; nothing is changed then.
    pub fn beside(target: &Path, kind: Kind, attributes: &Attributes) -> Result<Self, FileError> {
        let target = match fs::symlink_metadata(target) {
            Ok(found) if found.is_symlink() => target.canonicalize().map_err(FileError::io("read", target))?,
            _ => target.to_owned(),
        };
        let before = present(&target)?;
        let beside = making::beside(&target)?;
        attributes.own(beside.as_file(), &target, before.as_ref())?;
        let mode = attributes.mode_of(kind, before.as_ref());
        set_mode(beside.as_file(), mode.bits()).map_err(FileError::io("write", &target))?;
        Ok(Self { beside, target })
    }

    /// Fills it, and makes what is in it outlive a loss of power.
    ///
    /// # Errors
    /// Where the disk is full, or the system says no.
    pub fn fill(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let Self { beside, target } = self;
        beside.write_all(bytes).and_then(|()| beside.as_file().sync_all()).map_err(FileError::io("write", target))
    }

    /// Where it will stand.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it where nothing is: a key replaces no file. Of two who do so at once, one succeeds.
    ///
    /// # Errors
    /// [`FileError::Exists`] where something is there.
    pub fn put_new(self) -> Result<(), FileError> {
        let Self { beside, target } = self;
        match beside.persist_noclobber(&target) {
            Ok(_) => sync_directory(parent_of(&target)),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists(target)),
            Err(failed) => Err(FileError::io("create", &target)(failed.error)),
        }
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// What the system said; the target is then as it was.
    pub fn put(self) -> Result<Replaced, FileError> {
        let Self { beside, target } = self;
        let kept = kept_name(&target);
        let had_one = match fs::symlink_metadata(&target) {
            Ok(_) => {
                // Of an attempt that was killed; the target is whole, so it is worth nothing.
                remove(&kept)?;
                fs::hard_link(&target, &kept).map_err(FileError::io("keep a copy of", &target))?;
                true
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(FileError::io("replace", &target)(error)),
        };
        beside.persist(&target).map_err(|failed| FileError::io("replace", &target)(failed.error))?;
        sync_directory(parent_of(&target))?;
        Ok(Replaced { target, kept: had_one.then_some(kept) })
    }
}

/// A file that took its place, and the one before it.
#[derive(Debug)]
#[must_use = "a change is to be confirmed or taken back"]
pub struct Replaced {
    target: PathBuf,
    kept: Option<PathBuf>,
}

impl Replaced {
    /// Lets go of the file before it.
    ///
    /// # Errors
    /// What the system said.
    pub fn confirm(self) -> Result<(), FileError> {
        self.kept.map_or(Ok(()), |kept| remove(&kept))
    }

    /// Brings the file before it back, or takes the new one away where there was none.
    ///
    /// # Errors
    /// What the system said.
    pub fn take_back(self) -> Result<(), FileError> {
        match self.kept {
            Some(kept) => rename_over(&kept, &self.target),
            None => remove(&self.target),
        }
    }
}

/// An exclusive lock on a file that is replaced by renames: it is on the file that stands there, and
/// is had only while that is still the one that was opened.
#[derive(Debug)]
pub struct Exclusive {
    _file: File,
}

impl Exclusive {
    /// Waits for it.
    ///
    /// # Errors
    /// [`super::lock::LockError::Busy`] when that takes longer than `patience`.
    pub fn of(path: &Path, patience: std::time::Duration) -> Result<Self, super::lock::LockError> {
        let begin = std::time::Instant::now();
        loop {
            let file = File::open(path).map_err(FileError::io("open", path))?;
            let left = patience.saturating_sub(begin.elapsed());
            super::lock::exclusively(&file, path, left)?;
            let (own, there) = (file.metadata(), fs::metadata(path));
            if let (Ok(own), Ok(there)) = (own, there)
                && (own.dev(), own.ino()) == (there.dev(), there.ino())
            {
                return Ok(Self { _file: file });
            }
        }
    }
}

/// Under which name the file before stays until the change is confirmed.
fn kept_name(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".mtls-ca-before-{name}"))
}

fn present(target: &Path) -> Result<Option<Metadata>, FileError> {
    match fs::symlink_metadata(target) {
        Ok(found) if found.is_file() => Ok(Some(found)),
        Ok(found) => Err(FileError::NotAFile { path: target.to_owned(), found: kind_of(&found) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("read", target)(error)),
    }
}

pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

pub(super) fn set_mode(file: &File, bits: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn put(target: &Path, bytes: &[u8], attributes: &Attributes) -> Replaced {
        let mut prepared = Prepared::beside(target, Kind::Public, attributes).unwrap();
        prepared.fill(bytes).unwrap();
        prepared.put().unwrap()
    }

    #[test]
    fn a_change_is_confirmed_or_taken_back_with_mode_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("api.crt");
        fs::write(&target, "one").unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o440)).unwrap();
        let inode = fs::metadata(&target).unwrap().ino();
        let replaced = put(&target, b"two", &Attributes::default());
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, 0o440);
        replaced.take_back().unwrap();
        assert_eq!((fs::read(&target).unwrap(), fs::metadata(&target).unwrap().ino()), (b"one".to_vec(), inode));
        let said = Attributes { mode: Some("0600".parse().unwrap()), ..Attributes::default() };
        put(&target, b"three", &said).confirm().unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(names(folder.path()), ["api.crt"]);
        let new = folder.path().join("new.crt");
        put(&new, b"x", &Attributes::default()).take_back().unwrap();
        assert_eq!(names(folder.path()), ["api.crt"]);
    }

    #[test]
    fn what_a_killed_attempt_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("api.crt");
        fs::write(&target, "one").unwrap();
        let _killed = put(&target, b"two", &Attributes::default());
        assert_eq!(names(folder.path()), [".mtls-ca-before-api.crt", "api.crt"]);
        put(&target, b"three", &Attributes::default()).confirm().unwrap();
        assert_eq!(names(folder.path()), ["api.crt"]);
    }

    #[test]
    fn links_stay_links_and_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("real.crt"), folder.path().join("link.crt"));
        fs::write(&target, "one").unwrap();
        std::os::unix::fs::symlink("real.crt", &link).unwrap();
        put(&link, b"two", &Attributes::default()).confirm().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let refused = Prepared::beside(folder.path(), Kind::Public, &Attributes::default());
        assert!(matches!(refused, Err(FileError::NotAFile { found: "a directory", .. })));
    }

    #[test]
    fn the_lock_is_on_the_file_that_stands_there() {
        use std::time::Duration;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("api.crt");
        fs::write(&target, "one").unwrap();
        let first = Exclusive::of(&target, Duration::ZERO).unwrap();
        assert!(Exclusive::of(&target, Duration::ZERO).is_err());
        // The waiting one gets it on the new file, after the rename.
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Exclusive::of(&target, Duration::from_secs(20)).unwrap());
            std::thread::sleep(Duration::from_millis(30));
            put(&target, b"two", &Attributes::default()).confirm().unwrap();
            drop(first);
            let second = waiting.join().unwrap();
            assert!(Exclusive::of(&target, Duration::ZERO).is_err());
            drop(second);
        });
        Exclusive::of(&target, Duration::ZERO).unwrap();
    }
}
