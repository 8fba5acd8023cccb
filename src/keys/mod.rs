//! Private keys: made, read from and written to files, signing. Knows nothing about certificates.

mod file;
mod generate;
pub mod random;
mod secret;

pub use file::{LockedKey, OpenKeyError, seal, seal_for_peers};
pub use generate::{KeyError, PrivateKey};
pub use secret::Passphrase;
