//! Private keys: made, read from and written to files, signing. Knows nothing about certificates.

mod envelope;
mod file;
mod generate;
pub mod random;
mod reseal;
mod secret;

pub use envelope::{SealError, open_file, seal_file};
pub use file::{LockedKey, OpenKeyError, seal, seal_for_peers};
pub use generate::{KeyError, PrivateKey};
pub use reseal::{Resealing, SealFor};
pub use secret::Passphrase;
