//! The answer no, with everything that stands in the way.

use std::fmt;

use super::grant::Grant;
use crate::profile::ProfileName;
use crate::words::finding::Finding;

/// Why there is no certificate. Lists every finding at once, so that a request has to be mended
/// only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    profile: ProfileName,
    findings: Vec<Finding>,
    grants: Vec<Grant>,
}

impl Refusal {
    pub(crate) const fn new(profile: ProfileName, findings: Vec<Finding>, grants: Vec<Grant>) -> Self {
        Self { profile, findings, grants }
    }

    /// The profile whose rules were asked.
    #[must_use]
    pub const fn profile(&self) -> &ProfileName {
        &self.profile
    }

    /// All findings: the errors, and the warnings and notices besides.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that forbid it; there is at least one.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_error())
    }

    /// What was asked and what would have been granted.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by the rules of profile `{}`", self.profile)?;
        for (position, finding) in self.errors().enumerate() {
            write!(f, "{} {finding}", if position == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
