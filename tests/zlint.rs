//! Our lint rules beside those of zlint (<https://github.com/zmap/zlint>), on zlint's own test certificates.
//!
//! `vectors/zlint-lints.txt` says of each of zlint's RFC 5280 lints which rule of ours says the same, or why
//! none does. Then, on every certificate and CRL, both have to agree: what a lint finds our rule finds, and what
//! our rule finds one of its lints finds. `vectors/zlint-exceptions.txt` has each case where that is not so, with
//! the reason; a case that is listed there and agrees fails too, so that the list stays true.
//!
//! The corpus is not part of this repository. It is looked for in `$MTLS_CA_CORPORA`, else in
//! `../shared/corpora`, as `zlint-testdata.tar.xz`, and unpacked by `tar` and `xz`. Where it is missing the test
//! says so.

mod corpora;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mtls_ca::encoding::{certificate, revocation};
use mtls_ca::{Finding, Time, lint};
use serde_json::Value;

const LINTS: &str = include_str!("vectors/zlint-lints.txt");
const EXCEPTIONS: &str = include_str!("vectors/zlint-exceptions.txt");

/// The files, those that zlint can read, its RFC 5280 lints with an example among them, and how many of those have to
/// agree.
const FILES: usize = 1_382;
const READ_BY_ZLINT: usize = 1_375;
const LINTS_WITH_EXAMPLE: usize = 120;
const AGREEING: usize = 110;

/// One row of `zlint-lints.txt`.
struct Row {
    lint: &'static str,
    answer: Answer,
}

enum Answer {
    /// Our rule; words of its message, where it says several things; and from when on zlint judges.
    Rule { code: &'static str, words: &'static str, since: Time },
    /// We do not read such a file at all, and say why with these words.
    Unreadable { words: &'static str },
    /// Why none of our rules says it.
    None,
    /// One of zlint's lints on other rules than RFC 5280, which explains what our rule finds.
    Also { code: &'static str },
}

/// What was found in one file: our findings, those of zlint, and when the certificate begins or the CRL was made.
struct File {
    name: String,
    ours: Vec<Finding>,
    unreadable: Option<String>,
    theirs: BTreeSet<String>,
    begins: Option<Time>,
}

/// What the two say differently: zlint's lint or our code, the file, how, and the lints that it counts against.
struct Difference<'a> {
    subject: &'a str,
    file: &'a str,
    how: String,
    lints: Vec<&'a str>,
}

#[test]
fn zlint_and_we_agree() {
    let Some(folder) = corpora::unpacked("zlint-testdata.tar.xz") else { return };
    let rows: Vec<Row> = lines(LINTS).map(row).collect();
    let files = files(folder.path());
    let with_example = with_example(folder.path(), &files);
    let counted: BTreeSet<&str> =
        rows.iter().filter(|row| !matches!(row.answer, Answer::Also { .. })).map(|row| row.lint).collect();
    let listed: BTreeSet<&str> = with_example.iter().map(String::as_str).collect();
    assert_eq!(counted, listed, "zlint-lints.txt lists the lints of RFC 5280 that have an example");

    let exceptions: Vec<Exception> = lines(EXCEPTIONS).map(exception).collect();
    let differences: Vec<Difference> =
        theirs_alone(&rows, &files).into_iter().chain(ours_alone(&rows, &files)).collect();
    let reason = |difference: &Difference| exceptions.iter().position(|exception| exception.explains(difference));
    let explained: BTreeSet<usize> = differences.iter().filter_map(reason).collect();
    let unexplained: Vec<&Difference> = differences.iter().filter(|difference| reason(difference).is_none()).collect();

    let without: BTreeSet<&str> = counted.iter().filter(|lint| !has_rule(&rows, lint)).copied().collect();
    let against = |differences: &mut dyn Iterator<Item = &Difference>| -> BTreeSet<String> {
        differences.flat_map(|difference| &difference.lints).map(|lint| (*lint).to_owned()).collect()
    };
    let agreeing = |against: &BTreeSet<String>| {
        counted.iter().filter(|lint| !without.contains(*lint) && !against.contains(**lint)).count()
    };
    let exactly = agreeing(&against(&mut differences.iter()));
    let agree = agreeing(&against(&mut unexplained.iter().copied()));
    println!(
        "zlint: {} files, {} of them unreadable here; of the {} lints of RFC 5280 that have an example, {agree} agree \
         with our rules: {exactly} on every file, {} but for what the {} exceptions explain; {} have no rule, and a reason",
        files.len(),
        files.iter().filter(|file| file.unreadable.is_some()).count(),
        counted.len(),
        agree - exactly,
        exceptions.len(),
        without.len(),
    );
    assert_eq!((files.len(), counted.len()), (READ_BY_ZLINT, LINTS_WITH_EXAMPLE));
    let said: Vec<String> = unexplained.iter().map(|it| format!("{} {} {}", it.subject, it.file, it.how)).collect();
    assert!(said.is_empty(), "{} not explained:\n{}", said.len(), said.join("\n"));
    let idle: Vec<&Exception> =
        exceptions.iter().enumerate().filter(|(place, _)| !explained.contains(place)).map(|(_, it)| it).collect();
    assert!(idle.is_empty(), "listed as exceptions, and agree: {idle:?}");
    assert!(agree >= AGREEING, "{agree}");
}

/// What zlint finds and none of the rules that are to say the same.
fn theirs_alone<'a>(rows: &[Row], files: &'a [File]) -> Vec<Difference<'a>> {
    let lints: BTreeSet<&'static str> = rows.iter().map(|row| row.lint).collect();
    let mut found = Vec::new();
    for lint in lints.into_iter().filter(|lint| has_rule(rows, lint)) {
        let same: Vec<&Row> = rows.iter().filter(|row| row.lint == lint).collect();
        for file in files.iter().filter(|file| file.theirs.contains(lint)) {
            if !same.iter().any(|row| row.is_said_of(file)) {
                let how = format!("zlint's alone; {}", file.codes());
                found.push(Difference { subject: lint, file: &file.name, how, lints: vec![lint] });
            }
        }
    }
    found
}

