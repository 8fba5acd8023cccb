//! Many certificates in one call: the report, what is told while it goes on, and how it ends.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

use mtls_ca::authority::Authority;
use mtls_ca::authority::batch::{Answer as RowAnswer, Errand, Outcome, Ran, RowError, TableError};
use mtls_ca::bundle::deliver::{Role, apart};
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use mtls_ca::store::read::is_file;
use serde_json::{Map, Value, json};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::{Answer, Issued, Progress};
use crate::rows::{Broken, Missed, Rows};
use crate::view::batch::{row_json, summary};
use crate::{signals, unlock, view};

/// So many failed rows stand in the answer itself; the report has all.
const SHOWN: usize = 10;

/// So many different things to type next are told of them.
const HINTS: usize = 6;

/// How a report begins.
const BEGIN: &str = "{\"format\":1,\"command\":\"";

/// A row as the answer and the report name it.
pub trait Named {
    /// As the user would type it.
    fn name(&self) -> String;
    /// Its members in the report.
    fn members(&self) -> Map<String, Value>;
}

/// How many rows ended how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub issued: u64,
    /// Made by an earlier run, delivered now.
    pub delivered: u64,
    /// Answered by an earlier run.
    pub stood: u64,
    pub failed: u64,
}

impl Counts {
    pub const fn rows(&self) -> u64 {
        self.issued + self.delivered + self.stood + self.failed
    }

    fn count(&mut self, result: &Result<RowAnswer, RowError>) {
        match result {
            Ok(RowAnswer::Issued(_)) => self.issued += 1,
            Ok(RowAnswer::Delivered(_)) => self.delivered += 1,
            Ok(RowAnswer::Stood(_)) => self.stood += 1,
            Err(_) => self.failed += 1,
        }
    }
}

/// The report in the making: rows are written as they come, and the file gets its name at the end.
struct Report<'a>(Option<BufWriter<&'a mut File>>);

impl Report<'_> {
    fn begin(&mut self, context: &Context) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        write!(file, "{BEGIN}{}\",\"rows\":[", context.command)
    }

    fn row(&mut self, row: &Value, is_first: bool) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        write!(file, "{}\n{row}", if is_first { "" } else { "," })
    }

    fn end(&mut self, counts: &Counts, stopped: bool) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        writeln!(file, "\n],\"counts\":{},\"stopped\":{stopped}}}", view::batch::counts_json(counts))?;
        file.flush()
    }
}

/// What a batch came to.
struct Told {
    counts: Counts,
    failed: Vec<(String, Map<String, Value>, Failure)>,
    /// The one way in which all failed rows ended; none where there are several.
    exit: Option<Exit>,
    ran: Result<Ran, Failure>,
    /// The last row is that where a table cannot be read on.
    is_cut: bool,
}

/// Runs a batch with its report.
pub fn run<E>(
    rows: Rows<impl Iterator<Item = E::Row> + Send>,
    errand: &E,
    ca: &mut Authority,
    (passphrase, report): (&PassphraseArgs, Option<&Path>),
    context: &Context,
) -> Result<Answer, Failure>
where
    E: Errand<Error = RowError>,
    E::Row: Named,
{
    let output = report.map(|path| plan_report(path, passphrase, context)).transpose()?;
    let signer = unlock::active(ca, passphrase, context)?;
    let _turn = ca.turn(context.patience())?;
    let stop = signals::stop()?;
    let Rows { rows, total, missed, notices, broken } = rows;
    let mut told = None;
    let work = |file: Option<&mut File>| {
        let mut report = Report(file.map(BufWriter::new));
        let mut written = report.begin(context);
        let mut progress = Progress::begin(context);
        let mut all = Told::nothing();
        let began = Instant::now();
        for Missed { place, error } in missed {
            all.tell(Outcome { row: place, result: Err(error.into()) }, &mut report, &mut written, context);
        }
        let ran = ca.issue_all(rows, errand, &signer, &context.act(), &stop, |outcome| {
            all.tell(outcome, &mut report, &mut written, context);
            progress.show(|| view::batch::line(&all.counts, total, began.elapsed()));
        });
        progress.end();
        // Where rows come no more, the others were not reached.
        let cut = broken.as_ref().and_then(Broken::failure);
        all.ran = ran.map_err(Failure::from).and_then(|ran| cut.map_or(Ok(ran), Err));
        let ended = written.and_then(|()| report.end(&all.counts, all.ended_early()));
        told = Some(all);
        ended
    };
    let written = match &output {
        None => work(None).map_err(|source| failed_report(Path::new("-"), source).into()),
        Some(output) => output
            .write_with(|file| work(Some(file)).map_err(|source| failed_report(output.path(), source)))
            .map_err(Failure::from),
    };
    match told {
        Some(told) => told.answer(written, report, context).map(|answer| answer.notices(notices)),
        None => Err(written.err().unwrap_or_else(|| Failure::new(Exit::Internal, "internal", "the batch did not run"))),
    }
}

