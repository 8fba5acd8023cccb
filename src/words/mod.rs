//! Plain values, named as RFC 5280 and its neighbours name them. No input or output, no ASN.1:
//! whoever holds a word holds something that is already well formed.

pub mod clock;
pub mod finding;
pub mod order;
pub mod typed;
pub mod x509;