/// What our rules find and none of the lints that are to say the same.
fn ours_alone<'a>(rows: &[Row], files: &'a [File]) -> Vec<Difference<'a>> {
    let rules: BTreeSet<(&'static str, &'static str)> = rows.iter().filter_map(Row::rule).collect();
    let mut found = Vec::new();
    for (code, words) in rules {
        // A row without words stands for all that the rule says.
        let is_same = |row: &&Row| row.rule().is_some_and(|(c, w)| c == code && (w == words || words.is_empty()));
        let same: Vec<&Row> = rows.iter().filter(is_same).collect();
        let is_also = |row: &&Row| matches!(row.answer, Answer::Also { code: other } if other == code);
        let also: Vec<&Row> = rows.iter().filter(is_also).collect();
        for file in files.iter().filter(|file| file.says(code, words)) {
            let said = same.iter().chain(&also).any(|row| file.theirs.contains(row.lint));
            if same.iter().any(|row| row.judges(file)) && !said {
                let how = format!("ours alone; {}", file.message(code));
                let lints = same.iter().map(|row| row.lint).collect();
                found.push(Difference { subject: code, file: &file.name, how, lints });
            }
        }
    }
    found
}

fn has_rule(rows: &[Row], lint: &str) -> bool {
    rows.iter().any(|row| row.lint == lint && matches!(row.answer, Answer::Rule { .. } | Answer::Unreadable { .. }))
}

impl Row {
    fn rule(&self) -> Option<(&'static str, &'static str)> {
        match self.answer {
            Answer::Rule { code, words, .. } => Some((code, words)),
            _ => None,
        }
    }

    fn is_said_of(&self, file: &File) -> bool {
        match &self.answer {
            Answer::Rule { code, words, .. } => file.says(code, words),
            Answer::Unreadable { words } => file.unreadable.as_ref().is_some_and(|why| why.contains(words)),
            Answer::None | Answer::Also { .. } => false,
        }
    }

    /// zlint judges no certificate that is older than what its lint follows.
    fn judges(&self, file: &File) -> bool {
        match self.answer {
            Answer::Rule { since, .. } => file.begins.is_none_or(|begins| begins >= since),
            _ => true,
        }
    }
}

impl File {
    fn says(&self, code: &str, words: &str) -> bool {
        self.ours.iter().any(|finding| finding.code == code && finding.message.contains(words))
    }

