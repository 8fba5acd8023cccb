//! Files that change together: each set of them in a folder of its own, and one symbolic link,
//! `current`, that is switched from one folder to the next by a rename.
//!
//! ```text
//! DIR/
//!   current -> versions/5f0c…   switched last
//!   versions/5f0c…/             a finished set, never changed; the one before it is kept
//!   versions/.next/             a key whose certificate is being issued
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::FileError;
use super::atomic::{Readers, rename_over, write_new};
use super::attributes::{Attributes, Kind};
use super::directory::{create_directory, rename_directory, sync_directory};
use super::handover::{remove, set_mode};
use super::lock::{LockError, exclusively};
use super::read::read_limited;

/// The link to the set that is to be used.
const CURRENT: &str = "current";
const VERSIONS: &str = "versions";
const NEXT: &str = ".next";
const KEY: &str = "tls.key";
const LARGEST_KEY: u64 = 1024 * 1024;
/// How long a replaced set stays for readers who found it through the link before.
const STRAGGLERS: Duration = Duration::from_secs(60);

/// One file of a set.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its name within the folder.
    pub name: &'a str,
    /// What kind of file it is.
    pub kind: Kind,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// A directory of versions, locked for one who changes it.
#[derive(Debug)]
pub struct Versions {
    path: PathBuf,
    _lock: File,
}

