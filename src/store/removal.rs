//! What may go: leftovers of commands that were ended, and what can be made again. Of keys and ledgers, only a
//! key that nothing depends on any more.

use std::fs;
use std::io;
use std::path::Path;

use super::directory::{parent_of, sync_directory};
use super::{FileError, treasure};

/// Takes away what a command that was ended left in the making: a file, or a whole directory.
///
/// # Errors
/// What the system said.
pub fn remove_leftover(path: &Path) -> Result<(), FileError> {
    let found = fs::symlink_metadata(path).map_err(FileError::io("read", path))?;
    let removed = if found.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(FileError::io("remove", path))?;
    sync_directory(parent_of(path))
}

/// Takes away a key that can be made again, because nothing that it did depends on it any more.
///
/// # Errors
/// What the system said.
pub fn discard_key(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Ok(()) => sync_directory(parent_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::io("remove", path)(error)),
    }
}

/// Removes a file that can be made again; one that is gone already is fine. Neither a key nor a
/// ledger is removed.
///
/// # Errors
/// [`FileError::NeverReplaced`] for those; else what the system said.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.is_file() => treasure::refuse(path)?,
        _ => {}
    }
    fs::remove_file(path).map_err(FileError::io("remove", path))?;
    sync_directory(parent_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Treasure;

    #[test]
    fn what_is_gone_already_is_fine_and_a_treasure_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        remove(&path).unwrap();
        discard_key(&path).unwrap();
        assert!(remove_leftover(&path).is_err());
        fs::write(&path, b"SQLite format 3\0").unwrap();
        assert!(matches!(remove(&path), Err(FileError::NeverReplaced { holds: Treasure::Ledger, .. })));
        fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n").unwrap();
        assert!(matches!(remove(&path), Err(FileError::NeverReplaced { holds: Treasure::Key, .. })));
        discard_key(&path).unwrap();
        fs::write(&path, "public").unwrap();
        remove(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_leftover_goes_with_all_that_is_in_it_and_a_link_goes_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (made, link) = (folder.path().join("made"), folder.path().join("link"));
        fs::create_dir_all(made.join("in")).unwrap();
        fs::write(made.join("in/it"), b"x").unwrap();
        std::os::unix::fs::symlink(&made, &link).unwrap();
        remove_leftover(&link).unwrap();
        assert!(made.join("in/it").exists());
        remove_leftover(&made).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
