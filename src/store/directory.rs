//! Directories: made with their final mode, renamed into place whole, and synced, so that the names in them
//! outlive a loss of power.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use rustix::fs::Access;

use super::FileError;

/// Whether files can be made in this directory, as far as that can be known beforehand.
///
/// # Errors
/// What is in the way.
pub fn check_directory(directory: &Path) -> Result<(), FileError> {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(FileError::NoDirectory(directory.to_owned())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(FileError::NoDirectory(directory.to_owned()));
        }
        Err(error) => return Err(FileError::io("write into", directory)(error)),
    }
    rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|errno| FileError::io("write into", directory)(errno.into()))
}

/// Whether owner or mode keep this process from writing a file, or from making others beside it. A read-only mount
/// is another matter.
#[must_use]
pub fn is_denied(file: &Path) -> bool {
    let denied = |path, access| rustix::fs::access(path, access) == Err(rustix::io::Errno::ACCESS);
    denied(file, Access::READ_OK | Access::WRITE_OK) || denied(parent_of(file), Access::WRITE_OK | Access::EXEC_OK)
}

/// Makes a directory with mode 0700, whatever the umask is.
///
/// # Errors
/// [`FileError::Exists`] where something is there.
pub fn create_directory(path: &Path) -> Result<(), FileError> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => FileError::io("create", path)(error),
    })?;
    // A umask can only have taken bits away.
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(FileError::io("create", path))?;
    sync_directory(parent_of(path))
}

/// Makes a directory that everybody may read, mode 0755 whatever the umask is, and those above it
/// that are missing. One that is there is left as it is.
///
/// # Errors
/// [`FileError::NoDirectory`] where something else is there.
pub fn create_open_directory(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent_of(path);
    if parent != path {
        create_open_directory(parent)?;
    }
    match DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(FileError::io("create", path))?,
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(FileError::NoDirectory(path.to_owned()));
        }
        Err(error) => return Err(FileError::io("create", path)(error)),
    }
    sync_directory(parent)
}

/// Gives a finished directory its name. `from` and `to` stand in the same parent.
///
/// # Errors
/// [`FileError::Exists`] where `to` is there already and is not an empty directory.
pub fn rename_directory(from: &Path, to: &Path) -> Result<(), FileError> {
    // rename(2) puts a directory in the place of an empty one and of nothing else.
    fs::rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => {
            FileError::Exists(to.to_owned())
        }
        _ => FileError::io("create", to)(error),
    })?;
    sync_directory(parent_of(to))
}

/// Makes the names in a directory outlive a loss of power.
///
/// # Errors
/// What the system said.
pub fn sync_directory(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(FileError::io("sync", path))
}

/// The directory that a path stands in; `.` for a bare name.
#[must_use]
pub fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn directories_have_their_final_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (own, open) = (folder.path().join("own"), folder.path().join("open"));
        create_directory(&own).unwrap();
        assert!(matches!(create_directory(&own), Err(FileError::Exists(_))));
        create_open_directory(&open.join("in/it")).unwrap();
        assert_eq!(
            [&own, &open, &open.join("in"), &open.join("in/it")].map(|path| mode(path)),
            [0o700, 0o755, 0o755, 0o755]
        );
        // What is there stays as it is.
        create_open_directory(&own).unwrap();
        assert_eq!(mode(&own), 0o700);
        fs::write(folder.path().join("file"), b"").unwrap();
        for blocked in ["file", "file/in"] {
            assert!(create_open_directory(&folder.path().join(blocked)).is_err(), "{blocked}");
        }
    }

    #[test]
    fn a_directory_is_renamed_only_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let (made, target) = (folder.path().join("made"), folder.path().join("ca"));
        create_directory(&made).unwrap();
        fs::write(made.join("x"), b"1").unwrap();
        create_directory(&target).unwrap();
        fs::write(target.join("precious"), b"1").unwrap();
        assert!(matches!(rename_directory(&made, &target), Err(FileError::Exists(_))));
        fs::remove_file(target.join("precious")).unwrap();
        rename_directory(&made, &target).unwrap();
        assert!(target.join("x").exists() && !made.exists());
    }
}
