//! A file that grows by one line for each secret of a TLS session, for programs that decrypt a
//! recorded exchange. Whoever reads it reads the exchange, so it is its owner's alone.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::OFlags;
use thiserror::Error;

use super::FileError;
use super::read::kind_of;

/// An open key log. Copies write to the same file.
#[derive(Debug, Clone)]
pub struct KeyLog {
    path: PathBuf,
    file: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    failed: Option<std::io::Error>,
}

/// Why a key log is not written.
#[derive(Debug, Error)]
pub enum KeyLogError {
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// Others may read the file that is there.
    #[error("`{}` can be read by others (mode {mode:04o})", path.display())]
    Exposed {
        /// Where.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
}

impl KeyLog {
    /// Opens it to write at its end, as browsers do with theirs; a file that is not there is made with
    /// mode 0600.
    ///
    /// # Errors
    /// [`KeyLogError::Exposed`] where a file is there that others may read; what the system said.
    pub fn open(path: &Path) -> Result<Self, KeyLogError> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
            .map_err(FileError::io("open", path))?;
        let found = file.metadata().map_err(FileError::io("read", path))?;
        if !found.is_file() {
            return Err(FileError::NotAFile { path: path.to_owned(), found: kind_of(&found) }.into());
        }
        let mode = found.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyLogError::Exposed { path: path.to_owned(), mode });
        }
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(Kept { file, failed: None })) })
    }

    /// Adds one line, given without its end, in one write. What goes wrong is told by
    /// [`KeyLog::failure`], since it must not end the exchange.
    pub fn add(&self, line: &str) {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = kept.file.write_all(zeroize::Zeroizing::new(format!("{line}\n")).as_bytes()) {
            kept.failed = Some(error);
        }
    }

    /// What went wrong with a line, if anything did.
    #[must_use]
    pub fn failure(&self) -> Option<FileError> {
        let failed = self.file.lock().unwrap_or_else(PoisonError::into_inner).failed.take()?;
        Some(FileError::io("write to", &self.path)(failed))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_is_its_owners_alone_and_grows() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("keys.log");
        for line in ["CLIENT_RANDOM aa bb", "CLIENT_RANDOM cc dd"] {
            let log = KeyLog::open(&path).unwrap();
            log.add(line);
            assert!(log.failure().is_none());
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "CLIENT_RANDOM aa bb\nCLIENT_RANDOM cc dd\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(KeyLog::open(&path), Err(KeyLogError::Exposed { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = room.path().join("link.log");
        symlink(&path, &link).unwrap();
        assert!(KeyLog::open(&link).is_err());
        assert!(KeyLog::open(&path).is_ok());
    }
}
