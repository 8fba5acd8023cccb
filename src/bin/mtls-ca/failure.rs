//! Every failure as the user meets it: wording, hints and exit code, decided here and nowhere else.

mod batch;
mod crl;
mod examine;
mod restore;
mod rotation;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use mtls_ca::Finding;
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use crate::context::{Context, typed_in};
use crate::output::{Answer, Style};

/// How the process ends; `mtls-ca --help` and `docs/exit-codes.md` list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Exit {
    #[default]
    Done = 0,
    Failed = 1,
    Usage = 2,
    No = 3,
    Refused = 4,
    Busy = 5,
    Secret = 6,
    Partly = 7,
    Internal = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, Clone)]
pub struct Failure {
    pub exit: Exit,
    /// Stable, snake_case, for programs to branch on.
    pub kind: &'static str,
    /// Lower case, no full stop, names in backticks.
    pub message: String,
    /// The chain below it, outermost first.
    pub causes: Vec<String>,
    /// What the rules found, where rules were asked.
    pub findings: Vec<Finding>,
    /// What can be typed next.
    pub hints: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        let message = escaped(&message.into());
        Self { exit, kind, message, causes: Vec::new(), findings: Vec::new(), hints: Vec::new() }
    }

    /// The words do not fit together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// Adds what can be typed next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With hints that can be typed as they stand, for this CA directory.
    pub fn typed_for(self, context: &Context) -> Self {
        let hints = self.hints.iter().map(|hint| context.typed(hint)).collect();
        let finding = |finding: Finding| Finding { hint: finding.hint.map(|hint| context.typed(&hint)), ..finding };
        Self { hints, findings: self.findings.into_iter().map(finding).collect(), ..self }
    }

    /// With hints for another CA directory than that of the command line: the parent's.
    pub fn for_directory(self, directory: &Path) -> Self {
        let typed = |hint: String| typed_in(directory, &hint);
        let finding = |finding: Finding| Finding { hint: finding.hint.map(typed), ..finding };
        let findings = self.findings.into_iter().map(finding).collect();
        Self { hints: self.hints.into_iter().map(typed).collect(), findings, ..self }
    }

    /// Adds what lies below it.
    pub fn cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(escaped(&cause.to_string()));
        self
    }

    /// Adds what the rules found.
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// What the rules found beyond the message; a finding that is the message itself is not said again.
    pub fn said_beside(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| escaped(&finding.to_string()) != self.message)
    }

    /// Why, in a few words for a line that names the file already.
    pub fn reason(&self) -> &str {
        self.causes.first().unwrap_or(&self.message)
    }

    pub fn to_json(&self) -> Value {
        let Self { exit, kind, message, causes, findings, hints } = self;
        json!({
            "kind": kind,
            "exit_code": *exit as u8,
            "message": message,
            "caused_by": causes,
            "findings": findings,
            "hint": hints.first(),
            "hints": hints,
        })
    }

    pub fn to_text(&self, style: Style) -> String {
        let label = |word: &str| if style.color { paint(word) } else { word.to_owned() };
        let mut text = format!("{} {}\n", label("error:"), self.message);
        for finding in self.said_beside() {
            text.push_str(&format!(
                "  {} {}\n",
                label(&format!("{}:", finding.severity)),
                escaped(&finding.to_string())
            ));
            if let Some(hint) = &finding.hint {
                text.push_str(&format!("    {} {}\n", label("hint:"), escaped(hint)));
            }
        }
        for cause in &self.causes {
            text.push_str(&format!("caused by: {cause}\n"));
        }
        for hint in &self.hints {
            text.push_str(&format!("{} {}\n", label("hint:"), escaped(hint)));
        }
        text
    }
}

fn paint(word: &str) -> String {
    match word {
        "error:" => word.red().bold().to_string(),
        "warning:" => word.yellow().bold().to_string(),
        _ => word.cyan().bold().to_string(),
    }
}

/// Runs a command so that a bug ends as an internal error with exit code 70, never as a silent
/// half-success.
pub fn contained(run: impl FnOnce() -> Result<Answer, Failure>) -> Result<Answer, Failure> {
    std::panic::set_hook(Box::new(|_| {}));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Failure::new(Exit::Internal, "internal", "internal error; nothing that was reported done is affected")
            .cause(said)
            .hint("this is a bug: please report it with the command that you typed"))
    })
}
