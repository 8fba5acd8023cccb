//! One question about many certificates. What they have in common is looked at once: the CRLs are put in
//! order by number, and a signature over a CRL or a CA's certificate is checked once for each key.
//!
//! ```text
//! Question (whom to trust, for what, when) ─► Judge ─► Answer for each certificate, on any thread
//! ```

use super::answer::Answer;
use super::lists::Lists;
use super::question::Question;
use super::search;
use super::signatures::{Authorities, Signatures};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::Purpose;

/// Answers the same question about one certificate after another.
#[derive(Debug)]
pub struct Judge<'a> {
    question: Question<'a>,
    lists: Lists<'a>,
    authorities: Authorities,
}

impl<'a> Judge<'a> {
    /// What is asked of each certificate. The certificates of the question itself count for nothing.
    #[must_use]
    pub fn new(question: &Question<'a>) -> Self {
        let question = Question { certificates: &[], ..question.clone() };
        Self { lists: Lists::sorted(question.crls), question, authorities: Authorities::default() }
    }

    /// Who says of the certificates of CAs that stand beside those of clients or servers whether they are good as
    /// such; nobody where this judge says it.
    pub(super) fn of_authorities(&self) -> Option<Self> {
        let purpose = match self.question.purpose {
            Purpose::Client | Purpose::Server => Purpose::Ca,
            _ => return None,
        };
        Some(Self::new(&Question { purpose, names: Vec::new(), ..self.question.clone() }))
    }

    /// The moment that is asked about.
    #[must_use]
    pub const fn at(&self) -> Now {
        self.question.at
    }

    /// The answer for the first of these; the others came in the same file and count as intermediates.
    /// What a rustls peer would say is not asked: that would read all CRLs again for each.
    #[must_use]
    pub fn answer(&self, certificates: &[Certificate]) -> Answer {
        let mut question: Question<'_> = self.question.clone();
        question.certificates = certificates;
        let signatures = Signatures::known_to(&self.authorities);
        let found = search::run(&question, &self.lists, &signatures);
        Answer::new(&found.path, found.checks)
    }
}
