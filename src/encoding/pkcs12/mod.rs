//! PKCS#12 (RFC 7292): keys, certificates and their names in one file under one password. What has a
//! password is opened and sealed by a library; what is said about a closed file is read here.

mod outline;
mod read;
mod write;

pub use outline::{Outline, outline};
pub use read::read;
pub use write::{Encryption, write};

const WHAT: &str = "PKCS#12 store";
