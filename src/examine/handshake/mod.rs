//! Why does this handshake not work? Asked of a server that runs, of two sets of files that are put
//! to each other in this process, or by being the server oneself.
//!
//! ```text
//! inquire:  look ─► attempts (with nothing, with ours; TLS 1.3, TLS 1.2) ─► alerts ─┐
//! rehearse: both ends in this process, verified by rustls ──────────────────────────┼─► causes
//! listen:   a server that takes down what each client presents ─────────────────────┘
//!                                              diagnosis of the files on each side ─┘
//! ```
//!
//! Whether a side accepts is rustls' or the server's own decision; what it means is said by
//! [`diagnosis`](super::diagnosis), and for the answers of servers by the one table in `alerts`.

mod alerts;
mod attempt;
mod cause;
mod explain;
mod kind;
mod own;
mod post;
mod rehearsal;
mod server;
mod unreachable;
mod verifier;
mod visit;

pub use alerts::{Family, Sign, meanings, possible};
pub use attempt::{Attempt, Verdict, With};
pub use cause::{Cause, Side};
pub use kind::Kind;
pub use own::Own;
pub use post::{Post, Tally};
pub use rehearsal::{End, Rehearsal, RehearsalReport, Round, rehearse};
pub use server::{Demand, Inquiry, ServerReport, inquire};
pub use visit::{Presented, Visit};
