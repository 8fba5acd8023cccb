//! A cause with what proves it and what mends it.

use serde::Serialize;

use super::cause::Cause;
use crate::words::finding::Severity;

/// One cause, told so that it can be checked and mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Which cause it is; in JSON its stable code.
    pub code: Cause,
    /// Error: the other side refuses. Warning: some peers do, or it will. Notice: good to know.
    pub severity: Severity,
    /// One sentence, lower case, no full stop.
    pub sentence: String,
    /// What proves it: dates, serial numbers, key identifiers, names.
    pub evidence: Vec<String>,
    /// What to type, line by line; lines that begin with `#` are for the reader.
    pub fix: Vec<String>,
}

impl Diagnosis {
    /// A cause that makes the other side refuse.
    #[must_use]
    pub fn error(code: Cause, sentence: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, sentence: sentence.into(), evidence: Vec::new(), fix: Vec::new() }
    }

    /// A cause that some peers mind, or will.
    #[must_use]
    pub fn warning(code: Cause, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, sentence) }
    }

    /// Good to know.
    #[must_use]
    pub fn notice(code: Cause, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Notice, ..Self::error(code, sentence) }
    }

    /// Adds what proves it.
    #[must_use]
    pub fn proof(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Adds several lines of proof.
    #[must_use]
    pub fn proofs(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }

    /// Adds a line to type.
    #[must_use]
    pub fn fix(mut self, line: impl Into<String>) -> Self {
        self.fix.push(line.into());
        self
    }

    /// Whether the other side refuses for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts by weight, then by what makes what beside the point; leaves out what is said twice.
pub(crate) fn in_order(mut found: Vec<Diagnosis>) -> Vec<Diagnosis> {
    found.sort_by_key(|diagnosis| (std::cmp::Reverse(diagnosis.severity), diagnosis.code));
    found.dedup_by(|later, earlier| later.code == earlier.code && later.sentence == earlier.sentence);
    found
}
