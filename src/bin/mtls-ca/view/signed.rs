//! What `sign` tells: each answer, and what failed.

use std::path::{Path, PathBuf};

use mtls_ca::authority::batch::{Answer as RowAnswer, Outcome as RowOutcome, RequestFile, RowError};
use mtls_ca::words::typed::typed_path;
use serde_json::{Map, Value, json};

use crate::batch::Named;
use crate::commands::sign::{Done, Job};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Answer, Issued};
use crate::view;

/// What became of all the requests of one call.
#[derive(Default)]
pub struct Outcome {
    text: String,
    data: Vec<u8>,
    has_data: bool,
    /// Whether the call has more than one request.
    of_many: bool,
    certificates: Vec<Value>,
    /// By an earlier call.
    answered: Vec<Value>,
    notices: Vec<String>,
    failures: Vec<(PathBuf, Failure)>,
    issued: Issued,
}

impl Outcome {
    pub fn new(of_many: bool) -> Self {
        Self { of_many, ..Self::default() }
    }

    /// Notices; where there are several requests, each says which it is about.
    fn tell(&mut self, file: &Path, notices: Vec<String>) {
        let of_many = self.of_many;
        let told = |notice| if of_many { format!("{}: {notice}", view::shown(file)) } else { notice };
        self.notices.extend(notices.into_iter().map(told));
    }

    pub fn fail(&mut self, file: &Path, failure: Failure) {
        self.failures.push((file.to_owned(), failure));
    }

    pub fn plan(&mut self, job: &Job, context: &Context) {
        self.text.push_str(&format!("{}: would be issued\n", view::shown(&job.file)));
        self.text.push_str(&view::issued::text(job.plan.preview(), job.plan.profile(), None, context));
        self.text.push_str(&view::grants::table(job.plan.grants(), context));
        self.tell(&job.file, view::findings(&job.plan.findings()));
        self.certificates.push(view::issued::planned_json(&job.plan, context));
    }

    pub fn done(&mut self, done: Done, context: &Context) {
        let Done { file, issued, choice, path, extras } = done;
        self.issued.add(issued.certificate().serial());
        self.text.push_str(&view::issued::text(issued.certificate(), issued.profile(), path.as_deref(), context));
        let rows: Vec<_> = extras.iter().map(|(format, path)| (format.name(), path.display().to_string())).collect();
        self.text.push_str(&view::rows(&rows, context.style));
        if context.global.verbose {
            self.text.push_str(&view::grants::table(issued.grants(), context));
        }
        if path.is_none() {
            self.has_data = true;
            self.data.extend_from_slice(issued.certificate_pem().as_bytes());
        }
        self.tell(&file, view::grants::differences(issued.grants(), issued.findings()));
        self.tell(&file, view::findings(issued.findings()));
        if choice.may_be_a_server {
            self.notices.push(match file == Path::new("-") {
                true => "this is a client certificate; if it is for a server, sign with --profile server".to_owned(),
                false => {
                    let file = typed_path(&file);
                    format!(
                        "this is a client certificate; if {file} is a server, type: \
                         mtls-ca sign {file} --profile server --force"
                    )
                }
            });
        }
        let mut files = Map::new();
        files.insert("request".to_owned(), json!(view::path(&file)));
        files.insert("file".to_owned(), json!(path.as_deref().map(view::path)));
        files.insert("formats".to_owned(), view::formats(&extras));
        self.certificates.push(view::issued::json(&issued, files, context));
    }

    /// A row of several that were answered together.
    pub fn hear(&mut self, row: RowOutcome<RequestFile, RowError>, context: &Context) {
        let RowOutcome { row, result } = row;
        let choice = row.choice().cloned();
        let RequestFile { request: file, answer: path, .. } = row;
        match (result, choice) {
            (Ok(RowAnswer::Issued(issued)), Some(choice)) => {
                self.done(Done { file, issued: *issued, choice, path: Some(path), extras: Vec::new() }, context);
            }
            (Ok(answer), _) => {
                let words = match answer {
                    RowAnswer::Stood(_) => "answered already",
                    _ => "answered by an earlier call, and written now; --force makes another",
                };
                self.text.push_str(&format!("{}: {words}\n", view::shown(&path)));
                self.answered.push(json!({ "request": view::path(&file), "file": view::path(&path) }));
            }
            (Err(error), _) => self.fail(&file, error.into()),
        }
    }

    pub fn answer(mut self, asked: usize, dry_run: bool) -> Result<Answer, Failure> {
        if asked == 1
            && let Some((_, failure)) = self.failures.pop()
        {
            return Err(failure);
        }
        let failed: Vec<Value> = self
            .failures
            .iter()
            .map(|(file, failure)| json!({ "request": view::path(file), "error": failure.to_json() }))
            .collect();
        let mut json = json!({ "certificates": self.certificates, "failed": failed });
        if let (false, Some(members)) = (self.answered.is_empty(), json.as_object_mut()) {
            members.insert("answered".to_owned(), json!(self.answered));
        }
        if let (true, Some(members)) = (dry_run, json.as_object_mut()) {
            members.insert("dry_run".to_owned(), json!(true));
        }
        let mut answer = Answer::new(self.text, json).notices(self.notices).having_issued(self.issued);
        if self.has_data {
            answer = answer.with_data(self.data);
        }
        if self.failures.is_empty() {
            return Ok(answer);
        }
        let all = self.failures.len() == asked;
        let (failed_ones, asked_for) = (self.failures.len() as u64, view::count_of(asked as u64, "request"));
        let were = if failed_ones == 1 { "was" } else { "were" };
        let message = format!("{failed_ones} of {asked_for} {were} not answered");
        let verdict =
            self.failures.iter().fold(Failure::new(Exit::Partly, "partly", message), |whole, (file, failure)| {
                let text = format!("{}: {}", view::shown(file), failure.message);
                let text = failure.causes.iter().fold(text, |text, cause| format!("{text}: {cause}"));
                let whole = failure.said_beside().filter(|f| f.is_error()).fold(whole.cause(text), |w, f| w.cause(f));
                let hints = failure.hints.iter().map(|hint| format!("{}: {hint}", view::shown(file)));
                hints.fold(whole, |whole, hint| if whole.hints.contains(&hint) { whole } else { whole.hint(hint) })
            });
        let exit = match self.failures.first() {
            Some((_, first)) if all && self.failures.iter().all(|(_, failure)| failure.exit == first.exit) => {
                first.exit
            }
            _ => Exit::Partly,
        };
        Ok(answer.refused(exit, verdict))
    }
}

/// A place that cannot be read, and in which there may be requests.
impl Named for PathBuf {
    fn name(&self) -> String {
        self.display().to_string()
    }

    fn members(&self) -> Map<String, Value> {
        Map::from_iter([("request".to_owned(), json!(view::path(self)))])
    }
}

impl Named for RequestFile {
    fn name(&self) -> String {
        self.request.display().to_string()
    }

    fn members(&self) -> Map<String, Value> {
        Map::from_iter([
            ("request".to_owned(), json!(view::path(&self.request))),
            ("file".to_owned(), json!(view::path(&self.answer))),
        ])
    }
}
