//! A private certificate authority for mutual TLS between services.
//!
//! (The map of modules and of a CA directory's files comes here.)

#![forbid(unsafe_code)]

pub mod audit;
pub mod authority;
pub mod bundle;
pub mod encoding;
pub mod enroll;
pub mod examine;
pub mod keys;
pub mod ledger;
pub mod lint;
pub mod policy;
pub mod profile;
pub mod store;
pub mod words;

pub use authority::Authority;
pub use words::clock::{NotATime, Now, Time};
pub use words::finding::{Finding, Place, Severity};
pub use words::order::Order;
pub use words::x509;
pub use words::x509::lifetime::{Lifetime, LifetimeWish, Threshold};
pub use words::x509::name::Name;
pub use words::x509::name_text::NameText;
pub use words::x509::san::San;
pub use words::x509::serial::Serial;
