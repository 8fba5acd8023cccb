//! `mtls-ca sign`: certificates from requests.

use std::path::{Path, PathBuf};

use mtls_ca::authority::batch::{Places, RequestFile, RequestFiles, RowError, answer_of};
use mtls_ca::authority::{Access, Authority, Choice, Issued, Parcel, Plan, Signer};
use mtls_ca::bundle::deliver::{Beside, Delivery, Misplaced, Role, apart, means_directory, plan_public};
use mtls_ca::bundle::export::{self, ExportError, Extras, Format};
use mtls_ca::encoding::request;
use mtls_ca::store::atomic::{Existing, Output};
use mtls_ca::store::directory::check_directory;
use mtls_ca::x509::request::Request;

use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::failure::{Exit, Failure};
use crate::formats::FormatArgs;
use crate::output::Answer;
use crate::rows::{Meant, Missed};
use crate::view::signed::Outcome;
pub use crate::wishes::Wishes;
use crate::{batch, rows, signals, unlock, view};

/// Answer certification requests
///
/// Examples:
///   mtls-ca sign client.csr
///   mtls-ca sign api.csr --profile server --san api.internal --lifetime 30d
///   mtls-ca sign *.csr --out certs/
///   mtls-ca sign requests/ --out certs/ --report report.json
///   mtls-ca sign 'teams/*/api-?.csr'
///   find . -name '*.csr' | mtls-ca sign --from-file -
///   openssl req -new … | mtls-ca sign - --dry-run
#[derive(Debug, Clone, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The requests, in PEM or DER; a folder, or a pattern in quotes; `-` is standard input
    ///
    /// Of a folder: `.csr`, `.req` and `.p10`, also in upper case, not those of folders below it. What is answered is
    /// passed over; one that fails, or a folder that cannot be read, stops no other (exit code 7). With --format,
    /// --exec, an owner, a mode or `--out -` they are answered one by one instead: what is answered already then fails.
    /// In each part of a pattern `*` stands for any characters of a name, and `?` for one.
    #[arg(required_unless_present = "from_file", value_name = "CSR")]
    requests: Vec<PathBuf>,
    /// Answer the requests of this list, a path to a line; `-` is standard input
    ///
    /// As those of a folder. Neither this nor --report goes with --format, --exec, an owner, a mode or `--out -`.
    #[arg(long, value_name = "LIST", conflicts_with_all = ["dry_run", "requests"])]
    from_file: Option<PathBuf>,
    /// Write what became of each request of a folder, pattern or list, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    report: Option<PathBuf>,
    #[command(flatten)]
    wishes: Wishes,
    /// Where the certificate goes: a file, a directory, or `-`; else beside the request
    #[arg(long, value_name = "FILE|DIR|-")]
    out: Option<PathBuf>,
    /// Replace a certificate that is there already
    #[arg(long)]
    force: bool,
    /// Print what was asked and what would be granted, and change nothing
    #[arg(long, conflicts_with_all = ["out", "force"])]
    dry_run: bool,
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    delivery: DeliveryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// A request that every rule allows, and where its answer goes.
pub struct Job {
    pub file: PathBuf,
    pub plan: Plan,
    choice: Choice,
    place: Place,
}

enum Place {
    Stdout,
    File(Output),
    /// With an owner, a mode, or something that runs afterwards.
    Delivery(Box<Parcel>),
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    args.check()?;
    if args.from_file.is_some() || args.report.is_some() {
        return args.batch(context);
    }
    if args.requests.iter().any(|word| rows::is_many(word)) {
        if !args.writes_one_by_one() {
            return args.batch(context);
        }
        let Meant { requests, missed, notices } = rows::all(&args.requests)?;
        return Args { requests, ..args.clone() }.sign_named(missed, context).map(|answer| answer.notices(notices));
    }
    args.sign_named(Vec::new(), context)
}

/// An answer that was given.
pub struct Done {
    pub file: PathBuf,
    pub issued: Issued,
    pub choice: Choice,
    pub path: Option<PathBuf>,
    /// Further forms.
    pub extras: Vec<(Format, PathBuf)>,
}

fn issue(job: Job, ca: &mut Authority, signer: &Signer, context: &Context) -> Result<Done, Failure> {
    let Job { file, plan, choice, place } = job;
    let parcel = match place {
        Place::Delivery(parcel) => {
            let extras = parcel.delivery.extras();
            let delivered = ca.issue_into(plan, *parcel, signer, &context.act())?;
            let path = delivered.files.last().cloned();
            return match delivered.issued {
                Some(issued) => Ok(Done { file, issued, choice, path, extras }),
                None => Err(Failure::new(Exit::Internal, "not_issued", "a certificate was delivered and not issued")),
            };
        }
        other => other,
    };
    let issued = ca.issue(plan, signer, &context.act())?;
    let path = match parcel {
        Place::Stdout | Place::Delivery(_) => None,
        Place::File(output) => match output.write(issued.certificate_pem().as_bytes()) {
            Ok(()) => Some(output.path().to_owned()),
            Err(error) => return Err(undelivered(error.into(), &issued)),
        },
    };
    Ok(Done { file, issued, choice, path, extras: Vec::new() })
}

