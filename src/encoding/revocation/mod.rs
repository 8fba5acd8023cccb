//! Certificate revocation lists (RFC 5280 section 5): read as they are, written entry by entry, and
//! looked through strictly without holding them as words, for they may have millions of entries.

mod outline;
mod read;
mod write;

pub use outline::{Opening, Outline, outline};
pub use read::{has_empty_entries, read, read_all};
pub(crate) use write::{Content, Draft, SignedList};
