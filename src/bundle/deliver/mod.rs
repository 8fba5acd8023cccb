//! How certificates and keys get to where services read them: places that are checked before anything
//! irrevocable is done, and sets of files that change together, are matched before they do, and are
//! taken back where the service does not take them.

mod delivery;
mod loose;
mod place;
mod set;

pub use delivery::{Beside, Delivery, DeliveryError, Restored};
pub use loose::{Loose, put_loose, says_the_same};
pub(crate) use place::read_at;
pub use place::{Destination, Misplaced, Role, apart, means_directory, plan_key, plan_public};
pub use set::{CERTIFICATE, CHAIN, KEY, KeyText, Mismatch, Set, SetError, TRUST};
