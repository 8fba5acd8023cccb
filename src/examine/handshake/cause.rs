//! Why a handshake does not work, told so that it can be checked and mended.

use serde::Serialize;

use crate::examine::diagnosis::Diagnosis;
use crate::words::finding::Severity;

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Stable; `docs/rules.md` explains each.
    pub code: &'static str,
    /// Whose matter it is.
    pub side: Side,
    /// Error: it is why the answer is no. Warning: some peer will mind. Notice: good to know.
    pub severity: Severity,
    /// One sentence, lower case, no full stop.
    pub sentence: String,
    /// What proves it.
    pub evidence: Vec<String>,
    /// What to type, line by line; lines that begin with `#` are for the reader.
    pub fix: Vec<String>,
}

/// Whose matter a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The way between them: names, ports, versions of TLS.
    Connection,
    /// The server and what it presents.
    Server,
    /// The client and what it presents.
    Client,
}

impl Cause {
    pub(super) fn error(code: &'static str, side: Side, sentence: impl Into<String>) -> Self {
        let (evidence, fix) = (Vec::new(), Vec::new());
        Self { code, side, severity: Severity::Error, sentence: sentence.into(), evidence, fix }
    }

    pub(super) fn warning(code: &'static str, side: Side, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, side, sentence) }
    }

    pub(super) fn notice(code: &'static str, side: Side, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Notice, ..Self::error(code, side, sentence) }
    }

    pub(super) fn of(side: Side, diagnosis: Diagnosis) -> Self {
        let Diagnosis { code, severity, sentence, evidence, fix } = diagnosis;
        Self { code: code.code(), side, severity, sentence, evidence, fix }
    }

    pub(super) fn proof(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    pub(super) fn proofs(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }

    pub(super) fn fix(mut self, line: impl Into<String>) -> Self {
        self.fix.push(line.into());
        self
    }

    /// Whether it is why the answer is no.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
