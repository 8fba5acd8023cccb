//! Files that are there whole or not at all, with their final mode from their first moment.
//!
//! A file is made beside its target under another name, gets its mode whatever the umask is, is
//! filled, synced and renamed, and then its directory is synced. When power goes between two of
//! these, the target is as it was before, or complete.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::read::kind_of;
use super::{FileError, making, treasure};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: keys, the ledger. Mode 0600.
    Owner,
    /// Everybody: certificates, CRLs. Mode 0644.
    Everybody,
}

/// What happens to a file that stands at the target already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and writing fails.
    Keep,
    /// It goes, as `--force` says. Only a regular file does that holds neither a key nor a ledger.
    Replace,
}

/// A file that will be written, checked before anything irrevocable is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    path: PathBuf,
    readers: Readers,
    existing: Existing,
}

impl Readers {
    pub(super) const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        }
    }
}

impl Output {
    /// Checks that the file can be written as far as that can be known beforehand: its directory
    /// is there and may be written to, and the target is free or may be replaced.
    ///
    /// # Errors
    /// What is in the way.
    pub fn plan(path: impl Into<PathBuf>, readers: Readers, existing: Existing) -> Result<Self, FileError> {
        let path = path.into();
        check_directory(parent_of(&path))?;
        check_target(&path, existing)?;
        Ok(Self { path, readers, existing })
    }

    /// Where it will stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what `fill` puts into it, however long that is.
    ///
    /// # Errors
    /// What `fill` says, or what went wrong; the target is then as it was before.
    pub fn write_with<E: From<FileError>>(&self, fill: impl FnOnce(&mut File) -> Result<(), E>) -> Result<(), E> {
        let Self { path, readers, existing } = self;
        check_target(path, *existing)?;
        let mut beside = empty_beside(path, *readers)?;
        fill(beside.as_file_mut())?;
        beside.as_file().sync_all().map_err(FileError::io("write", path))?;
        match existing {
            Existing::Keep => put_new(beside, path)?,
            Existing::Replace => put_over(beside, path)?,
        }
        Ok(())
    }

    /// Writes it.
    ///
    /// # Errors
    /// What went wrong; the target is then as it was before.
    pub fn write(&self, bytes: &[u8]) -> Result<(), FileError> {
        match self.existing {
            Existing::Keep => write_new(&self.path, bytes, self.readers),
            Existing::Replace => replace(&self.path, bytes, self.readers),
        }
    }
}

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

/// Writes a file where there is none. Of two that do so at once, one succeeds.
///
/// # Errors
/// [`FileError::Exists`] where something is there, be it a broken symbolic link.
pub fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    put_new(written_beside(path, bytes, readers)?, path)
}

fn put_new(beside: NamedTempFile, path: &Path) -> Result<(), FileError> {
    match beside.persist_noclobber(path) {
        Ok(_) => sync_directory(parent_of(path)),
        // Dropping the error removes the file beside.
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists(path.to_owned())),
        Err(failed) => Err(FileError::io("create", path)(failed.error)),
    }
}

/// Writes a file in the place of another, or where there is none. Never for keys.
///
/// # Errors
/// [`FileError::NotAFile`] where the target is a directory, a symbolic link (which is not
/// followed), a pipe or a device.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    check_target(path, Existing::Replace)?;
    put_over(written_beside(path, bytes, readers)?, path)
}

fn put_over(beside: NamedTempFile, path: &Path) -> Result<(), FileError> {
    beside.persist(path).map_err(|failed| FileError::io("replace", path)(failed.error))?;
    sync_directory(parent_of(path))
}

/// The same for what is too large to be held: `fill` writes it piece by piece.
///
/// # Errors
/// As [`replace`]; what `fill` says.
pub fn replace_with(
    path: &Path,
    readers: Readers,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    check_target(path, Existing::Replace)?;
    let beside = filled_beside(path, readers, fill)?;
    beside.persist(path).map_err(|failed| FileError::io("replace", path)(failed.error))?;
    sync_directory(parent_of(path))
}

