//! Every check of a validated path, for people; of many files a line each.

use std::path::{Path, PathBuf};

use mtls_ca::examine::verify::{Answer, Check, Verdict};
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::usage::Purpose;
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Style;

/// What is said of one of many files.
pub enum Line {
    /// Its certificate is good.
    Good,
    /// It is not, and why.
    NotGood(Box<Check>),
    /// It cannot be read.
    Failed(Failure),
}

impl Line {
    /// The file, and `accepted` with its `cause`, or `error`.
    pub fn to_json(&self, file: &Path) -> Value {
        let file = super::path(file);
        match self {
            Self::Good => json!({ "file": file, "accepted": true }),
            Self::NotGood(cause) => json!({ "file": file, "accepted": false, "cause": cause }),
            Self::Failed(failure) => json!({ "file": file, "error": failure.to_json() }),
        }
    }
}

/// A line for each file.
pub fn lines(lines: &[(PathBuf, Line)], purpose: Purpose, style: Style) -> String {
    let mut text = String::new();
    for (file, line) in lines {
        text.push_str(&escaped(&file.to_string_lossy()));
        match line {
            Line::Good => text.push_str(&format!(": good{}", role(purpose))),
            Line::NotGood(cause) => {
                let word = if style.color { "NOT good".red().bold().to_string() } else { "NOT good".to_owned() };
                let found = escaped(&cause.found);
                text.push_str(&format!(": {word}{}: {}: {found}", role(purpose), cause.rule));
            }
            Line::Failed(failure) => text.push_str(&format!(": not read: {}", failure.reason())),
        }
        text.push('\n');
    }
    text
}

/// The path from the certificate upwards, then what was checked.
pub fn text(answer: &Answer, file: &Path, purpose: Purpose, style: Style) -> String {
    let mut text = format!("{}: {}\n", super::shown(file), sentence(answer, purpose));
    for (depth, link) in answer.chain().iter().enumerate() {
        let name = if link.subject.is_empty() { "(no subject)".to_owned() } else { link.subject.rfc4514() };
        text.push_str(&format!("  {depth}  {}  serial {}\n", escaped(&name), link.serial));
    }
    for check in answer.checks() {
        text.push_str(&line(check, style));
    }
    text
}

fn sentence(answer: &Answer, purpose: Purpose) -> String {
    format!("{}{}", if answer.verdict() { "good" } else { "NOT good" }, role(purpose))
}

/// ` as client`; nothing where any purpose will do.
pub fn role(purpose: Purpose) -> String {
    match purpose {
        Purpose::Any => String::new(),
        Purpose::Ca => " as CA".to_owned(),
        Purpose::Client | Purpose::Server => format!(" as {purpose}"),
    }
}

fn line(check: &Check, style: Style) -> String {
    let word = match check.verdict {
        Verdict::Holds => "ok",
        Verdict::NotApplicable => "-",
        Verdict::Warns => "warn",
        Verdict::Fails => "FAIL",
    };
    let padded = format!("{word:<4}");
    let mark = match (style.color, check.verdict) {
        (true, Verdict::Holds) => padded.green().to_string(),
        (true, Verdict::Warns) => padded.yellow().to_string(),
        (true, Verdict::Fails) => padded.red().bold().to_string(),
        _ => padded,
    };
    let at = check.link.map_or("path".to_owned(), |link| link.to_string());
    let mut text = format!("  {mark} {:<22} {at:<4} {} ({})\n", check.rule, escaped(&check.found), check.clause);
    for (label, detail) in [("why", &check.why), ("hint", &check.hint)] {
        if let Some(detail) = detail {
            text.push_str(&format!("       {label}: {}\n", escaped(detail)));
        }
    }
    text
}
