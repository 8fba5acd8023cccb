//! What is wrong with profiles.

use std::fmt;

use crate::words::finding::Finding;

/// A profile that is not there or cannot be used. Lists every finding, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileError {
    findings: Vec<Finding>,
}

impl ProfileError {
    pub(super) const fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Each thing that is wrong, with file and line.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the only thing wrong is that there is no profile of that name: the caller's
    /// mistake, not a file's.
    #[must_use]
    pub fn is_unknown_profile(&self) -> bool {
        self.findings.iter().all(|finding| finding.code == "profile.unknown")
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.findings.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            match &finding.place {
                Some(place) => write!(f, "{place}: {}", finding.message)?,
                None => f.write_str(&finding.message)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for ProfileError {}