impl Versions {
    /// Opens it, makes it where it is missing, and waits until nobody else changes it.
    ///
    /// # Errors
    /// [`LockError::Busy`] when that takes longer than `patience`; [`FileError::Exists`] where
    /// `current` is something else than a link of ours.
    pub fn open(path: &Path, patience: Duration) -> Result<Self, LockError> {
        for folder in [path.to_owned(), path.join(VERSIONS)] {
            match create_directory(&folder) {
                // Services of other accounts go through it; the files in it have modes of their own.
                Ok(()) => open_to_all(&folder)?,
                Err(FileError::Exists(_)) if folder.is_dir() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let lock = File::open(path).map_err(FileError::io("open", path))?;
        exclusively(&lock, path, patience)?;
        let opened = Self { path: path.to_owned(), _lock: lock };
        match fs::symlink_metadata(opened.link()) {
            Ok(found) if !found.is_symlink() => Err(FileError::Exists(opened.link()).into()),
            _ => Ok(opened),
        }
    }

    /// Whether a directory is one of these.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.join(VERSIONS).is_dir() && fs::symlink_metadata(path.join(CURRENT)).is_ok_and(|found| found.is_symlink())
    }

    /// A file of the set that `current` leads to, as services name it.
    #[must_use]
    pub fn member(path: &Path, name: &str) -> PathBuf {
        path.join(CURRENT).join(name)
    }

    /// The folder that `current` leads to.
    ///
    /// # Errors
    /// Where the link cannot be read.
    pub fn current(&self) -> Result<Option<PathBuf>, FileError> {
        match fs::read_link(self.link()) {
            Ok(target) => Ok(Some(self.path.join(target))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::io("read", &self.link())(error)),
        }
    }

    /// The key whose certificate was being issued when somebody was interrupted.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn waiting_key(&self) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
        match read_limited(&self.next().join(KEY), LARGEST_KEY) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes down a key before its certificate is issued, in the place of one that waited in vain.
    ///
    /// # Errors
    /// What the system said.
    pub fn keep_key(&self, bytes: &[u8]) -> Result<(), FileError> {
        let folder = self.next();
        self.forget_key()?;
        create_directory(&folder)?;
        write_new(&folder.join(KEY), bytes, Readers::Owner)
    }

    fn forget_key(&self) -> Result<(), FileError> {
        remove_folder(&self.next())
    }

    /// Writes a set into a folder of its own, and switches to it.
    ///
    /// # Errors
    /// What the system said; `current` is then as it was.
    pub fn put(&self, name: &str, members: &[Member<'_>], attributes: &Attributes) -> Result<Switched<'_>, FileError> {
        let before = self.current()?;
        let folder = self.path.join(VERSIONS).join(name);
        if before.as_ref() != Some(&folder) {
            // Of an attempt that was taken back or killed: nobody was ever led to it.
            remove_folder(&folder)?;
            self.build(&folder, members, attributes, before.as_deref())?;
            self.switch(&Path::new(VERSIONS).join(name))?;
        }
        Ok(Switched { versions: self, before, folder })
    }

    fn build(
        &self,
        folder: &Path,
        members: &[Member<'_>],
        attributes: &Attributes,
        before: Option<&Path>,
    ) -> Result<(), FileError> {
        let versions = self.path.join(VERSIONS);
        let staging = tempfile::Builder::new()
            .prefix(".mtls-ca-")
            .tempdir_in(&versions)
            .map_err(FileError::io("create a directory in", &versions))?;
        for Member { name, kind, bytes } in members {
            let path = staging.path().join(name);
            let same = before.and_then(|before| fs::metadata(before.join(name)).ok());
            let mut options = OpenOptions::new();
            let mut file =
                options.write(true).create_new(true).mode(0o600).open(&path).map_err(FileError::io("create", &path))?;
            attributes.own(&file, &path, same.as_ref())?;
            set_mode(&file, attributes.mode_of(*kind, same.as_ref()).bits()).map_err(FileError::io("write", &path))?;
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(FileError::io("write", &path))?;
        }
        open_to_all(staging.path())?;
        sync_directory(staging.path())?;
        rename_directory(staging.path(), folder)?;
        let _moved = staging.keep();
        Ok(())
    }

    fn switch(&self, target: &Path) -> Result<(), FileError> {
        let beside = self.path.join(".mtls-ca-current");
        remove(&beside)?;
        symlink(target, &beside).map_err(FileError::io("create", &beside))?;
        rename_over(&beside, &self.link())
    }

    fn link(&self) -> PathBuf {
        self.path.join(CURRENT)
    }

    fn next(&self) -> PathBuf {
        self.path.join(VERSIONS).join(NEXT)
    }
}

/// A switch that was made.
#[derive(Debug)]
#[must_use = "a change is to be confirmed or taken back"]
pub struct Switched<'a> {
    versions: &'a Versions,
    before: Option<PathBuf>,
    folder: PathBuf,
}

impl Switched<'_> {
    /// Removes what is older than the set before this one, and was replaced a minute ago or longer: the
    /// others are kept for those who are on their way into them.
    ///
    /// # Errors
    /// What the system said.
    pub fn confirm(self) -> Result<(), FileError> {
        let Self { versions, before, folder } = self;
        versions.forget_key()?;
        if before.as_ref() == Some(&folder) {
            return Ok(());
        }
        let all = versions.path.join(VERSIONS);
        let mut sets: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&all).map_err(FileError::io("read", &all))? {
            let path = entry.map_err(FileError::io("read", &all))?.path();
            if is_unfinished(&path) {
                remove_folder(&path)?;
            } else if is_ours(&path) {
                let made = fs::metadata(&path).and_then(|found| found.modified());
                sets.push((made.map_err(FileError::io("read", &path))?, path));
            }
        }
        sets.sort();
        let newest = sets.last().map(|(made, _)| *made);
        let next = sets.iter().skip(1).map(|(made, _)| *made);
        // A set was replaced when the next one was made. Both are times of the file system.
        for ((_, path), replaced) in sets.iter().zip(next) {
            let since = newest.and_then(|newest| newest.duration_since(replaced).ok()).unwrap_or_default();
            if *path != folder && Some(path) != before.as_ref() && since >= STRAGGLERS {
                remove_folder(path)?;
            }
        }
        Ok(())
    }

    /// Switches back. The new set stays in its folder, so that it can be switched to later.
    ///
    /// # Errors
    /// What the system said.
    pub fn take_back(self) -> Result<(), FileError> {
        match self.before.as_deref().and_then(Path::file_name) {
            Some(name) => self.versions.switch(&Path::new(VERSIONS).join(name)),
            None => remove(&self.versions.link()),
        }
    }
}

/// A folder that a set was put into: it is called by a serial number.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    !name.is_empty() && name.iter().all(u8::is_ascii_hexdigit)
}

