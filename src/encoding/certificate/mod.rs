//! Certificates (RFC 5280 section 4.1): read as they are, written as policy drafted them.

pub mod form;
mod read;
mod write;

pub use read::{leaf_first, preview, read, read_all};
pub(crate) use write::{Content, assemble, signed, to_be_signed};

pub(super) use read::{identifier, identifier_from_der};
pub(super) use write::algorithm_identifier;
