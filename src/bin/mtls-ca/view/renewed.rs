//! What `renew` and `rekey` tell: each certificate with the one before it, and what failed.

use mtls_ca::examine::inspect::validity::ValidityReport;
use mtls_ca::x509::general_name::escaped;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Answer, Issued};
use crate::successor::{Done, Job, Work};
use crate::view;

/// What became of all the certificates of one call.
#[derive(Default)]
pub struct Outcome {
    text: String,
    data: Vec<u8>,
    has_data: bool,
    of_many: bool,
    dry_run: bool,
    certificates: Vec<Value>,
    notices: Vec<String>,
    failures: Vec<(String, Failure)>,
    asked: usize,
    issued: Issued,
}

impl Outcome {
    pub fn new(asked: usize, dry_run: bool) -> Self {
        Self { of_many: asked > 1, dry_run, asked, ..Self::default() }
    }

    pub fn fail(&mut self, word: &str, failure: Failure) {
        self.failures.push((word.to_owned(), failure));
    }

    /// Nothing to do yet, or what would be done.
    pub fn planned(&mut self, job: &Job, context: &Context) {
        match &job.work {
            Work::NotDue { serial, validity, due_from } => {
                let report = ValidityReport::of(*validity, context.now);
                let word = escaped(&job.word);
                self.text
                    .push_str(&format!("{word}: not due until {due_from} (certificate {serial} {})\n", report.words));
                self.certificates.push(json!({
                    "input": job.word, "outcome": "not_due", "serial": serial, "due_from": due_from,
                    "not_before": validity.not_before, "not_after": validity.not_after,
                }));
            }
            Work::Place(due) => match due.plan() {
                Some(plan) => self.plan(&job.word, &due.former().to_string(), plan, context),
                None => {
                    self.text.push_str(&format!("{}: would be delivered again\n", escaped(&job.word)));
                    self.certificates
                        .push(json!({ "input": job.word, "outcome": "planned", "replaces": due.former() }));
                }
            },
            Work::Loose { former, plan, .. } => self.plan(&job.word, &former.to_string(), plan, context),
        }
    }

    fn plan(&mut self, word: &str, former: &str, plan: &mtls_ca::authority::Plan, context: &Context) {
        self.text.push_str(&format!("{}: would be issued in place of {former}\n", escaped(word)));
        self.text.push_str(&view::issued::text(plan.preview(), plan.profile(), None, context));
        self.text.push_str(&view::grants::table(plan.grants(), context));
        self.tell(word, view::findings(&plan.findings()));
        let mut json = view::issued::planned_json(plan, context);
        if let Some(members) = json.as_object_mut() {
            members.insert("input".to_owned(), json!(word));
            members.insert("outcome".to_owned(), json!("planned"));
            members.insert("replaces".to_owned(), json!(former));
        }
        self.certificates.push(json);
    }

    pub fn done(&mut self, done: Done, context: &Context) {
        let Done { word, former, delivered, to_stdout } = done;
        let file = delivered.files.last();
        let mut members = Map::new();
        members.insert("input".to_owned(), json!(word));
        members.insert("outcome".to_owned(), json!(if delivered.issued.is_some() { "renewed" } else { "delivered" }));
        members.insert("replaces".to_owned(), json!(former));
        let files: Vec<String> = delivered.files.iter().map(|path| view::path(path)).collect();
        members.insert("files".to_owned(), json!(files));
        match &delivered.issued {
            Some(issued) => {
                self.issued.add(issued.certificate().serial());
                let text =
                    view::issued::text(issued.certificate(), issued.profile(), file.map(|f| f.as_path()), context);
                self.text.push_str(&text);
                self.text.push_str(&view::rows(&[("replaces", former.to_string())], context.style));
                if context.global.verbose {
                    self.text.push_str(&view::grants::table(issued.grants(), context));
                }
                if to_stdout {
                    self.has_data = true;
                    self.data.extend_from_slice(issued.certificate_pem().as_bytes());
                }
                self.tell(&word, view::findings(issued.findings()));
                self.certificates.push(view::issued::json(issued, members, context));
            }
            None => {
                let serial = delivered.certificate.serial();
                self.text.push_str(&format!(
                    "{}: delivered {serial}, which was issued before and had not arrived\n",
                    escaped(&word)
                ));
                members.insert("serial".to_owned(), json!(serial));
                self.certificates.push(Value::Object(members));
            }
        }
    }

    /// Notices; where there are several certificates, each says which it is about.
    fn tell(&mut self, word: &str, notices: Vec<String>) {
        let of_many = self.of_many;
        self.notices.extend(
            notices.into_iter().map(|notice| if of_many { format!("{}: {notice}", escaped(word)) } else { notice }),
        );
    }

    pub fn answer(mut self) -> Result<Answer, Failure> {
        if self.asked == 1
            && let Some((_, failure)) = self.failures.pop()
        {
            return Err(failure);
        }
        let failed: Vec<Value> =
            self.failures.iter().map(|(word, failure)| json!({ "input": word, "error": failure.to_json() })).collect();
        let mut json = json!({ "certificates": self.certificates, "failed": failed });
        if let (true, Some(members)) = (self.dry_run, json.as_object_mut()) {
            members.insert("dry_run".to_owned(), json!(true));
        }
        let mut answer = Answer::new(self.text, json).notices(self.notices).having_issued(self.issued);
        if self.has_data {
            answer = answer.with_data(self.data);
        }
        if self.failures.is_empty() {
            return Ok(answer);
        }
        let message = format!("{} of {} certificates were not renewed", self.failures.len(), self.asked);
        let all = self.failures.len() == self.asked;
        let exits: Vec<Exit> = self.failures.iter().map(|(_, failure)| failure.exit).collect();
        let verdict =
            self.failures.iter().fold(Failure::new(Exit::Partly, "partly", message), |whole, (word, failure)| {
                let text = format!("{word}: {}", failure.message);
                let whole = whole.cause(failure.causes.iter().fold(text, |text, cause| format!("{text}: {cause}")));
                failure.hints.iter().fold(whole, |whole, hint| {
                    let hint = format!("{}: {hint}", escaped(word));
                    if whole.hints.contains(&hint) { whole } else { whole.hint(hint) }
                })
            });
        let same = exits.first().copied().filter(|first| all && exits.iter().all(|exit| exit == first));
        Ok(answer.refused(same.unwrap_or(Exit::Partly), verdict))
    }
}
