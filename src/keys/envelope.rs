//! A whole file under a passphrase.

use zeroize::Zeroizing;

use super::secret::Passphrase;
use super::{KeyError, random};
use crate::encoding::WriteError;
use crate::encoding::encrypted_data::{self, OpenError};

/// Why a file was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No randomness.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It does not encode.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Encrypts a file, so that nobody reads or changes it who has not the passphrase.
///
/// # Errors
/// Where the system gives no randomness.
pub fn seal_file(plain: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, SealError> {
    Ok(encrypted_data::encrypt(plain, passphrase.expose(), random::octets()?, random::octets()?)?)
}

/// Opens what [`seal_file`] made.
///
/// # Errors
/// A wrong passphrase, or a file that was changed.
pub fn open_file(sealed: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    encrypted_data::decrypt(sealed, passphrase.expose())
}
