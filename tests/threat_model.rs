//! The threat model says what the tests hold: each promise names tests that are there, each file of a
//! CA directory has its row, and what it says of secrets is so of every option and variable.

mod session;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mtls_ca::store::hook::SECRETS;
use session::{Session, binary};

const DOCUMENT: &str = include_str!("../docs/threat-model.md");

/// What stands instead of a test where nothing is promised.
const NOTHING_PROMISED: &str = "out of scope";

#[test]
fn every_promise_names_tests_that_are_there() {
    let rows = rows_of_tables_ending(DOCUMENT, "held by");
    assert!(rows.len() > 50, "only {} promises were read", rows.len());
    let complaints: Vec<String> = rows.iter().filter_map(|row| complaint_about(row)).collect();
    assert!(complaints.is_empty(), "{} promises are held by nothing:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn a_promise_without_its_test_is_found() {
    let table = |held_by: &str| format!("| promise | held by |\n|---|---|\n| keys stay closed | {held_by} |\n");
    for (held_by, expected) in [
        ("", Some("names no test")),
        ("everybody", Some("names no test")),
        ("`tests/threat_model.rs::a_promise_without_its_test_is_found`", None),
        ("`tests/threat_model.rs::no_such_test`", Some("is no test")),
        // It is there, and no test.
        ("`tests/threat_model.rs::complaint_about`", Some("is no test")),
        ("`tests/no_such_file.rs::f`", Some("there is no")),
        ("`src/no_such_file.rs`", Some("there is no")),
        ("`tests/properties.rs::readers_survive_any_octets`, `deny.toml`", None),
        ("`deny.toml`, `tests/threat_model.rs::no_such_test`", Some("is no test")),
        (NOTHING_PROMISED, None),
    ] {
        let rows = rows_of_tables_ending(&table(held_by), "held by");
        let said = complaint_about(&rows[0]);
        match expected {
            Some(text) => assert!(said.as_deref().is_some_and(|said| said.contains(text)), "{held_by}: {said:?}"),
            None => assert_eq!(said, None, "{held_by}"),
        }
    }
}

#[test]
fn every_file_of_a_ca_directory_has_its_row() {
    let files: BTreeSet<String> = rows_of_tables_ending(DOCUMENT, "who writes it")
        .iter()
        .flat_map(|row| quoted(&row[0]).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let session = Session::new();
    for words in [
        &["init", "--ca-dir", "root", "--quiet"][..],
        &["init", "--parent", "root", "--quiet"],
        &["issue", "a.internal", "--profile", "server", "--out", "tls", "--quiet"],
        &["revoke", "a.internal", "--quiet"],
        &["crl", "build", "--quiet"],
        &["ocsp", "build", "--out", "staples", "--quiet"],
        &["audit", "checkpoint", "--quiet"],
        &["rotate", "prepare", "--parent", "root", "--quiet"],
        &["rotate", "prepare", "--ca-dir", "root", "--quiet"],
        &["list", "--quiet"],
    ] {
        session.ok(words);
    }
    let mut found = BTreeSet::new();
    for directory in ["root", "ca"] {
        for path in session.files(directory).into_iter().filter(|path| path.is_file()) {
            let name = path.strip_prefix(session.path().join(directory)).unwrap().to_string_lossy().into_owned();
            let words: Vec<&str> = name.split('/').collect();
            found.insert(match words.as_slice() {
                ["issuers", _, file] => format!("issuers/*/{file}"),
                _ => name,
            });
        }
    }
    assert!(found.len() > 12, "{found:?}");
    let untold: Vec<_> = found.difference(&files).collect();
    assert!(untold.is_empty(), "docs/threat-model.md does not say what the exposure of these means: {untold:?}");
    // The others are the operator's, or come and go.
    let unseen: Vec<&str> = files.difference(&found).map(String::as_str).collect();
    assert_eq!(unseen, ["profiles/*.toml", "watch.json"]);
}

#[test]
fn no_option_takes_a_secret() {
    let mut seen = BTreeSet::new();
    for help in every_help(&[]) {
        for line in help.lines().map(str::trim_start).filter(|line| line.starts_with('-')) {
            let Some(option) = line.split_whitespace().find(|word| word.starts_with("--")) else { continue };
            let takes = line.split_whitespace().find(|word| word.starts_with('<')).unwrap_or_default();
            if ["passphrase", "password", "secret", "pin", "token"].iter().any(|word| option.contains(word)) {
                seen.insert(option.to_owned());
                // A name of an object of Kubernetes is none of its contents.
                let harmless = ["", "<FILE>", "<N>"].contains(&takes) || option == "--secret-name";
                assert!(harmless, "{option} takes {takes}, and arguments are seen by everybody on the machine");
            }
        }
    }
    assert!(seen.contains("--passphrase-file") && seen.contains("--store-password-fd"), "{seen:?}");
}

#[test]
fn hooks_inherit_none_of_the_variables_that_hold_secrets() {
    let source = fs::read_to_string(root().join("src/bin/mtls-ca/context.rs")).unwrap();
    let names = source.split("variable(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let secret: BTreeSet<&str> = names.filter(|name| name.contains("PASS") || name.contains("CREDENTIALS")).collect();
    assert!(secret.len() >= 5, "{secret:?}");
    assert_eq!(secret, SECRETS.into_iter().collect());
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of each row of the tables whose last heading this is.
fn rows_of_tables_ending(document: &str, heading: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut within = false;
    for line in document.lines() {
        let cells: Vec<String> = line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        if !line.starts_with('|') {
            within = false;
        } else if cells.last().is_some_and(|last| last == heading) {
            within = true;
        } else if within && !line.starts_with("|-") {
            rows.push(cells);
        }
    }
    rows
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Why a promise is held by nothing, if it is.
fn complaint_about(row: &[String]) -> Option<String> {
    let (promise, held_by) = (&row[0], row.last()?);
    if held_by == NOTHING_PROMISED {
        return None;
    }
    let named = quoted(held_by);
    if named.is_empty() {
        return Some(format!("{promise}: names no test"));
    }
    named.into_iter().find_map(|reference| {
        let (path, name) = match reference.split_once("::") {
            Some((path, name)) => (path, Some(name)),
            None => (reference, None),
        };
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            return Some(format!("{promise}: there is no {path}"));
        };
        match name {
            Some(name) if !is_test(&text, name) => Some(format!("{promise}: {reference} is no test")),
            _ => None,
        }
    })
}

/// Whether this source has such a test: a function with `#[test]` before it, and attributes or comments between.
fn is_test(source: &str, name: &str) -> bool {
    let mut tested = false;
    for line in source.lines().map(str::trim) {
        if line == "#[test]" {
            tested = true;
        } else if let Some(rest) = line.strip_prefix("fn ") {
            if tested && rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')) {
                return true;
            }
            tested = false;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            tested = false;
        }
    }
    false
}

/// The help of a command and of all that are below it.
fn every_help(words: &[&str]) -> Vec<String> {
    let mut command = std::process::Command::new(binary());
    let output = command.args(words).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let below: Vec<String> = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect();
    let mut all = vec![help];
    for name in &below {
        all.extend(every_help(&[words, &[name.as_str()]].concat()));
    }
    all
}
