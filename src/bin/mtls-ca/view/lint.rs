//! What the rules say of certificates and CRLs, and whether that is a no.

use mtls_ca::examine::linted::{Linted, LintedKind};
use mtls_ca::ledger::Entry;
use mtls_ca::x509::general_name::escaped;
use mtls_ca::{Finding, Severity};
use serde_json::{Value, json};

use super::finding;
use crate::commands::lint::FailOn;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::missed::Missed;
use crate::output::Answer;

/// A thing that was put to the rules.
pub struct Judged {
    /// The file, or the serial number of a row.
    place: String,
    kind: LintedKind,
    subject: String,
    profile: Option<String>,
    findings: Vec<Finding>,
}

impl Judged {
    pub fn of_file(place: &str, found: Linted) -> Self {
        let Linted { kind, subject, findings } = found;
        Self { place: place.to_owned(), kind, subject, profile: None, findings }
    }

    pub fn of_row(entry: &Entry, findings: Vec<Finding>) -> Self {
        Self {
            place: entry.serial.to_string(),
            kind: LintedKind::Certificate,
            subject: entry.subject.clone().unwrap_or_default(),
            profile: entry.profile.clone(),
            findings,
        }
    }

    fn text(&self, context: &Context) -> String {
        if self.findings.is_empty() {
            return String::new();
        }
        let lines = self.findings.iter().map(|one| {
            let hint = one.hint.as_ref().map_or(String::new(), |hint| format!("    hint: {}\n", escaped(hint)));
            format!("  {} [{}]\n{hint}", finding::line(one, context.style), one.code)
        });
        let profile = self.profile.as_ref().map_or(String::new(), |profile| format!(" ({profile})"));
        format!("{}: {}{profile}\n{}", escaped(&self.place), escaped(&self.subject), lines.collect::<String>())
    }

    fn json(&self) -> Value {
        let Self { place, kind, subject, profile, findings } = self;
        json!({ "input": place, "kind": kind, "subject": subject, "profile": profile, "findings": findings })
    }
}

/// What was put to the rules, and what was not.
#[derive(Default)]
pub struct Seen {
    pub judged: Vec<Judged>,
    /// Places that could not be read, or hold something broken.
    pub missed: Vec<(String, Failure)>,
    /// Files of folders in which there is nothing to check.
    pub passed_over: Vec<String>,
}

fn listed(files: &[String]) -> String {
    files.iter().map(|file| format!("`{}`", escaped(file))).collect::<Vec<_>>().join(", ")
}

/// Everything that was found, and a no where something weighs as much as `--fail-on` says.
pub fn answer(seen: &Seen, fail_on: FailOn, context: &Context) -> Answer {
    let Seen { judged, missed, passed_over } = seen;
    let count = |severity| judged.iter().flat_map(|one| &one.findings).filter(|one| one.severity == severity).count();
    let (errors, warnings, notices) = (count(Severity::Error), count(Severity::Warning), count(Severity::Notice));
    let blocks: String = judged.iter().map(|one| one.text(context)).collect();
    let lines = missed.iter().map(|(place, failure)| format!("{}: not read: {}\n", escaped(place), failure.reason()));
    let unread = if missed.is_empty() { String::new() } else { format!(", not read {}", missed.len()) };
    let summary =
        format!("checked {}; errors {errors}, warnings {warnings}, notices {notices}{unread}\n", judged.len());
    let failed = missed.iter().map(|(place, failure)| json!({ "input": place, "error": failure.to_json() }));
    let members = json!({
        "checked": judged.len(),
        "errors": errors,
        "warnings": warnings,
        "notices": notices,
        "items": judged.iter().map(Judged::json).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "passed_over": passed_over,
    });
    let answer = Answer::new(format!("{blocks}{}{summary}", lines.collect::<String>()), members);
    let answer = match passed_over.len() {
        0 => answer,
        1..=10 => answer.notice(format!("not checked: {}", listed(passed_over))),
        many => answer.notice(format!("files that were not checked: {many}; --json has their names")),
    };
    let mut all = Missed::default();
    missed.iter().for_each(|(_, failure)| all.take(failure));
    let weighs = |one: &&Judged| one.findings.iter().any(|finding| finding.severity >= fail_on.severity());
    let bad: Vec<&Judged> = judged.iter().filter(weighs).collect();
    let verdict = match bad.first() {
        Some(first) => {
            let message =
                format!("rules are broken in {} of {}; the first is `{}`", bad.len(), judged.len(), first.place);
            Some(all.below(Failure::new(Exit::No, "rules_broken", message)))
        }
        None => all.verdict(!judged.is_empty()),
    };
    match verdict {
        Some(verdict) => answer.refused(verdict.exit, verdict),
        None => answer,
    }
}
