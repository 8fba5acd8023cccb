//! `mtls-ca lint`: whether certificates and CRLs are as they should be.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority};
use mtls_ca::examine::all_cores::one_by_one;
use mtls_ca::examine::candidate;
use mtls_ca::examine::container::{ContainerError, store_kind};
use mtls_ca::examine::linted::{Linted, linted};
use mtls_ca::keys::Passphrase;
use mtls_ca::{Now, Severity};

use crate::container::{WAYS, password_of};
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Below, files_below};
use crate::output::Answer;
use crate::view;
use crate::view::lint::{Judged, Seen, answer};

/// Put certificates and CRLs to the rules of RFC 5280 and of mutual TLS
///
/// docs/rules.md explains each rule by its code.
///
/// Examples:
///   mtls-ca lint api.crt
///   mtls-ca lint /etc/ssl/private --fail-on warning
///   mtls-ca lint --ledger                what of the CA's own certificates would not be granted today
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Files, folders however deep, or `-` for standard input. In a folder, keys and what is none of ours are passed
    /// over; what is broken, closed or cannot be read is named (exit code 7)
    #[arg(required_unless_present = "ledger", conflicts_with = "ledger", value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// All certificates of the CA that are in force: by the rules above, and by those of their profiles as
    /// they are today
    #[arg(long)]
    ledger: bool,
    /// From which severity on the answer is no
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Errors and warnings
    Warning,
    /// Errors alone
    Error,
}

impl FailOn {
    pub const fn severity(self) -> Severity {
        match self {
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if args.ledger {
        return ledger(args, context);
    }
    let mut seen = Seen::default();
    for input in &args.inputs {
        if input.is_dir() {
            seen.look_below(input, &args.passphrase, context)?;
            continue;
        }
        match look(input, &args.passphrase, context) {
            Ok(found) => seen.judged.extend(found),
            Err(failure) if args.inputs.len() == 1 => return Err(failure),
            Err(failure) => seen.missed.push((view::path(input), failure)),
        }
    }
    if seen.judged.is_empty() && seen.missed.is_empty() {
        let message =
            format!("there is neither a certificate nor a CRL in {}", view::any_of_files(seen.passed_over.len()));
        return Err(Failure::new(Exit::Failed, "nothing_to_lint", message));
    }
    Ok(answer(&seen, args.fail_on, context))
}

impl Seen {
    /// Every file of a folder. Nobody is asked for a passphrase: there may be many stores.
    fn look_below(&mut self, folder: &Path, args: &PassphraseArgs, context: &Context) -> Result<(), Failure> {
        let given = context.given_passphrase(args);
        let given = if args.is_given() { Ok(given?) } else { given };
        let (entries, now) = (files_below(folder), context.now);
        let look = |entry: &Below| match entry {
            Ok(file) => (view::path(file), look_in_folder(file, given.as_ref(), now)),
            Err(missed) => (view::path(&missed.0), Err(missed.1.clone())),
        };
        let taken = one_by_one(&entries, look, |(place, found)| {
            match found {
                Ok(found) if found.is_empty() => self.passed_over.push(place),
                Ok(found) => self.judged.extend(found),
                Err(failure) => self.missed.push((place, failure)),
            }
            ControlFlow::<Failure>::Continue(())
        });
        match taken {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(failure) => Err(failure),
        }
    }
}

/// A passphrase for all stores of a folder, where there is one, or why it is not to be had.
type Given<'a> = Result<&'a Option<Passphrase>, &'a Failure>;

/// What there are rules for in a file of a folder; nothing where it is a key, or none of our files.
fn look_in_folder(file: &Path, given: Given<'_>, now: Now) -> Result<Vec<Judged>, Failure> {
    let Some(bytes) = candidate::read(file)? else { return Ok(Vec::new()) };
    let passphrase = match (store_kind(&bytes), given) {
        (None, _) => None,
        (Some(_), Ok(Some(given))) => Some(given),
        (Some(kind), Ok(None)) => return Err(Failure::contained(file, ContainerError::PasswordMissing(kind), WAYS)),
        (Some(_), Err(failure)) => return Err(failure.clone()),
    };
    match linted(&bytes, passphrase, now) {
        Ok(found) => Ok(judged(file, found)),
        Err(error) if error.is_nothing_known() => Ok(Vec::new()),
        Err(error) => Err(Failure::of_inspect(error, file)),
    }
}

fn judged(file: &Path, found: Vec<Linted>) -> Vec<Judged> {
    let place = view::path(file);
    found.into_iter().map(|found| Judged::of_file(&place, found)).collect()
}

fn ledger(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = Authority::open(&context.global.ca_dir, Access::Read, context.patience())?;
    let mut seen = Seen::default();
    ca.lint_ledger::<Failure>(context.now, |entry, findings| {
        seen.judged.push(Judged::of_row(&entry, findings));
        Ok(())
    })?;
    Ok(answer(&seen, args.fail_on, context).notices(view::findings(&ca.warnings(context.now))))
}

/// What there are rules for in a file.
fn look(file: &Path, args: &PassphraseArgs, context: &Context) -> Result<Vec<Judged>, Failure> {
    let bytes = context.read_input(file)?;
    let passphrase = password_of(file, &bytes, args, context)?;
    let found = linted(&bytes, passphrase.as_ref(), context.now).map_err(|error| Failure::of_inspect(error, file))?;
    if found.is_empty() {
        let message = format!("there is neither a certificate nor a CRL in `{}`", file.display());
        return Err(Failure::new(Exit::Failed, "nothing_to_lint", message));
    }
    Ok(judged(file, found))
}
