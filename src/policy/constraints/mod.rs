//! Name constraints: reading those that an operator writes, holding child CAs within their
//! parents, and names within all of them (RFC 5280 section 4.2.1.10).

pub(crate) mod matching;
pub(crate) mod names;
pub(super) mod order;
mod text;

pub use text::{NotASubtree, parse_subtree};