/// A report takes the place of an earlier one, and of nothing else: a slip of the hand names the list, a
/// request, or a file of the CA.
fn plan_report(path: &Path, passphrase: &PassphraseArgs, context: &Context) -> Result<Output, Failure> {
    let place = [Role::new("the report", path)];
    apart(&context.passphrase_files(passphrase), &place, Some(&context.global.ca_dir))?;
    let mut start = Vec::new();
    if is_file(path)? {
        let opened = File::open(path).and_then(|file| file.take(BEGIN.len() as u64).read_to_end(&mut start));
        opened.map_err(|source| FileError::Io { act: "read", path: path.to_owned(), source })?;
    }
    if !start.is_empty() && start != BEGIN.as_bytes() {
        let message = format!("`{}` exists already, and is no report", path.display());
        return Err(Failure::new(Exit::Failed, "exists", message).hint("name another file: --report FILE"));
    }
    Ok(Output::plan(path, Readers::Everybody, Existing::Replace)?)
}

fn failed_report(path: &Path, source: std::io::Error) -> FileError {
    FileError::Io { act: "write", path: path.to_owned(), source }
}

impl Told {
    fn nothing() -> Self {
        Self { counts: Counts::default(), failed: Vec::new(), exit: None, ran: Ok(Ran::default()), is_cut: false }
    }

    /// Whether there may be rows that were not reached: it was stopped, the ledger failed, or the rows broke off.
    fn ended_early(&self) -> bool {
        self.is_cut || self.ran.as_ref().map_or(true, |ran| ran.stopped)
    }

    /// Hears of a row, and reports it for as long as that can be written.
    fn tell<R: Named>(
        &mut self,
        outcome: Outcome<R, RowError>,
        report: &mut Report<'_>,
        written: &mut std::io::Result<()>,
        context: &Context,
    ) {
        let is_first = self.counts.rows() == 0;
        let row = self.hear(outcome, report.0.is_some(), context);
        if let (Some(row), Ok(())) = (row, &written) {
            *written = report.row(&row, is_first);
        }
    }

    fn hear<R: Named>(&mut self, outcome: Outcome<R, RowError>, is_reported: bool, context: &Context) -> Option<Value> {
        let Outcome { row, result } = outcome;
        self.counts.count(&result);
        self.is_cut |= cuts(&result);
        let result = result.map_err(Failure::from);
        let line = is_reported.then(|| row_json(row.members(), &result));
        if let Err(failure) = result {
            let is_alike = self.counts.failed == 1 || self.exit == Some(failure.exit);
            self.exit = is_alike.then_some(failure.exit);
            if self.failed.len() < SHOWN {
                self.failed.push((row.name(), row.members(), failure.typed_for(context)));
            }
        }
        line
    }

