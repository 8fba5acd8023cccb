//! Many files that are brought to disk together: as each by itself, whole or not at all and with its
//! final mode from its first moment, but synced once for all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::FileError;
use super::atomic::{Existing, Readers, check_target, empty_beside};
use super::directory::{parent_of, sync_directory};

/// One of them.
#[derive(Debug)]
pub struct Filed {
    /// Where it goes.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// So many are open at once.
const OPEN: usize = 512;

/// Where the kernel shows a process its open files.
const OPEN_FILES: &str = "/proc/self/fd";

/// A file that is whole and has no name of its own yet.
enum Nameless {
    /// It has none at all, and is gone with the process.
    Open(OwnedFd),
    /// It stands beside its place, locked.
    Beside(NamedTempFile),
}

/// Writes all of them, for everybody to read; one result for each. Some hundreds at a time are filled
/// without a name, then their file systems are synced, then each gets its name, and at last the
/// directories are synced. When power goes in between, each is there whole or not at all.
#[must_use]
pub fn write_group(files: &[Filed], existing: Existing) -> Vec<Result<(), FileError>> {
    files.chunks(OPEN).flat_map(|some| write_some(some, existing)).collect()
}

fn write_some(files: &[Filed], existing: Existing) -> Vec<Result<(), FileError>> {
    let may_be_nameless = existing == Existing::Keep && Path::new(OPEN_FILES).is_dir();
    let filled = |file| filled(file, existing, may_be_nameless);
    let beside: Vec<Result<Nameless, FileError>> = files.iter().map(filled).collect();
    let written = files.iter().zip(&beside).filter(|(_, beside)| beside.is_ok());
    let directories: BTreeSet<&Path> = written.map(|(file, _)| parent_of(&file.path)).collect();
    if let Err(failure) = sync_file_systems(&directories) {
        // Nothing has its name yet, and what is beside goes.
        let again = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
        return files
            .iter()
            .zip(beside)
            .map(|(file, beside)| beside.and(Err(FileError::io("write", &file.path)(again(&failure)))))
            .collect();
    }
    let placed: Vec<Result<(), FileError>> =
        files.iter().zip(beside).map(|(file, beside)| place(beside?, &file.path, existing)).collect();
    named(&directories, sync_directory, files, placed)
}

/// A file without a name can be given one where the kernel shows it in `/proc` (open(2), `O_TMPFILE`), which
/// a bare chroot lacks, and where nothing is to be replaced: getting the name fails where something is there.
fn filled(file: &Filed, existing: Existing, may_be_nameless: bool) -> Result<Nameless, FileError> {
    let failed = FileError::io("write", &file.path);
    if may_be_nameless && let Some(open) = without_name(parent_of(&file.path)) {
        let mut open = File::from(open);
        // The mode comes before the first byte, whatever the umask is.
        let filled = rustix::fs::fchmod(&open, Mode::from_raw_mode(Readers::Everybody.mode()))
            .map_err(io::Error::from)
            .and_then(|()| open.write_all(file.text.as_bytes()));
        return filled.map(|()| Nameless::Open(open.into())).map_err(failed);
    }
    if existing == Existing::Replace {
        check_target(&file.path, existing)?;
    }
    let mut beside = empty_beside(&file.path, Readers::Everybody)?;
    beside.write_all(file.text.as_bytes()).map_err(failed)?;
    Ok(Nameless::Beside(beside))
}

/// A file without a name; none where the file system has no such.
fn without_name(directory: &Path) -> Option<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::open(directory, flags, Mode::RUSR | Mode::WUSR).ok()
}

fn place(nameless: Nameless, path: &Path, existing: Existing) -> Result<(), FileError> {
    let placed = match (nameless, existing) {
        (Nameless::Open(file), _) => {
            // The short way is for privileged processes, and since Linux 6.10 for whoever opened the file.
            linkat(&file, "", CWD, path, AtFlags::EMPTY_PATH)
                .or_else(|error| match error {
                    Errno::NOENT | Errno::PERM | Errno::INVAL => {
                        let own = format!("{OPEN_FILES}/{}", file.as_raw_fd());
                        linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)
                    }
                    error => Err(error),
                })
                .map_err(io::Error::from)
        }
        (Nameless::Beside(beside), Existing::Keep) => {
            beside.persist_noclobber(path).map(drop).map_err(|failed| failed.error)
        }
        (Nameless::Beside(beside), Existing::Replace) => beside.persist(path).map(drop).map_err(|failed| failed.error),
    };
    placed.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => FileError::io("create", path)(error),
    })
}

