//! How values of the library look: as text for people, as JSON for programs.

pub mod fields;
pub mod finding;
pub mod fingerprint;
pub mod inspect;
