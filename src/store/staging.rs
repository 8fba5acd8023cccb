//! A directory that is built beside its place and then put there, so that it is whole or not there.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::FileError;
use super::directory::{parent_of, rename_directory, sync_directory};

/// A directory in the making; gone when it is dropped before [`Staging::commit`].
#[derive(Debug)]
pub struct Staging {
    folder: TempDir,
    target: PathBuf,
}

impl Staging {
    /// Begins one beside `target`, which must not be there yet, or be an empty directory.
    ///
    /// # Errors
    /// [`FileError::Exists`] where something is there already; [`FileError::NoDirectory`] where
    /// there is nothing to put it into.
    pub fn beside(target: &Path) -> Result<Self, FileError> {
        let parent = parent_of(target);
        if !parent.is_dir() {
            return Err(FileError::NoDirectory(parent.to_owned()));
        }
        super::file_system::refuse_network(parent)?;
        match std::fs::symlink_metadata(target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(FileError::io("create", target)(error)),
            Ok(found) if found.is_dir() => {
                let mut entries = std::fs::read_dir(target).map_err(FileError::io("read", target))?;
                if entries.next().is_some() {
                    return Err(FileError::Exists(target.to_owned()));
                }
            }
            Ok(_) => return Err(FileError::Exists(target.to_owned())),
        }
        let folder = tempfile::Builder::new()
            .prefix(".mtls-ca-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(FileError::io("create a directory in", parent))?;
        Ok(Self { folder, target: target.to_owned() })
    }

    /// A room within a directory that is there already, for files that are moved out of it one by
    /// one; it is gone when it is dropped.
    ///
    /// # Errors
    /// What the system said.
    pub fn within(directory: &Path) -> Result<Self, FileError> {
        let folder = tempfile::Builder::new()
            .prefix(".mtls-ca-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(directory)
            .map_err(FileError::io("create a directory in", directory))?;
        Ok(Self { target: folder.path().to_owned(), folder })
    }

    /// Where it is built.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// Where somebody else put something there meanwhile.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { folder, target } = self;
        sync_directory(folder.path())?;
        rename_directory(folder.path(), &target)?;
        // It is not under its temporary name any more, so there is nothing to remove.
        let _moved = folder.keep();
        Ok(())
    }
}

/// Takes away a folder that nothing depends on any more. It is moved aside first, so that it is
/// there whole or not at all.
///
/// # Errors
/// What the system said.
pub fn discard(folder: &Path) -> Result<(), FileError> {
    let parent = folder.parent().unwrap_or(folder);
    let room = Staging::within(parent)?;
    rename_directory(folder, &room.path().join("discarded"))?;
    sync_directory(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_whole_or_not_at_all() {
        let room = tempfile::tempdir().unwrap();
        let target = room.path().join("ca");
        let staging = Staging::beside(&target).unwrap();
        std::fs::write(staging.path().join("file"), "x").unwrap();
        drop(staging);
        assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 0);
        let staging = Staging::beside(&target).unwrap();
        std::fs::write(staging.path().join("file"), "x").unwrap();
        staging.commit().unwrap();
        assert_eq!(std::fs::read(target.join("file")).unwrap(), b"x");
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(Staging::beside(&target), Err(FileError::Exists(_))));
        assert!(matches!(Staging::beside(&room.path().join("no/ca")), Err(FileError::NoDirectory(_))));
    }
}
