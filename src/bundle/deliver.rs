//! Where output goes: decided and checked before anything irrevocable is done, written afterwards.

use std::path::{Path, PathBuf};

use crate::store::FileError;
use crate::store::atomic::{Existing, Output, Readers};

/// What a user said about the place of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file of this name, or, where it is or ends like a directory, a file within it.
    Path(PathBuf),
}

impl Destination {
    /// `-` is standard output.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdout } else { Self::Path(argument.to_owned()) }
    }
}

/// Whether a path means a directory: it is one, or it ends with a slash.
#[must_use]
pub fn means_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Plans a certificate or other public file.
///
/// # Errors
/// What is in the way.
pub fn plan_public(path: PathBuf, force: bool) -> Result<Output, FileError> {
    Output::plan(path, Readers::Everybody, if force { Existing::Replace } else { Existing::Keep })
}

/// Plans a private key, which never takes the place of another file.
///
/// # Errors
/// What is in the way.
pub fn plan_key(path: PathBuf) -> Result<Output, FileError> {
    Output::plan(path, Readers::Owner, Existing::Keep)
}