/// Writes a key in the place of itself, sealed otherwise: the one way in which a key file goes. What was
/// written is read back from the disk, and `is_same` has to find the same key in it; where it does not, or
/// anything fails, the old file stays. Owner and mode are kept.
///
/// # Errors
/// [`FileError::NotTheSame`] where another key was read back.
pub fn replace_key(path: &Path, bytes: &[u8], is_same: impl FnOnce(&[u8]) -> bool) -> Result<(), FileError> {
    let before = fs::symlink_metadata(path).map_err(FileError::io("replace", path))?;
    if !before.is_file() {
        return Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&before) });
    }
    let beside = written_beside(path, bytes, Readers::Owner)?;
    let mut written = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_add(1)));
    File::open(beside.path())
        .and_then(|mut file| file.read_to_end(&mut written))
        .map_err(FileError::io("read", path))?;
    if !is_same(&written) {
        return Err(FileError::NotTheSame(path.to_owned()));
    }
    std::os::unix::fs::fchown(beside.as_file(), Some(before.uid()), Some(before.gid()))
        .and_then(|()| beside.as_file().set_permissions(before.permissions()))
        .map_err(FileError::io("give its owner and mode to", path))?;
    beside.persist(path).map_err(|failed| FileError::io("replace", path)(failed.error))?;
    sync_directory(parent_of(path))
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

/// Makes an empty file of mode 0600 that another library will fill: the ledger.
///
/// # Errors
/// [`FileError::Exists`] where something is there.
pub fn create_empty(path: &Path) -> Result<(), FileError> {
    write_new(path, b"", Readers::Owner)
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

/// Moves a finished file to its place where there is none yet, and makes that outlive a loss of
/// power.
///
/// # Errors
/// [`FileError::Exists`] where `to` is there already.
pub fn rename_file(from: &Path, to: &Path) -> Result<(), FileError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(|errno| match errno {
        rustix::io::Errno::EXIST => FileError::Exists(to.to_owned()),
        other => FileError::io("create", to)(other.into()),
    })?;
    sync_directory(parent_of(to))
}

/// Gives a file or directory its mode. A symbolic link is not followed.
///
/// # Errors
/// What the system said.
pub fn set_mode(path: &Path, mode: u32) -> Result<(), FileError> {
    let found = fs::symlink_metadata(path).map_err(FileError::io("read", path))?;
    if found.is_symlink() {
        return Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&found) });
    }
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(FileError::io("change the mode of", path))
}

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

/// Puts a file, or a symbolic link, in the place of another one of its directory. Only for what was
/// checked and kept beforehand: nothing is asked here.
pub(super) fn rename_over(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::io("replace", to))?;
    sync_directory(parent_of(to))
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

/// Makes the names in a directory outlive a loss of power.
///
/// # Errors
/// What the system said.
pub fn sync_directory(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(FileError::io("sync", path))
}

pub(super) fn check_target(path: &Path, existing: Existing) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::io("write", path)(error)),
        Ok(found) if found.is_file() && existing == Existing::Replace => treasure::refuse(path),
        Ok(found) if found.is_file() => Err(FileError::Exists(path.to_owned())),
        Ok(found) => Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&found) }),
    }
}

fn written_beside(path: &Path, bytes: &[u8], readers: Readers) -> Result<NamedTempFile, FileError> {
    filled_beside(path, readers, |file| file.write_all(bytes))
}

