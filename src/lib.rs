//! A private certificate authority for mutual TLS between services.
//!
//! (The map of modules and of a CA directory's files comes here.)

#![forbid(unsafe_code)]

mod encoding;
pub mod examine;
mod keys;
mod words;

pub use words::clock::{NotATime, Now, Time};
pub use words::finding::{Finding, Place, Severity};
pub use words::order::Order;
pub use words::x509;
pub use words::x509::lifetime::{Lifetime, LifetimeWish, Threshold};
pub use words::x509::name::{Name, NameText};
pub use words::x509::san::San;
pub use words::x509::serial::Serial;