/// The certificate exists and is not lost, although its file could not be written.
pub fn undelivered(failure: Failure, issued: &Issued) -> Failure {
    let serial = issued.certificate().serial();
    let message = format!("certificate {serial} was issued, but its file could not be written");
    Failure { message, causes: [vec![failure.message], failure.causes].concat(), ..failure }
        .hint(format!("it is in the ledger: mtls-ca show {serial} --pem"))
}

impl Args {
    /// The requests that were named, one by one; where there may be more of them was found out before.
    fn sign_named(&self, missed: Vec<Missed>, context: &Context) -> Result<Answer, Failure> {
        self.apart(context)?;
        if self.requests.len() > 1 && !self.writes_one_by_one() {
            return self.sign_together(context);
        }
        let access = if self.dry_run { Access::Read } else { Access::Sign };
        let mut ca = context.open(access)?;
        let extras = self.formats.extras(context)?;
        let asked = self.requests.len() + missed.len();
        let mut outcome = Outcome::new(asked > 1);
        missed.into_iter().for_each(|Missed { place, error }| outcome.fail(&place, error.into()));
        let mut jobs = Vec::new();
        for file in &self.requests {
            match self.prepare(file, &extras, &mut ca, context) {
                Ok(job) => jobs.push(job),
                Err(failure) => outcome.fail(file, failure),
            }
        }
        if self.dry_run {
            for job in &jobs {
                outcome.plan(job, context);
            }
        } else if !jobs.is_empty() {
            let signer = unlock::active(&ca, &self.passphrase, context)?;
            for job in jobs {
                let file = job.file.clone();
                match issue(job, &mut ca, &signer, context) {
                    Ok(done) => outcome.done(done, context),
                    Err(failure) => outcome.fail(&file, failure),
                }
            }
        }
        outcome.answer(asked, self.dry_run)
    }

    /// Whether something is wanted that a batch does not do: another form, an owner, standard output.
    fn writes_one_by_one(&self) -> bool {
        let stdin = Path::new("-");
        self.dry_run
            || self.delivery.is_given()
            || self.formats.wanted().next().is_some()
            || self.out.as_deref() == Some(stdin)
            || self.requests.iter().any(|file| file == stdin)
    }

    /// Several requests that were named: the same as a batch, and each is told of.
    fn sign_together(&self, context: &Context) -> Result<Answer, Failure> {
        let mut ca = context.open(Access::Sign)?;
        let signer = unlock::active(&ca, &self.passphrase, context)?;
        let (errand, stop) = (self.errand(&ca), signals::stop()?);
        let mut outcome = Outcome::new(true);
        let ran = ca.issue_all(
            self.rows(self.requests.clone().into_iter(), context),
            &errand,
            &signer,
            &context.act(),
            &stop,
            |row| {
                outcome.hear(row, context);
            },
        )?;
        if ran.stopped {
            let message =
                format!("stopped by a signal after {}; what was begun is done", view::count_of(ran.told, "request"));
            outcome.fail(Path::new("the rest"), Failure::new(Exit::Partly, "stopped", message));
        }
        outcome.answer(self.requests.len(), false)
    }

    /// A folder, a pattern or a list.
    fn batch(&self, context: &Context) -> Result<Answer, Failure> {
        if self.writes_one_by_one() {
            return Err(Failure::usage("a list is answered by files, without `--format`, owners or hooks")
                .hint("answer it first, then `mtls-ca export` brings certificates into other forms"));
        }
        let mut ca = context.open(Access::Sign)?;
        let errand = self.errand(&ca);
        let so = (&self.passphrase, self.report.as_deref());
        match &self.from_file {
            None => {
                let named = rows::named(&self.requests)?.with(|rows| self.rows(rows, context));
                batch::run(named, &errand, &mut ca, so, context)
            }
            Some(list) => {
                let listed = rows::listed(list, context)?.with(|rows| self.rows(rows, context));
                batch::run(listed, &errand, &mut ca, so, context)
            }
        }
    }

    fn errand(&self, ca: &Authority) -> RequestFiles {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        RequestFiles::new(ca, self.wishes.profile.clone(), self.wishes.order(), existing)
    }

    fn rows<I: Iterator<Item = PathBuf> + Send>(
        &self,
        requests: I,
        context: &Context,
    ) -> impl Iterator<Item = RequestFile> + Send + use<I> {
        let mut inputs = context.passphrase_files(&self.passphrase);
        inputs.extend(self.from_file.iter().map(|list| Role::new("the list", list)));
        let mut places = Places::beside(self.report.as_deref(), &inputs, &context.global.ca_dir);
        let folder = self.out.clone();
        requests.map(move |request| {
            let answer = answer_of(&request, folder.as_deref());
            RequestFile::new(request, answer, &mut places)
        })
    }

