//! How values of the library look: as text for people, as JSON for programs.

pub mod audit;
pub mod backup;
pub mod batch;
pub mod ca;
pub mod check;
pub mod crl;
pub mod doctor;
pub mod entry;
pub mod fields;
pub mod finding;
pub mod fingerprint;
pub mod grants;
pub mod handshake;
pub mod import;
pub mod inspect;
pub mod issued;
pub mod key;
pub mod lint;
pub mod ocsp;
pub mod profile;
pub mod recipe;
pub mod renewed;
pub mod restore;
pub mod revoked;
pub mod rotate;
pub mod signed;
pub mod status;
pub mod table;
pub mod verify;

use std::path::{Path, PathBuf};

use mtls_ca::Finding;
use mtls_ca::bundle::export::Format;
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use crate::output::Style;

/// A path as JSON can hold it: what is not UTF-8 in it becomes the replacement character. Paths must
/// not go into `json!` as they are, for there is no JSON for such.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A path as a terminal may see it.
pub fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// `1 row`, `3 rows`.
pub fn count_of(number: u64, what: &str) -> String {
    format!("{number} {what}{}", plural(number))
}

/// What a regular noun has behind it after this number.
pub const fn plural(number: u64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// `the only file`, `any of 3 files`.
pub fn any_of_files(number: usize) -> String {
    if number == 1 { "the only file".to_owned() } else { format!("any of {number} files") }
}

/// The first few of many names, which may be those of files that anybody made.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", escaped(name))).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Further forms of a certificate, and where each is.
pub fn formats(files: &[(Format, PathBuf)]) -> Value {
    files.iter().map(|(format, file)| json!({ "format": format.name(), "file": path(file) })).collect()
}

/// Lines of a label and a value, the values under each other.
pub fn rows(rows: &[(&str, String)], style: Style) -> String {
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0).max(10);
    let line = |(label, value): &(&str, String)| {
        let padded = format!("{label:width$}");
        let label = if style.color { padded.dimmed().to_string() } else { padded };
        format!("  {label}  {}\n", escaped(value))
    };
    rows.iter().map(line).collect()
}

/// Findings as notices: the warnings and notices that forbid nothing.
pub fn findings(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("\n      hint: {hint}"));
        escaped_lines(&format!("{finding}{hint}"))
    };
    let has = |code: &str| findings.iter().any(|finding| finding.code == code);
    // Policy and lint see the same lack, and one of them is enough for a person.
    let is_said_twice = |finding: &Finding| finding.code == "lint.leaf_without_san" && has("policy.client_without_san");
    findings.iter().filter(|finding| !finding.is_error() && !is_said_twice(finding)).map(line).collect()
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_names_are_listed_as_a_terminal_may_see_them() {
        let names: Vec<String> = ["a", "b\u{1b}[31m", "c\nd", "e", "f"].map(str::to_owned).to_vec();
        let first = "`a`, `b\\u{1b}[31m`, `c\\u{a}d`, `e`, `f`";
        assert_eq!(listed(&names), first);
        assert_eq!(listed(&[names, vec!["g".to_owned(), "h".to_owned()]].concat()), format!("{first} and 2 more"));
        assert_eq!(listed(&[]), "");
    }
}
