//! `mtls-ca lint`: whether certificates and CRLs are as they should be.

use std::path::{Path, PathBuf};

use mtls_ca::Severity;
use mtls_ca::authority::{Access, Authority};
use mtls_ca::examine::linted::linted;

use crate::container::password_of;
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::files_below;
use crate::output::Answer;
use crate::view;
use crate::view::lint::{Judged, answer};

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
    /// Files, folders, or `-` for standard input
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
    let (mut judged, mut failed, mut passed_over) = (Vec::new(), Vec::new(), Vec::new());
    for input in &args.inputs {
        if input.is_dir() {
            for file in files_below(input)? {
                match look(&file, &args.passphrase, context) {
                    Ok(found) => judged.extend(found),
                    Err(_) => passed_over.push(file.display().to_string()),
                }
            }
            continue;
        }
        match look(input, &args.passphrase, context) {
            Ok(found) => judged.extend(found),
            Err(failure) => failed.push((input.display().to_string(), failure)),
        }
    }
    // One failure is told in full, the others by the names of their files.
    let told = failed.pop().map(|(_, failure)| failure);
    passed_over.extend(failed.into_iter().map(|(place, _)| place));
    match (told, judged.is_empty()) {
        (Some(failure), true) => Err(failure),
        (Some(failure), false) => {
            Ok(answer(&judged, &passed_over, args.fail_on, context).refused(Exit::Partly, failure))
        }
        (None, _) => Ok(answer(&judged, &passed_over, args.fail_on, context)),
    }
}

fn ledger(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = Authority::open(&context.global.ca_dir, Access::Read, context.patience())?;
    let mut judged = Vec::new();
    ca.lint_ledger::<Failure>(context.now, |entry, findings| {
        judged.push(Judged::of_row(&entry, findings));
        Ok(())
    })?;
    Ok(answer(&judged, &[], args.fail_on, context).notices(view::findings(&ca.warnings(context.now))))
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
    let place = file.display().to_string();
    Ok(found.into_iter().map(|found| Judged::of_file(&place, found)).collect())
}
