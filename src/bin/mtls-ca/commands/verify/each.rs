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
use crate::input::files_below;
use crate::output::Answer;
use crate::view;
use crate::view::verify::Line;

/// What was said of all files.
#[derive(Default)]
struct Heard {
    lines: Vec<(PathBuf, Line)>,
    /// Files in which there is no certificate.
    passed_over: Vec<PathBuf>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    if args.certificates.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("standard input is asked about by itself, without `--each` and without folders"));
    }
    for path in &args.certificates {
        if path.is_dir() { files.extend(files_below(path)?) } else { files.push(path.clone()) }
    }
    // A look at many files asks for nothing: only a passphrase that was named is used.
    let named = args.passphrase.is_given();
    let password = if named { context.passphrase(&args.passphrase, "the stores")? } else { None };
    let grounds = args.grounds(context)?;
    let question = args.question(&grounds, context)?;
    let said = answer_each(&Judge::new(&question), &files, password.as_ref());
    let mut heard = Heard::default();
    for (file, said) in files.into_iter().zip(said) {
        heard.take(file, said);
    }
    heard.answer(question.purpose, context)
}

impl Heard {
    fn take(&mut self, file: PathBuf, said: Said) {
        let line = match said {
            Said::Good => Line::Good,
            Said::NotGood(cause) => Line::NotGood(cause),
            Said::NoCertificate => {
                self.passed_over.push(file);
                return;
            }
            Said::NoFile(error) => Line::Failed(error.into()),
            Said::Unreadable(error) => Line::Failed(Failure::contained(&file, error, WAYS)),
        };
        self.lines.push((file, line));
    }

    fn answer(self, purpose: Purpose, context: &Context) -> Result<Answer, Failure> {
        let Self { lines, passed_over } = self;
        if lines.is_empty() {
            let message = format!("there is no certificate in any of {} files", passed_over.len());
            return Err(Failure::new(Exit::Failed, "no_certificate", message));
        }
        let files: Vec<Value> = match context.global.json {
            true => lines.iter().map(|(file, line)| line.to_json(file)).collect(),
            false => Vec::new(),
        };
        let passed: Vec<String> = passed_over.iter().map(|file| view::path(file)).collect();
        let answer = Answer::new(
            view::verify::lines(&lines, purpose, context.style),
            json!({ "as": purpose, "files": files, "passed_over": passed }),
        );
        let answer = match passed.is_empty() {
            true => answer,
            false => answer.notice(format!("no certificate in {}", view::listed(&passed))),
        };
        Ok(match verdict(&lines, purpose) {
            Some(failure) => answer.refused(failure.exit, failure),
            None if lines.len() == 1 => answer,
            None => answer.notice(format!("{} certificates are good{}", lines.len(), view::verify::role(purpose))),
        })
    }
}

/// The first certificate that is not good; where there is none, the first file that cannot be read, with the exit code
/// of that file where no other one is good.
fn verdict(lines: &[(PathBuf, Line)], purpose: Purpose) -> Option<Failure> {
    let bad: Vec<(&Path, &Check)> = lines
        .iter()
        .filter_map(|(file, line)| match line {
            Line::NotGood(cause) => Some((file.as_path(), &**cause)),
            Line::Good | Line::Failed(_) => None,
        })
        .collect();
    if let [(file, cause), others @ ..] = bad.as_slice() {
        let first = not_good(file, purpose, cause);
        return Some(match others.len() {
            0 => first,
            more => first.cause(format!("{more} more of {} are not good", lines.len())),
        });
    }
    let is_any_good = lines.iter().any(|(_, line)| matches!(line, Line::Good));
    lines.iter().find_map(|(_, line)| match line {
        Line::Failed(failure) if is_any_good => Some(Failure { exit: Exit::Partly, ..failure.clone() }),
        Line::Failed(failure) => Some(failure.clone()),
        Line::Good | Line::NotGood(_) => None,
    })
}
