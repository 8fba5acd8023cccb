//! `mtls-ca sign`: certificates from requests.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority, Choice, Issued, Parcel, Plan, Signer};
use mtls_ca::bundle::deliver::{Beside, Delivery, Misplaced, Role, apart, means_directory, plan_public};
use mtls_ca::bundle::export::{self, ExportError, Extras, Format};
use mtls_ca::encoding::request;
use mtls_ca::policy::constraints::parse_subtree;
use mtls_ca::profile::ProfileName;
use mtls_ca::store::atomic::Output;
use mtls_ca::x509::constraints::{NameConstraints, Subtree};
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::x509::request::Request;
use mtls_ca::{Lifetime, NameText, Order, San, Time};

use crate::context::{Context, PassphraseArgs};
use crate::delivery::DeliveryArgs;
use crate::failure::{Exit, Failure};
use crate::formats::FormatArgs;
use crate::output::Answer;
use crate::unlock;
use crate::view::signed::Outcome;

/// Answer certification requests
///
/// Examples:
///   mtls-ca sign client.csr
///   mtls-ca sign api.csr --profile server --san api.internal --lifetime 30d
///   mtls-ca sign *.csr --out certs/
///   openssl req -new … | mtls-ca sign - --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The requests, in PEM or DER; `-` is standard input
    #[arg(required = true, value_name = "CSR")]
    requests: Vec<PathBuf>,
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

/// What the operator wants of a certificate, in the same words for every command that issues.
#[derive(Debug, Clone, clap::Args)]
pub struct Wishes {
    /// The rules: client, server, peer, workload, intermediate, or one of your own
    #[arg(long, value_name = "NAME")]
    pub profile: Option<ProfileName>,
    /// A name instead of the request's: api.internal, 10.0.0.5, spiffe://example.org/api, dns:…, ip:…, uri:…, email:…
    #[arg(long, value_name = "NAME")]
    pub san: Vec<San>,
    /// The subject instead of the request's, in RFC 4514 text: `CN=api,O=Example`
    #[arg(long, value_name = "NAME")]
    pub subject: Option<NameText>,
    /// How long it holds: 90d, 24h, 1y
    #[arg(long, value_name = "TIME", conflicts_with = "not_after")]
    pub lifetime: Option<Lifetime>,
    /// Its last second: 2027-01-31T00:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub not_after: Option<Time>,
    /// For a CA: how many CAs may stand below it
    #[arg(long, value_name = "N")]
    pub path_length: Option<u32>,
    /// For a CA: what it may certify, such as dns:svc.internal or ip:10.0.0.0/8
    #[arg(long, value_name = "KIND:NAME", value_parser = |text: &str| parse_subtree(text))]
    pub permit: Vec<Subtree>,
    /// For a CA: what it may not certify
    #[arg(long, value_name = "KIND:NAME", value_parser = |text: &str| parse_subtree(text))]
    pub exclude: Vec<Subtree>,
}

impl Wishes {
    pub fn order(&self) -> Order {
        Order {
            sans: self.san.clone(),
            subject: self.subject.clone(),
            lifetime: self.lifetime.map(LifetimeWish::For).or(self.not_after.map(LifetimeWish::Until)),
            path_length: self.path_length,
            name_constraints: NameConstraints { permitted: self.permit.clone(), excluded: self.exclude.clone() },
            requester: None,
        }
    }
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
    args.apart(context)?;
    let access = if args.dry_run { Access::Read } else { Access::Sign };
    let mut ca = context.open(access)?;
    let extras = args.formats.extras(context)?;
    let mut outcome = Outcome::new(args.requests.len() > 1);
    let mut jobs = Vec::new();
    for file in &args.requests {
        match args.prepare(file, &extras, &mut ca, context) {
            Ok(job) => jobs.push(job),
            Err(failure) => outcome.fail(file, failure),
        }
    }
    if args.dry_run {
        for job in &jobs {
            outcome.plan(job, context);
        }
    } else if !jobs.is_empty() {
        let signer = unlock::active(&ca, &args.passphrase, context)?;
        for job in jobs {
            let file = job.file.clone();
            match issue(job, &mut ca, &signer, context) {
                Ok(done) => outcome.done(done, context),
                Err(failure) => outcome.fail(&file, failure),
            }
        }
    }
    outcome.answer(args.requests.len(), args.dry_run)
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
            Some(out) if self.requests.len() > 1 && !to_stdout && !means_directory(out) => {
                Err(Failure::usage(format!("`{}` is one file, and there are several requests", out.display()))
                    .hint("name a directory: --out certs/"))
            }
            _ => Ok(()),
        }
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