    fn message(&self, code: &str) -> String {
        self.ours.iter().find(|finding| finding.code == code).map_or(String::new(), |finding| finding.message.clone())
    }

    fn codes(&self) -> String {
        let codes = || self.ours.iter().map(|finding| finding.code).collect::<Vec<_>>().join(" ");
        self.unreadable.clone().unwrap_or_else(codes)
    }
}

/// `LINT SINCE CODE [WORDS…]`, `LINT unreadable WORDS…`, `LINT - REASON…` or `LINT also CODE`. A lint that several
/// rules of ours share has several rows.
fn row(line: &'static str) -> Row {
    let (lint, rest) = line.split_once(' ').unwrap_or_else(|| panic!("`{line}`"));
    let (first, rest) = rest.split_once(' ').unwrap_or_else(|| panic!("`{line}`"));
    let answer = match first {
        "-" => Answer::None,
        "also" => Answer::Also { code: rest },
        "unreadable" => Answer::Unreadable { words: rest },
        since => {
            let (code, words) = rest.split_once(' ').unwrap_or((rest, ""));
            let since = format!("{since}T00:00:00Z").parse().unwrap_or_else(|_| panic!("`{line}`"));
            Answer::Rule { code, words, since }
        }
    };
    Row { lint, answer }
}

/// A line of `zlint-exceptions.txt`: `LINT-OR-CODE FILE REASON…`; `*` is every lint and rule, and a file may end
/// in it.
#[derive(Debug)]
struct Exception {
    subject: &'static str,
    file: &'static str,
}

fn exception(line: &'static str) -> Exception {
    let mut parts = line.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_else(|| panic!("`{line}` has no reason"));
    let (subject, file, _) = (next(), next(), next());
    Exception { subject, file }
}

impl Exception {
    fn explains(&self, difference: &Difference) -> bool {
        let file = match self.file.strip_suffix('*') {
            Some(start) => difference.file.starts_with(start),
            None => difference.file == self.file,
        };
        file && (self.subject == "*" || self.subject == difference.subject)
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn files(folder: &Path) -> Vec<File> {
    let results = fs::read_to_string(folder.join("zlint-results.jsonl")).unwrap();
    assert_eq!(results.lines().count(), FILES);
    let results = results.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Those that zlint itself could not read are the parser corpus's business.
    results.filter(|result| result["findings"].is_array()).map(|result| file(folder, &result)).collect()
}

fn file(folder: &Path, result: &Value) -> File {
    let path = result["file"].as_str().unwrap();
    let bytes = fs::read(folder.join(path)).unwrap();
    let theirs = result["findings"].as_array().unwrap().iter();
    let theirs = theirs.map(|finding| finding["Lint"].as_str().unwrap().to_owned()).collect();
    let mut file = File {
        name: path.trim_start_matches("testdata/").to_owned(),
        ours: Vec::new(),
        unreadable: None,
        theirs,
        begins: None,
    };
    let is_list = String::from_utf8_lossy(&bytes).contains("BEGIN X509 CRL");
    if is_list {
        match revocation::read_all(&bytes) {
            Ok(lists) => {
                file.ours = lists.iter().flat_map(lint::crl::check).collect();
                file.begins = Some(lists[0].this_update());
            }
            Err(error) => file.unreadable = Some(error.to_string()),
        }
    } else {
        match certificate::read_all(&bytes) {
            Ok(certificates) => {
                file.ours = lint::check(&certificates[0]);
                file.begins = Some(certificates[0].validity().not_before);
            }
            Err(error) => file.unreadable = Some(error.to_string()),
        }
    }
    file
}

/// zlint's lints on RFC 5280 that find something in one of these files.
fn with_example(folder: &Path, files: &[File]) -> BTreeSet<String> {
    let lints = fs::read_to_string(folder.join("lints.json")).unwrap();
    let lints: Value = serde_json::from_str(&lints).unwrap();
    let lints = lints.as_array().unwrap().iter().filter(|lint| lint["source"] == "RFC5280");
    let names = lints.map(|lint| lint["name"].as_str().unwrap().to_owned());
    names.filter(|name| files.iter().any(|file| file.theirs.contains(name))).collect()
}