/// What somebody left who was killed while building a set.
fn is_unfinished(path: &Path) -> bool {
    path.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b".mtls-ca-")
}

fn remove_folder(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn open_to_all(folder: &Path) -> Result<(), FileError> {
    let opened = File::open(folder).and_then(|open| open.set_permissions(fs::Permissions::from_mode(0o755)));
    opened.map_err(FileError::io("create", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(key: &'a [u8], certificate: &'a [u8]) -> [Member<'a>; 2] {
        [
            Member { name: "tls.key", kind: Kind::Key, bytes: key },
            Member { name: "tls.crt", kind: Kind::Public, bytes: certificate },
        ]
    }

    /// As if a set had been made so many seconds after the year 2030 began.
    fn made(path: &Path, name: &str, seconds: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000 + seconds);
        File::open(path.join("versions").join(name)).unwrap().set_modified(time).unwrap();
    }

    fn there(path: &Path) -> (Vec<u8>, Vec<u8>) {
        let read = |name| fs::read(Versions::member(path, name)).unwrap();
        (read("tls.key"), read("tls.crt"))
    }

    #[test]
    fn sets_are_switched_confirmed_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tls");
        let versions = Versions::open(&path, Duration::ZERO).unwrap();
        assert!(matches!(Versions::open(&path, Duration::ZERO), Err(LockError::Busy { .. })));
        let no = Attributes::default();
        versions.put("0a", &set(b"k1", b"c1"), &no).unwrap().take_back().unwrap();
        assert_eq!(versions.current().unwrap(), None);
        let said = Attributes { mode: Some("0640".parse().unwrap()), ..no.clone() };
        versions.put("0a", &set(b"k1", b"c1"), &said).unwrap().confirm().unwrap();
        assert_eq!(there(&path), (b"k1".to_vec(), b"c1".to_vec()));
        versions.put("0b", &set(b"k2", b"c2"), &no).unwrap().take_back().unwrap();
        assert_eq!(there(&path), (b"k1".to_vec(), b"c1".to_vec()));
        for number in 1..=4 {
            let name = format!("c{number}");
            versions.keep_key(name.as_bytes()).unwrap();
            assert_eq!(versions.waiting_key().unwrap().unwrap().as_slice(), name.as_bytes());
            let switched = versions.put(&name, &set(name.as_bytes(), b"c"), &no).unwrap();
            made(&path, &name, 100 * number);
            switched.confirm().unwrap();
            assert_eq!(versions.waiting_key().unwrap(), None);
        }
        assert_eq!(there(&path).0, b"c4");
        let mut left: Vec<_> =
            fs::read_dir(path.join("versions")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        // The third was replaced by the fourth just now, and the second by the third 100 seconds before.
        assert_eq!(left, ["c3", "c4"]);
        let mode = |name| fs::metadata(Versions::member(&path, name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("tls.key"), mode("tls.crt")), (0o640, 0o640));
        assert!(Versions::is_one(&path) && !Versions::is_one(folder.path()));
    }

    #[test]
    fn what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("versions/notes")).unwrap();
        let versions = Versions::open(folder.path(), Duration::ZERO).unwrap();
        for (name, time) in [("01", 0), ("02", 100), ("03", 200)] {
            let switched = versions.put(name, &set(b"k", b"c"), &Attributes::default()).unwrap();
            made(folder.path(), name, time);
            switched.confirm().unwrap();
        }
        assert!(folder.path().join("versions/notes").exists() && !folder.path().join("versions/01").exists());
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("current"), "").unwrap();
        assert!(matches!(Versions::open(other.path(), Duration::ZERO), Err(LockError::File(FileError::Exists(_)))));
    }
}
