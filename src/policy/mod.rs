//! May this be issued? Pure functions from a profile, a proven key, an order and the issuer's terms
//! to a draft, or to a refusal that lists everything that stands in the way.

pub mod constraints;
