//! A CA directory as files: where each stands, how each is born, and who may change them when.
//! What is in them is other modules' business.

pub mod archive;
pub mod atomic;
pub mod attributes;
pub mod config;
pub mod crl_file;
pub mod directory;
pub mod exposure;
pub mod file_system;
pub mod group;
pub mod handover;
pub mod hook;
pub mod inventory;
pub mod key_log;
pub mod layout;
pub mod lock;
pub mod making;
pub mod read;
pub mod removal;
pub mod sink;
pub mod staging;
mod treasure;
pub mod versions;
pub mod walk;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

/// Why a file or directory could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system said no.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `create`, `replace`.
        act: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something is there already and nobody said that it may go.
    #[error("`{}` exists already", .0.display())]
    Exists(PathBuf),
    /// What may not go, whoever says so.
    #[error("`{}` holds {holds}, which is never replaced", path.display())]
    NeverReplaced {
        /// Where.
        path: PathBuf,
        /// What it holds.
        holds: Treasure,
    },
    /// A key was to be sealed otherwise, and another was written. The old file stays.
    #[error("what was written for `{}` is not the same key; the old file stays", .0.display())]
    NotTheSame(PathBuf),
    /// What is there is no regular file.
    #[error("`{}` is {found}, not a file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
        /// What it is: `a directory`, `a named pipe`.
        found: &'static str,
    },
    /// The directory that the file should stand in does not exist or is no directory.
    #[error("`{}` is not a directory", .0.display())]
    NoDirectory(PathBuf),
    /// More than we are ready to take in.
    #[error("`{}` is larger than {limit} bytes", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// More files than we look at.
    #[error("there are more than {most} files below `{}`, more than are looked at", folder.display())]
    TooManyFiles {
        /// Below which folder.
        folder: PathBuf,
        /// How many are looked at.
        most: usize,
    },
    /// A file system whose locks and shared memory do not hold between machines.
    #[error("`{}` is on a network file system ({kind}), where file locks cannot be relied on", path.display())]
    NetworkFileSystem {
        /// The directory or file.
        path: PathBuf,
        /// The type: `NFS`, `SMB`.
        kind: String,
    },
}

/// What a file may hold that cannot be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treasure {
    /// A private key, in whatever form.
    Key,
    /// A ledger, or another SQLite database.
    Ledger,
}

impl fmt::Display for Treasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "a private key",
            Self::Ledger => "a ledger",
        })
    }
}

impl FileError {
    /// Gives an error of the operating system its act and path.
    pub(crate) fn io(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { act, path, source }
    }

    /// Whether it is that the file is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the disk gave no answer, rather than no.
    #[must_use]
    pub fn is_failing_disk(&self) -> bool {
        // The name of a staging directory may stand behind what the system said, and hide its number.
        let failing = io::Error::from(Errno::IO).to_string();
        matches!(self, Self::Io { source, .. } if source.to_string().starts_with(&failing))
    }
}
