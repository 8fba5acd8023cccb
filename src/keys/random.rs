//! Random octets from the crypto backend.

use aws_lc_rs::rand::fill;

use super::KeyError;
use crate::words::x509::serial::Serial;

/// So many octets.
pub(crate) fn octets<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut octets = [0; N];
    fill(&mut octets).map_err(|_| KeyError::NoRandomness)?;
    Ok(octets)
}

/// A serial number that nobody can guess.
///
/// # Errors
/// Where the system gives no randomness.
pub fn serial() -> Result<Serial, KeyError> {
    octets().map(Serial::from_random)
}
