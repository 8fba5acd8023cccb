//! CRLs: built for each generation, brought out, watched, and collected with those of the CAs above.

mod below;
mod build;
mod import;
mod publish;
mod set;
mod state;

pub use build::{BuiltCrl, CrlOrder};
pub use import::Imported;
pub use publish::Published;
pub use set::CrlSet;
pub use state::{AboveState, CrlDue, CrlState};
pub(in crate::authority) use state::{CLOCK, begins_later};

pub(super) use import::elsewhere;
pub(super) use publish::refuse_where_ahead;
