//! The files of a TLS peer: what each of them is, and how they go together.
//!
//! ```text
//! paths ─► gather ─► Paper (what is in this file?) ─► Desk (whose key, chain, trust, CRLs?) ─► Holder
//! ```

mod desk;
mod gather;
mod paper;

pub use desk::{Desk, Holder, Liking};
pub use gather::gather;
pub use paper::{Coding, Paper, Unread};
