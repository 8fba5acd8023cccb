//! One certificate in the forms that programs read: with its chain, its trust and its key, in PEM, DER,
//! PKCS#7, PKCS#12 and JKS.

mod format;
mod password;
mod write;

pub use format::{Format, NotAFormat};
pub use password::{PasswordError, password_file};
pub use write::{ExportError, Exported, Extras, Parts, Sealing, write};