/// One call for each directory; of several on the same file system the later ones find nothing to do.
fn sync_file_systems(directories: &BTreeSet<&Path>) -> io::Result<()> {
    for directory in directories {
        rustix::fs::syncfs(File::open(directory)?)?;
    }
    Ok(())
}

/// Brings the names to disk. Where a directory is not synced its own files may not outlive a loss of power; those of
/// the others are there all the same.
fn named(
    directories: &BTreeSet<&Path>,
    sync: impl Fn(&Path) -> Result<(), FileError>,
    files: &[Filed],
    placed: Vec<Result<(), FileError>>,
) -> Vec<Result<(), FileError>> {
    let mut lost: BTreeMap<&Path, String> = BTreeMap::new();
    for directory in directories {
        if let Err(error) = sync(directory) {
            lost.insert(directory, error.to_string());
        }
    }
    let kept = |file: &Filed| match lost.get(parent_of(&file.path)) {
        Some(error) => Err(FileError::io("sync", parent_of(&file.path))(io::Error::other(error.clone()))),
        None => Ok(()),
    };
    files.iter().zip(placed).map(|(file, placed)| placed.and_then(|()| kept(file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn filed(path: PathBuf) -> Filed {
        Filed { text: format!("of {}", path.display()), path }
    }

    #[test]
    fn one_that_cannot_be_written_stops_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("d")).unwrap();
        fs::write(at("taken"), "before").unwrap();
        let files: Vec<Filed> = ["a", "taken", "no/b", "d", "d/c"].map(|name| filed(at(name))).into();
        let results = write_group(&files, Existing::Keep);
        assert!(matches!(
            results.as_slice(),
            [Ok(()), Err(FileError::Exists(_)), Err(FileError::Io { .. }), Err(FileError::Exists(_)), Ok(())]
        ));
        for name in ["a", "d/c"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), format!("of {}", at(name).display()));
            assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777, 0o644);
        }
        assert_eq!(fs::read_to_string(at("taken")).unwrap(), "before");
        let left = |name: &str| fs::read_dir(at(name)).unwrap().count();
        assert_eq!((left("."), left("d")), (3, 1));
    }

    #[test]
    fn each_directory_is_synced_and_each_row_of_one_that_is_not_says_so() {
        let files: Vec<Filed> = ["a/1", "b/2", "c/3", "a/4", "d/5", "c/6"].map(|path| filed(path.into())).into();
        let directories: BTreeSet<&Path> = files.iter().map(|file| parent_of(&file.path)).collect();
        let synced = std::cell::RefCell::new(Vec::new());
        let sync = |directory: &Path| {
            synced.borrow_mut().push(directory.to_owned());
            let error = || FileError::io("sync", directory)(io::Error::other("no"));
            if ["a", "c"].iter().any(|bad| directory == Path::new(bad)) { Err(error()) } else { Ok(()) }
        };
        let mut placed: Vec<Result<(), FileError>> = files.iter().map(|_| Ok(())).collect();
        placed[5] = Err(FileError::Exists("c/6".into()));
        let results = named(&directories, sync, &files, placed);
        assert_eq!(*synced.borrow(), ["a", "b", "c", "d"].map(PathBuf::from));
        let is_of = |result: &Result<(), FileError>, directory: &str| matches!(result, Err(FileError::Io { act: "sync", path, .. }) if path == Path::new(directory));
        assert!(is_of(&results[0], "a") && is_of(&results[3], "a") && is_of(&results[2], "c"), "{results:?}");
        assert!(results[1].is_ok() && results[4].is_ok(), "{results:?}");
        assert!(matches!(results[5], Err(FileError::Exists(_))), "{results:?}");
    }

    #[test]
    fn keys_and_links_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("key"), "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n").unwrap();
        fs::write(at("old"), "before").unwrap();
        std::os::unix::fs::symlink(at("old"), at("link")).unwrap();
        let files: Vec<Filed> = ["key", "link", "old"].map(|name| filed(at(name))).into();
        let results = write_group(&files, Existing::Replace);
        assert!(matches!(
            results.as_slice(),
            [Err(FileError::NeverReplaced { .. }), Err(FileError::NotAFile { .. }), Ok(())]
        ));
        assert!(fs::read_to_string(at("old")).unwrap().starts_with("of "));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
