//! The password of stores, in a file of its owner's that is made where it is missing.

use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::keys::{KeyError, Passphrase};
use crate::store::FileError;
use crate::store::atomic::{Readers, write_new};
use crate::store::read::read_limited;

/// The longest that is read.
const LONGEST: u64 = 4_096;

/// Why there is no password.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is empty.
    #[error("`{}` holds no password", .0.display())]
    Empty(PathBuf),
    /// None could be made.
    #[error(transparent)]
    Random(#[from] KeyError),
}

/// The first line of the file; where there is none, a new password is made and written to it, mode 0600.
///
/// # Errors
/// Why there is none.
pub fn password_file(path: &Path) -> Result<Passphrase, PasswordError> {
    match read_limited(path, LONGEST) {
        Ok(content) => Passphrase::from_file_content(content).ok_or_else(|| PasswordError::Empty(path.to_owned())),
        Err(error) if error.is_not_found() => {
            let made = Passphrase::random()?;
            let line = Zeroizing::new([made.expose(), b"\n"].concat());
            write_new(path, &line, Readers::Owner)?;
            Ok(made)
        }
        Err(error) => Err(error.into()),
    }
}
