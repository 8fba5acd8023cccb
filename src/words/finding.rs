//! What a rule has to say about a certificate, a request or a file: one shape for policy, lint
//! and inspection, so that a person and a program read every refusal the same way.

use std::fmt;

use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nothing to do.
    Notice,
    /// Some consumer will mind.
    Warning,
    /// The rule forbids it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Where a rule is written down: a file that the operator may edit, or the binary itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// A path as the operator would type it, or `built-in client.toml`.
    pub file: String,
    /// Counted from 1, where the rule has a line of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// One rule's statement about one thing.
///
/// `code` is stable: programs may branch on it, and `docs/rules.md` explains each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, lower case with dots: `policy.dns_not_allowed`.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// One sentence, lower case, no full stop, what was found in backticks.
    pub message: String,
    /// What was asked for or found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What the rule allows instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// Where the rule is written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The standard's clause that the rule follows: `RFC 5280 section 4.2.1.6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<&'static str>,
    /// What the reader can type or change next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// A finding with its message alone.
    #[must_use]
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            asked: None,
            allowed: None,
            place: None,
            clause: None,
            hint: None,
        }
    }

    /// Shorthand for an error.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Shorthand for a warning.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Shorthand for a notice.
    #[must_use]
    pub fn notice(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, code, message)
    }

    /// Adds what was asked for.
    #[must_use]
    pub fn asked(mut self, asked: impl Into<String>) -> Self {
        self.asked = Some(asked.into());
        self
    }

    /// Adds what is allowed.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Adds where the rule stands.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the clause of the standard.
    #[must_use]
    pub const fn clause(mut self, clause: &'static str) -> Self {
        self.clause = Some(clause);
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the rule forbids what it found.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        match (&self.place, self.clause) {
            (Some(place), _) => write!(f, " ({place})"),
            (None, Some(clause)) => write!(f, " ({clause})"),
            (None, None) => Ok(()),
        }
    }
}
