//! One certificate in the forms that programs read: with its chain, its trust and its key, in PEM, DER,
//! PKCS#7, PKCS#12 and JKS.

mod alias;
mod format;
mod password;
mod replace;
mod store;
mod write;

pub use alias::{Alias, NotAnAlias};
pub use format::{Format, NotAFormat};
pub use password::{PasswordError, password_file};
pub use replace::{holds_exactly, plan};
pub use store::{UnfitPassword, fit};
pub use write::{ExportError, Exported, Extras, Parts, Sealing, write};
