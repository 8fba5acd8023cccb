//! `mtls-ca verify` of many files, each on its own.

use std::path::{Path, PathBuf};

use mtls_ca::examine::verify::files::{Said, answer_each};
use mtls_ca::examine::verify::{Check, Judge};
use mtls_ca::x509::usage::Purpose;
use serde_json::{Value, json};

use super::{Args, not_good};
use crate::container::WAYS;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::input::{Below, files_below};
use crate::missed::Missed;
use crate::output::Answer;
use crate::view;
use crate::view::verify::Line;

/// How a file came to be asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByName,
    InFolder,
}

/// What was said of all files.
#[derive(Default)]
struct Heard {
    lines: Vec<(PathBuf, Line)>,
    passed_over: Vec<(PathBuf, Holds)>,
}

/// What a file holds that is not asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    NoCertificate,
    /// Certificates of CAs, in a folder of clients' or servers'.
    Authorities,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut entries: Vec<(Below, Asked)> = Vec::new();
    if args.certificates.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("standard input is asked about by itself, without `--each` and without folders"));
    }
    for path in &args.certificates {
        match path.is_dir() {
            true => entries.extend(files_below(path).into_iter().map(|entry| (entry, Asked::InFolder))),
            false => entries.push((Ok(path.clone()), Asked::ByName)),
        }
    }
    // A look at many files asks for nothing: only a passphrase that was named is used.
    let named = args.passphrase.is_given();
    let password = if named { context.passphrase(&args.passphrase, "the stores")? } else { None };
    let grounds = args.grounds(context)?;
    let question = args.question(&grounds, context)?;
    let files: Vec<&PathBuf> = entries.iter().filter_map(|(entry, _)| entry.as_ref().ok()).collect();
    let mut said = answer_each(&Judge::new(&question), &files, password.as_ref()).into_iter();
    let mut heard = Heard::default();
    for (entry, asked) in entries {
        match entry {
            Ok(file) => {
                if let Some(said) = said.next() {
                    heard.take(file, asked, said);
                }
            }
            Err(missed) => heard.lines.push((missed.0, Line::Failed(missed.1))),
        }
    }
    heard.answer(question.purpose, context)
}

impl Heard {
    fn take(&mut self, file: PathBuf, asked: Asked, said: Said) {
        let line = match said {
            Said::Good => Line::Good,
            Said::NoCertificate => return self.passed_over.push((file, Holds::NoCertificate)),
            Said::Authority(_) if asked == Asked::InFolder => {
                return self.passed_over.push((file, Holds::Authorities));
            }
            Said::NotGood(cause) | Said::Authority(cause) => Line::NotGood(cause),
            Said::NoFile(error) => Line::Failed(error.into()),
            Said::Unreadable(error) => Line::Failed(Failure::contained(&file, error, WAYS)),
        };
        self.lines.push((file, line));
    }

    fn answer(self, purpose: Purpose, context: &Context) -> Result<Answer, Failure> {
        let Self { lines, passed_over } = self;
        if lines.is_empty() {
            let kind =
                if passed_over.iter().any(|(_, holds)| *holds == Holds::Authorities) { " but of CAs" } else { "" };
            let message = format!("there is no certificate{kind} in {}", view::any_of_files(passed_over.len()));
            return Err(Failure::new(Exit::Failed, "no_certificate", message));
        }
        let files: Vec<Value> = match context.global.json {
            true => lines.iter().map(|(file, line)| line.to_json(file)).collect(),
            false => Vec::new(),
        };
        let passed: Vec<String> = passed_over.iter().map(|(file, _)| view::path(file)).collect();
        let holding = |kind: Holds| -> Vec<String> {
            passed_over.iter().filter(|(_, holds)| *holds == kind).map(|(file, _)| view::path(file)).collect()
        };
        let answer = Answer::new(
            view::verify::lines(&lines, purpose, context.style),
            json!({ "as": purpose, "files": files, "passed_over": passed }),
        );
        let kinds = [(Holds::NoCertificate, "no certificate"), (Holds::Authorities, "only certificates of CAs")];
        let told = kinds.map(|(kind, words)| (words, holding(kind))).into_iter().filter(|(_, files)| !files.is_empty());
        let answer =
            told.fold(answer, |answer, (words, files)| answer.notice(format!("{words} in {}", view::listed(&files))));
        Ok(match verdict(&lines, purpose) {
            Some(failure) => answer.refused(failure.exit, failure),
            None if lines.len() == 1 => answer,
            None => answer.notice(format!("{} certificates are good{}", lines.len(), view::verify::role(purpose))),
        })
    }
}

/// The first certificate that is not good; where there is none, the first file that cannot be read.
fn verdict(lines: &[(PathBuf, Line)], purpose: Purpose) -> Option<Failure> {
    let (mut bad, mut missed): (Vec<(&Path, &Check)>, Missed) = (Vec::new(), Missed::default());
    for (file, line) in lines {
        match line {
            Line::Good => {}
            Line::NotGood(cause) => bad.push((file, cause)),
            Line::Failed(failure) => missed.take(failure),
        }
    }
    if let [(file, cause), others @ ..] = bad.as_slice() {
        let first = not_good(file, purpose, cause);
        let first = match others.len() {
            0 => first,
            more => first.cause(format!("{more} more of {} are not good", lines.len())),
        };
        return Some(missed.below(first));
    }
    let is_any_good = missed.count() < lines.len();
    missed.verdict(is_any_good)
}