    fn answer(self, written: Result<(), Failure>, report: Option<&Path>, context: &Context) -> Result<Answer, Failure> {
        let stopped = self.ended_early();
        let Self { counts, failed, exit, ran, is_cut } = self;
        let rest = if stopped { ", and the rest was not reached" } else { "" };
        // One that was not written is not where somebody would look for it.
        let there = report.filter(|_| written.is_ok());
        let rows: Vec<Value> = failed
            .iter()
            .map(|(_, members, failure)| {
                let mut row = members.clone();
                row.insert("error".to_owned(), failure.to_json());
                Value::Object(row)
            })
            .collect();
        let json = json!({ "batch": view::batch::batch_json(&counts, stopped, there), "failed": rows });
        let made = Issued { count: counts.issued, serials: Vec::new() };
        let answer = Answer::new(summary(&counts, there, context.style), json).having_issued(made);
        let is_empty = counts.rows() == 0 && !stopped;
        let answer = if is_empty { answer.notice("there were no rows, and nothing was done") } else { answer };
        let whole = match ran {
            Err(failure) => Some(failure.hint("the same command goes on where this one ended")),
            Ok(ran) if ran.stopped => {
                let message = format!(
                    "stopped by a signal after {}; what was begun is done",
                    view::count_of(counts.rows(), "row")
                );
                Some(Failure::new(Exit::Partly, "stopped", message).hint("the same command goes on with the rest"))
            }
            Ok(_) => None,
        };
        let whole = whole.or(written.err());
        if counts.failed == 0 {
            return Ok(match whole {
                Some(failure) => answer.refused(failure.exit, failure),
                None => answer,
            });
        }
        let have = if counts.failed == 1 { "has" } else { "have" };
        let rows = view::count_of(counts.rows(), "row");
        let message = format!("{} of {rows} {have} no answer{rest}", counts.failed);
        let verdict = Failure::new(Exit::Partly, whole.as_ref().map_or("partly", |whole| whole.kind), message);
        let verdict = whole.iter().fold(verdict, |verdict, whole| verdict.cause(in_one(whole, whole.message.clone())));
        let mut verdict = failed.iter().fold(verdict, |verdict, (name, _, failure)| {
            let is_named = failure.message.starts_with(name.as_str());
            let text = if is_named { failure.message.clone() } else { format!("{name}: {}", failure.message) };
            let verdict = verdict.cause(in_one(failure, text));
            failure.said_beside().filter(|finding| finding.is_error()).fold(verdict, Failure::cause)
        });
        // What is to be typed for a row by itself is to be typed here.
        let hints = whole.iter().chain(failed.iter().map(|(_, _, failure)| failure)).flat_map(|failure| &failure.hints);
        for hint in hints {
            if verdict.hints.len() < HINTS && !verdict.hints.contains(hint) {
                verdict = verdict.hint(hint);
            }
        }
        verdict = verdict
            .hint("put right what is named, then run the same command again: what has its answer is passed over");
        if counts.failed > failed.len() as u64 && report.is_none() {
            verdict = verdict.hint("see all of them in a report: --report FILE");
        }
        let all_alike = counts.failed == counts.rows() && whole.is_none() && !is_cut;
        Ok(answer.refused(exit.filter(|_| all_alike).unwrap_or(Exit::Partly), verdict))
    }
}

/// A failure and what lies below it, in one line that begins so.
fn in_one(failure: &Failure, text: String) -> String {
    failure.causes.iter().fold(text, |text, cause| format!("{text}: {cause}"))
}

/// Whether nobody knows which rows would have followed.
const fn cuts(result: &Result<RowAnswer, RowError>) -> bool {
    use TableError::{Io, TooLong, Unclosed};
    matches!(result, Err(RowError::Line(Io(_) | TooLong { .. } | Unclosed { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_cannot_be_read_on_did_not_come_to_its_end() {
        let is_cut = |error| {
            let result = Err(RowError::Line(error));
            Told { is_cut: cuts(&result), ..Told::nothing() }.ended_early()
        };
        assert!(is_cut(TableError::Io(std::io::Error::other("the disk is gone"))));
        assert!(is_cut(TableError::TooLong { line: 3 }) && is_cut(TableError::Unclosed { line: 3 }));
        assert!(!is_cut(TableError::NotText { line: 3 }));
        assert!(!Told::nothing().ended_early());
    }
}
