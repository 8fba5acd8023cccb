//! Files that are there whole or not at all, with their final mode from their first moment.
//!
//! A file is made beside its target under another name, gets its mode whatever the umask is, is
//! filled, synced and renamed, and then its directory is synced. When power goes between two of
//! these, the target is as it was before, or complete.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::directory::{check_directory, parent_of, sync_directory};
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

/// Makes an empty file of mode 0600 that another library will fill: the ledger.
///
/// # Errors
/// [`FileError::Exists`] where something is there.
pub fn create_empty(path: &Path) -> Result<(), FileError> {
    write_new(path, b"", Readers::Owner)
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

/// Puts a file, or a symbolic link, in the place of another one of its directory. Only for what was
/// checked and kept beforehand: nothing is asked here.
pub(super) fn rename_over(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::io("replace", to))?;
    sync_directory(parent_of(to))
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
}