fn filled_beside(
    path: &Path,
    readers: Readers,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<NamedTempFile, FileError> {
    let mut beside = empty_beside(path, readers)?;
    fill(beside.as_file_mut()).and_then(|()| beside.as_file().sync_all()).map_err(FileError::io("write", path))?;
    Ok(beside)
}

pub(super) fn empty_beside(path: &Path, readers: Readers) -> Result<NamedTempFile, FileError> {
    // Created with O_EXCL and mode 0600; the wider mode comes before the first byte.
    let beside = making::beside(path)?;
    let mode = Permissions::from_mode(readers.mode());
    beside.as_file().set_permissions(mode).map_err(FileError::io("write", path))?;
    Ok(beside)
}

/// The directory that a path stands in; `.` for a bare name.
pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Treasure;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_have_their_final_mode_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (folder.path().join("k"), folder.path().join("c"));
        write_new(&key, b"secret", Readers::Owner).unwrap();
        write_new(&certificate, b"public", Readers::Everybody).unwrap();
        assert_eq!((mode(&key), mode(&certificate)), (0o600, 0o644));
        assert!(matches!(write_new(&key, b"other", Readers::Owner), Err(FileError::Exists(_))));
        assert_eq!(fs::read(&key).unwrap(), b"secret");
        replace(&certificate, b"newer", Readers::Everybody).unwrap();
        assert_eq!(fs::read(&certificate).unwrap(), b"newer");
        assert_eq!(names(folder.path()), ["c", "k"]);
        let directory = folder.path().join("d");
        create_directory(&directory).unwrap();
        assert_eq!(mode(&directory), 0o700);
        assert!(matches!(create_directory(&directory), Err(FileError::Exists(_))));
    }

    #[test]
    fn symbolic_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert!(matches!(write_new(&link, b"x", Readers::Everybody), Err(FileError::Exists(_))));
        fs::write(&victim, b"untouched").unwrap();
        let error = replace(&link, b"x", Readers::Everybody).unwrap_err();
        assert!(matches!(error, FileError::NotAFile { found: "a symbolic link", .. }));
        assert_eq!(fs::read(&victim).unwrap(), b"untouched");
        assert_eq!(names(folder.path()), ["link", "victim"]);
    }

    #[test]
    fn neither_keys_nor_ledgers_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let label = |kind: &str| format!("comment\n-----BEGIN {kind}-----\nAA==\n-----END {kind}-----\n").into_bytes();
        // RFC 8410 section 10.3, in DER.
        let der = [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &[7; 32]].concat();
        for (content, treasure) in [
            (label("PRIVATE KEY"), Treasure::Key),
            (label("ENCRYPTED PRIVATE KEY"), Treasure::Key),
            (label("EC PRIVATE KEY"), Treasure::Key),
            (label("OPENSSH PRIVATE KEY"), Treasure::Key),
            ([label("CERTIFICATE"), label("PRIVATE KEY")].concat(), Treasure::Key),
            (der, Treasure::Key),
            (b"SQLite format 3\0\x10\0".to_vec(), Treasure::Ledger),
        ] {
            fs::write(&path, &content).unwrap();
            let planned = Output::plan(&path, Readers::Everybody, Existing::Replace);
            assert!(matches!(planned, Err(FileError::NeverReplaced { holds, .. }) if holds == treasure));
            let replaced = replace(&path, b"x", Readers::Everybody);
            assert!(matches!(replaced, Err(FileError::NeverReplaced { holds, .. }) if holds == treasure));
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        for public in [label("CERTIFICATE"), label("PUBLIC KEY"), label("CERTIFICATE REQUEST"), Vec::new()] {
            fs::write(&path, public).unwrap();
            replace(&path, b"x", Readers::Everybody).unwrap();
        }
    }

    #[test]
    fn a_key_goes_only_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let refused = replace_key(&path, b"after", |written| written != b"after");
        assert!(matches!(refused, Err(FileError::NotTheSame(_))));
        assert_eq!(fs::read(&path).unwrap(), b"before");
        replace_key(&path, b"after", |written| written == b"after").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"after".to_vec(), 0o640));
        assert!(replace_key(&folder.path().join("none"), b"x", |_| true).is_err());
        assert!(matches!(replace_key(folder.path(), b"x", |_| true), Err(FileError::NotAFile { .. })));
        assert_eq!(names(folder.path()), ["k"]);
    }

    #[test]
    fn plans_find_what_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        fs::write(&file, b"").unwrap();
        let plan = |path: &Path, existing| Output::plan(path, Readers::Everybody, existing);
        assert!(matches!(plan(&file, Existing::Keep), Err(FileError::Exists(_))));
        assert!(plan(&file, Existing::Replace).is_ok());
        assert!(matches!(plan(&file.join("x"), Existing::Keep), Err(FileError::NoDirectory(_))));
        assert!(matches!(plan(&folder.path().join("no/x"), Existing::Keep), Err(FileError::NoDirectory(_))));
        assert!(matches!(plan(folder.path(), Existing::Replace), Err(FileError::NotAFile { .. })));
        assert!(matches!(plan(Path::new("/dev/full"), Existing::Replace), Err(FileError::NotAFile { .. })));
        let long = folder.path().join("n".repeat(300));
        assert!(matches!(plan(&long, Existing::Keep), Err(FileError::Io { .. })));
        let free = plan(&folder.path().join("free"), Existing::Keep).unwrap();
        free.write(b"x").unwrap();
        assert!(matches!(free.write(b"y"), Err(FileError::Exists(_))));
    }

    #[test]
    fn of_two_writers_of_a_new_file_one_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let target = path.as_path();
        let won: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8_u8)
                .map(|n| scope.spawn(move || write_new(target, &[b'0' + n; 100], Readers::Owner).is_ok()))
                .collect();
            writers.into_iter().map(|writer| usize::from(writer.join().unwrap())).sum()
        });
        assert_eq!(won, 1);
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 100 && bytes.iter().all(|byte| Some(byte) == bytes.first()));
        assert_eq!(names(folder.path()), ["k"]);
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
        assert_eq!(names(folder.path()), ["ca"]);
    }
}
