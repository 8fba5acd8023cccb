//! Private keys: made, read from and written to files, signing. Knows nothing about certificates.

mod envelope;
mod file;
mod generate;
pub mod random;
mod secret;

pub use envelope::{SealError, open_file, seal_file};
pub use file::{LockedKey, OpenKeyError, seal, seal_for_peers};
pub use generate::{KeyError, PrivateKey};
pub use secret::Passphrase;
