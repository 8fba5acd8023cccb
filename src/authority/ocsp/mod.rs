//! OCSP (RFC 6960): whether a certificate of this CA still holds, said by a responder of each of its
//! generations, when somebody asks or in advance.
//!
//! A generation answers for what it issued, and nobody else may (RFC 6960 section 4.2.2.2): so each
//! has a responder of its own, with a key of its own and a certificate that it signed. Those that do
//! not sign any more go on to answer, and renew their responder, until their own certificate ends.

mod answer;
mod build;
mod responder;

pub use answer::OcspAnswer;
pub use build::{BuiltResponses, OcspBuild};
pub use responder::Responder;

use super::{Authority, AuthorityError, Generation};
use crate::ledger::IssuerState;
use crate::words::clock::Now;
use crate::words::x509::lifetime::Lifetime;

/// How long a response holds where nobody says: long enough for a weekend without its renewal, short
/// enough for a revocation to be seen.
pub const RESPONSE_LIFETIME: Lifetime = Lifetime::days(4);

/// A responder's certificate needs at least this much of its issuer's.
const LEAST_LEFT: i64 = 60 * 60;

impl Authority {
    /// The generations that answer: those that have issued, and whose own certificate has not ended.
    ///
    /// # Errors
    /// As [`Authority::generations`].
    pub fn answering(&self, now: Now) -> Result<Vec<Generation>, AuthorityError> {
        let answers = |generation: &Generation| {
            generation.state != IssuerState::Prepared
                && generation.certificate.validity().seconds_left(now) >= LEAST_LEFT
        };
        Ok(self.generations()?.into_iter().filter(answers).collect())
    }
}
