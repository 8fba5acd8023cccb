//! May this be issued? Pure functions from a profile, a proven key, an order and the issuer's terms
//! to a draft, or to a refusal that lists everything that stands in the way.

mod authority;
pub mod constraints;
mod draft;
mod extensions;
mod grant;
mod keys;
mod lifetime;
mod names;
mod refusal;
mod report;
mod size;
mod spiffe;
mod subject;
mod terms;
mod urls;
mod usage;

#[cfg(test)]
pub(crate) mod tests;

pub use draft::{Draft, draft};
pub use grant::{Grant, Origin, Verdict};
pub(crate) use keys::refuse_key;
pub use lifetime::{LIFETIME, default_lifetime};
pub use refusal::Refusal;
pub use terms::{Issuer, IssuerTerms, TrustDomain};
