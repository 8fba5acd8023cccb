//! Path validation by RFC 5280 section 6, with a reason for every yes and no.
//!
//! ```text
//! Question ─► search (which paths are there?) ─► rules (does each hold?) ─► Answer ◄─ second opinion
//! ```
//!
//! [`verify`] builds every path from the certificate asked about to a trust anchor, best one first, and
//! lets all of `rules` look at it. The first path that no rule refuses is the answer; where there is
//! none, the answer is the path that comes nearest, with everything that is wrong about it. A rule is one
//! file with its clause. Where RFC 5280 leaves a matter to the relying party, the rule says that it is
//! policy.
//!
//! Decisions that a reader may look for:
//! - A trust anchor is held to the rules for CAs, its validity, constraints and extensions included, for
//!   that is what most peers do and what the reader expects. Its own signature is not looked at.
//! - Any certificate may be an anchor, an intermediate too. Where the certificate asked about is itself an
//!   anchor, the path has one link and it is said to be pinned.
//! - A CA certificate in the place of a leaf is let through with a warning, as RFC 5280 lets it.
//! - Extended key usages of CA certificates restrict what is below, as OpenSSL, Go and rustls have it.
//!   `anyExtendedKeyUsage` in a leaf stands for no TLS purpose; in a CA it restricts nothing.

mod answer;
mod dead_end;
pub mod files;
mod judge;
mod lists;
mod question;
mod rules;
#[cfg(test)]
pub(in crate::examine) mod sample;
mod search;
mod second_opinion;
mod signatures;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Basis, ChainLink, Check, Role, Rule, Verdict};
pub use judge::Judge;
pub use question::{Conformance, Question};

use lists::Lists;
use signatures::Signatures;

/// Answers the question. For many certificates there is a [`Judge`].
///
/// The work is bounded whatever the certificates are: `search` has the limits.
#[must_use]
pub fn verify(question: &Question<'_>) -> Answer {
    let found = search::run(question, &Lists::plain(question.crls), &Signatures::default());
    let mut answer = Answer::new(&found.path, found.checks);
    answer.second_opinion = second_opinion::differs(question, answer.verdict());
    answer
}
