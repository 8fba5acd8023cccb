//! What is answered: yes or no, the path, and every check with its reason.

use serde::Serialize;

use super::search::Path;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::name::Name;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// The answer to a [`Question`](super::Question). It is yes where no check fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    accepted: bool,
    chain: Vec<ChainLink>,
    checks: Vec<Check>,
    /// Where a rustls peer comes to another answer: what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_opinion: Option<String>,
}

/// A certificate of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    /// What it is there for.
    pub role: Role,
    /// Whom it is about.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// Its number.
    #[serde(serialize_with = "as_text")]
    pub serial: Serial,
    /// From when to when it holds.
    pub validity: Validity,
    /// SHA-256 of it.
    pub fingerprint: Fingerprint,
}

/// What a certificate of the path is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one asked about.
    Subject,
    /// A CA between it and the anchor.
    Intermediate,
    /// A certificate that we trust.
    Anchor,
    /// The one asked about, which is trusted itself.
    Pinned,
}

/// What a rule rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A validator has to refuse: RFC 5280 section 6, or the clause that names the use.
    Validation,
    /// A CA must not issue such a thing; validators need not look.
    Profile,
    /// Ours, because peers do so or because it is safe; the clause says more.
    Policy,
}

/// A rule, as every check names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable, lower case: programs may branch on it.
    pub code: &'static str,
    /// What it rests on.
    pub basis: Basis,
    /// Where it is written down; for policy, whose it is.
    pub clause: &'static str,
}

/// What came out of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The rule is obeyed.
    Holds,
    /// There was nothing to check.
    NotApplicable,
    /// Not refused, but some peer will mind.
    Warns,
    /// Refused.
    Fails,
}

/// One rule's statement about one certificate, or about the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The rule's stable code.
    pub rule: &'static str,
    /// What the rule rests on.
    pub basis: Basis,
    /// Where the rule is written down.
    pub clause: &'static str,
    /// Which link of the chain, counted from 0, the certificate asked about; none where it is the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<usize>,
    /// What came out.
    pub verdict: Verdict,
    /// One sentence, lower case, no full stop: what was found.
    pub found: String,
    /// Where it fails or warns: why that matters, or what the rule wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the reader can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Answer {
    pub(super) fn new(path: &Path<'_>, checks: Vec<Check>) -> Self {
        let accepted = !checks.iter().any(|check| check.verdict == Verdict::Fails);
        let chain = path.links().iter().enumerate().map(|(n, link)| ChainLink::of(link, path.role(n))).collect();
        Self { accepted, chain, checks, second_opinion: None }
    }

    /// Whether it is yes.
    #[must_use]
    pub const fn verdict(&self) -> bool {
        self.accepted
    }

    /// The path that was judged, from the certificate asked about upwards. It ends in an anchor where one
    /// was reached.
    #[must_use]
    pub fn chain(&self) -> &[ChainLink] {
        &self.chain
    }

    /// Every check, in the order in which they matter.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Where the answer is no: the check that says it best.
    #[must_use]
    pub fn first_cause(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.verdict == Verdict::Fails)
    }

    /// The same, and the rest is dropped.
    #[must_use]
    pub fn into_first_cause(self) -> Option<Check> {
        self.checks.into_iter().find(|check| check.verdict == Verdict::Fails)
    }
}

impl ChainLink {
    fn of(certificate: &Certificate, role: Role) -> Self {
        Self {
            role,
            subject: certificate.subject().clone(),
            issuer: certificate.issuer().clone(),
            serial: certificate.serial().clone(),
            validity: certificate.validity(),
            fingerprint: certificate.fingerprint(),
        }
    }
}

fn as_text<S: serde::Serializer>(serial: &Serial, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(serial)
}

impl Rule {
    fn check(&self, verdict: Verdict, link: Option<usize>, found: String) -> Check {
        let Self { code, basis, clause } = *self;
        Check { rule: code, basis, clause, link, verdict, found, why: None, hint: None }
    }

    /// The rule is obeyed.
    pub(super) fn holds(&self, link: impl Into<Option<usize>>, found: impl Into<String>) -> Check {
        self.check(Verdict::Holds, link.into(), found.into())
    }

    /// There is nothing to check.
    pub(super) fn idle(&self, link: impl Into<Option<usize>>, found: impl Into<String>) -> Check {
        self.check(Verdict::NotApplicable, link.into(), found.into())
    }

    /// It is let through with a warning.
    pub(super) fn warns(&self, link: impl Into<Option<usize>>, found: impl Into<String>) -> Check {
        self.check(Verdict::Warns, link.into(), found.into())
    }

    /// It is refused.
    pub(super) fn fails(&self, link: impl Into<Option<usize>>, found: impl Into<String>) -> Check {
        self.check(Verdict::Fails, link.into(), found.into())
    }
}

impl Check {
    /// Adds why it matters.
    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
