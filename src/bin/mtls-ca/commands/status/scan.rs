//! `mtls-ca status --scan`: what servers really serve, beside what the ledger knows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::Access;
use mtls_ca::authority::status::scan::{ScanOrder, ScanResult};
use mtls_ca::examine::remote::Target;
use mtls_ca::{Finding, Lifetime, Severity, Threshold};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view::status::scan as view;

const AT_ONCE: u16 = 16;
const TIMEOUT: Duration = Duration::from_secs(10);

pub fn run(
    words: &[PathBuf],
    timeout: Option<Lifetime>,
    parallel: Option<u16>,
    window: Threshold,
    context: &Context,
) -> Result<Answer, Failure> {
    let mut targets = Vec::new();
    for word in words {
        targets.extend(targets_of(word, context)?);
    }
    let order = ScanOrder {
        targets,
        window,
        timeout: timeout.map_or(TIMEOUT, |timeout| Duration::from_secs(timeout.seconds().unsigned_abs())),
        at_once: usize::from(parallel.unwrap_or(AT_ONCE)),
    };
    let ca = context.open(Access::Read)?;
    let mut results = ca.scan(&order, context.now)?;
    for finding in results.iter_mut().flat_map(|result| &mut result.findings) {
        finding.hint = finding.hint.take().map(|hint| context.typed(&hint));
    }
    let answer = Answer::new(view::table(&results, context.style), json!({ "scan": results }));
    Ok(match verdict(&results) {
        Some(verdict) => answer.refused(Exit::No, verdict),
        None => answer,
    })
}

/// A server, or those of a file. What exists is a file.
fn targets_of(word: &Path, context: &Context) -> Result<Vec<Target>, Failure> {
    let text = word.to_string_lossy();
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    if !word.exists() && word != Path::new("-") {
        let target = text.parse().map_err(|error| wrong(&error).hint("a file of servers has one a line"))?;
        return Ok(vec![target]);
    }
    let bytes = context.read_input(word)?;
    let content = String::from_utf8_lossy(&bytes);
    let lines = content.lines().enumerate().map(|(number, line)| {
        let wanted = line.split('#').next().unwrap_or_default().trim();
        (number + 1, wanted)
    });
    let mut targets = Vec::new();
    for (number, wanted) in lines.filter(|(_, wanted)| !wanted.is_empty()) {
        let parsed: Result<Target, _> = wanted.parse();
        targets.push(parsed.map_err(|error| wrong(&format!("{}:{number}: {error}", word.display())))?);
    }
    if targets.is_empty() {
        return Err(Failure::usage(format!("`{text}` names no server")).hint("one server a line: api.internal:443"));
    }
    Ok(targets)
}

/// Where the answer is no: the first that is not fine, and how many more.
fn verdict(results: &[ScanResult]) -> Option<Failure> {
    let wrong = || results.iter().filter(|result| !result.fine);
    let first = wrong().next()?;
    let cause = first.findings.first()?;
    let are = if wrong().count() == 1 { "is not as it should be" } else { "are not as they should be" };
    let message =
        format!("{} of {} servers {are}: `{}`: {}", wrong().count(), results.len(), first.target, cause.message);
    let kind = cause.code.split_once('.').map_or(cause.code, |(_, rest)| rest);
    let told = |finding: &&Finding| finding.severity > Severity::Notice;
    let hints =
        wrong().flat_map(|result| result.findings.iter().filter(told)).filter_map(|finding| finding.hint.clone());
    let mut hints: Vec<String> = hints.collect();
    hints.dedup();
    Some(hints.into_iter().take(5).fold(Failure::new(Exit::No, kind, message), Failure::hint))
}