    fn check(&self) -> Result<(), Failure> {
        let to_stdout = self.out.as_deref() == Some(Path::new("-"));
        if self.delivery.is_given() && (to_stdout || self.dry_run) {
            return Err(Failure::usage("no file is written, so that options for files have no effect"));
        }
        self.formats.check()?;
        if self.formats.wanted().next().is_some() && (to_stdout || self.dry_run) {
            return Err(Failure::usage("no file is written, so that `--format` has no effect"));
        }
        if let Some(format) = self.formats.wanted().find(|format| format.has_key()) {
            return Err(ExportError::NoKey(format).into());
        }
        if self.force && to_stdout {
            return Err(Failure::usage("--force has no effect with `--out -`"));
        }
        if self.requests.iter().filter(|file| file.as_path() == Path::new("-")).count() > 1 {
            return Err(Failure::usage("standard input can be read once"));
        }
        match &self.out {
            Some(out) if self.report.is_some() && !self.is_for_many() && !to_stdout && !means_directory(out) => Err(
                Failure::usage(format!("`{}` is one file; with `--report` answers go into a folder", out.display()))
                    .hint("name a directory: --out certs/"),
            ),
            Some(out) if self.is_for_many() && !to_stdout && !means_directory(out) => {
                Err(Failure::usage(format!("`{}` is one file, and there are several requests", out.display()))
                    .hint("name a directory: --out certs/"))
            }
            // Each of many would say the same.
            Some(out) if self.is_for_many() && !to_stdout => Ok(check_directory(out).map_err(RowError::from)?),
            _ => Ok(()),
        }
    }

    fn is_for_many(&self) -> bool {
        self.requests.len() != 1 || self.requests.iter().any(|word| rows::is_many(word))
    }

    fn prepare(&self, file: &Path, extras: &Extras, ca: &mut Authority, context: &Context) -> Result<Job, Failure> {
        let request = read(file, context)?;
        let choice = ca.choose_profile(self.wishes.profile.as_ref(), &request);
        let plan = ca.plan_on_record(request, &self.wishes.order(), &choice.profile, &context.act())?;
        let place = if self.dry_run { Place::Stdout } else { self.place(file, extras)? };
        Ok(Job { file: file.to_owned(), plan, choice, place })
    }

    /// Every answer goes to a file of its own, which is none that is read, and none of the CA's.
    fn apart(&self, context: &Context) -> Result<(), Failure> {
        if self.dry_run {
            return Ok(());
        }
        let mut inputs = context.passphrase_files(&self.passphrase);
        inputs.extend(self.formats.password.files());
        let mut outputs = Vec::new();
        for file in &self.requests {
            inputs.push(Role::new("a request", file));
            if let Some(path) = self.target(file) {
                let extras = self.formats.beside(&path).into_iter();
                outputs.extend(extras.map(|(format, path)| Role::new(format!("the {format}"), path)));
                outputs.push(Role::new(format!("the answer to `{}`", file.display()), path));
            }
        }
        apart(&inputs, &outputs, Some(&context.global.ca_dir)).map_err(|error| match error {
            Misplaced::Twice { .. } if self.requests.len() > 1 => Failure::usage(error.to_string())
                .hint("sign them one by one, or leave --out away: each answer then lands beside its request"),
            error => error.into(),
        })
    }

    fn place(&self, file: &Path, extras: &Extras) -> Result<Place, Failure> {
        match self.target(file) {
            None => Ok(Place::Stdout),
            Some(path) => {
                let output = plan_public(path.clone(), self.force)?;
                if !self.delivery.is_given() && extras.formats.is_empty() {
                    return Ok(Place::File(output));
                }
                let beside = Beside { extras: self.formats.beside(&path), ..Beside::default() };
                for (format, path) in &beside.extras {
                    export::plan(*format, path, None, &extras.sealing, self.force)?;
                }
                let delivery = Delivery::files(&path, &beside, &self.delivery.attributes())?;
                let hook = self.delivery.hook()?;
                Ok(Place::Delivery(Box::new(Parcel {
                    delivery,
                    key: None,
                    extras: extras.clone(),
                    is_new_key: false,
                    hook,
                })))
            }
        }
    }

    /// Beside the request unless `--out` says otherwise; a request from standard input is answered
    /// on standard output, which is no file.
    fn target(&self, file: &Path) -> Option<PathBuf> {
        let from_stdin = file == Path::new("-");
        match &self.out {
            Some(out) if out.as_path() == Path::new("-") => None,
            None if from_stdin => None,
            Some(out) if means_directory(out) => {
                let stem = if from_stdin { Path::new("certificate") } else { file };
                let name = stem.file_name().map(Path::new).unwrap_or(Path::new("certificate"));
                Some(out.join(name.with_extension("crt")))
            }
            Some(out) => Some(out.clone()),
            None => Some(file.with_extension("crt")),
        }
    }
}

fn read(file: &Path, context: &Context) -> Result<Request, Failure> {
    let mut requests =
        request::read_all(&context.read_input(file)?).map_err(|error| Failure::unreadable(file, &error))?;
    match (requests.pop(), requests.len()) {
        (Some(request), 0) => Ok(request),
        (_, others) => {
            let message = format!("`{}` holds {} requests; one is wanted", file.display(), others + 1);
            Err(Failure::new(Exit::Failed, "several_requests", message).hint("put each into a file of its own"))
        }
    }
}
