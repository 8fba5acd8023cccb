//! `mtls-ca rotate`: from one CA certificate to the next.

mod activate;
mod compromised;
mod prepare;
mod retire;
mod status;
mod undo;

use std::path::{Path, PathBuf};

use mtls_ca::Finding;
use mtls_ca::authority::{Access, Authority, AuthorityError, RotationError, Signer};
use mtls_ca::words::typed::typed_path;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// What is typed where no directory here is the parent's.
pub const PARENT_ELSEWHERE: &str = "a parent that is elsewhere signs a request: mtls-ca rotate prepare --request";

/// The CA directory that signs an intermediate.
#[derive(Debug, clap::Args)]
pub struct ParentArgs {
    /// The CA directory of the parent, which signs an intermediate
    #[arg(long, value_name = "DIR")]
    parent: Option<PathBuf>,
    /// The passphrase of the parent's key
    #[arg(long, value_name = "FILE", requires = "parent")]
    parent_passphrase_file: Option<PathBuf>,
}

impl ParentArgs {
    /// The parent and its key, where one was named.
    fn open(&self, ca: &Authority, context: &Context) -> Result<Option<(Authority, Signer)>, Failure> {
        let Some(directory) = &self.parent else { return Ok(None) };
        if ca.active().is_root() {
            return Err(RotationError::IsRoot(ca.certificate().subject().rfc4514()).into());
        }
        let place = |path: &Path| std::fs::canonicalize(path).ok();
        if place(directory).is_some_and(|parent| Some(parent) == place(&context.global.ca_dir)) {
            return Err(Failure::usage("--parent names the CA itself").hint("name the CA directory that signs it"));
        }
        let parent = context.open_at(directory, Access::Sign)?;
        let signer = crate::unlock::parent(&parent, directory, self.parent_passphrase_file.as_deref(), context)?;
        Ok(Some((parent, signer)))
    }

    /// A failure that may be the parent's, with hints for its directory.
    fn explain(&self, error: AuthorityError) -> Failure {
        match (&self.parent, error) {
            (Some(directory), error @ AuthorityError::Refused(_)) => Failure::from(error).for_directory(directory),
            (_, error) => error.into(),
        }
    }

    /// The findings with what is to be typed for this parent: its directory where one was named, and a
    /// request where it is elsewhere.
    fn name_in(&self, findings: &mut [Finding]) {
        let named = self.parent.as_ref().map(|directory| format!("--parent {}", typed_path(directory)));
        for hint in findings.iter_mut().filter_map(|finding| finding.hint.as_mut()) {
            *hint = match (&named, hint.contains("--parent DIR")) {
                (Some(named), _) => hint.replace("--parent DIR", named),
                (None, true) => "get one that ends later: mtls-ca rotate prepare --keep-key --request".to_owned(),
                (None, false) => continue,
            };
        }
    }
}

/// Why a step was not taken. Where a next CA certificate has to be prepared first, it says how that is
/// begun here: below another CA it is made by that one.
fn not_taken(error: AuthorityError, ca: &Authority) -> Failure {
    let before = match &error {
        AuthorityError::Rotation(RotationError::NothingPrepared) => "",
        AuthorityError::Rotation(RotationError::Finished(_)) => "go on from here with the next one: ",
        _ => return error.into(),
    };
    let failure = Failure::from(error).hint(format!("{before}{}", ca.active().preparing()));
    if ca.active().is_root() { failure } else { failure.hint(PARENT_ELSEWHERE) }
}

/// Replace the CA certificate while services keep running
///
/// In this order: peers get the new root, then services new certificates, and the old root goes last.
///
/// Examples:
///   mtls-ca rotate prepare                 a new root beside the old; give ca/ca.crt to every peer
///   mtls-ca rotate status                  who needs what, and what to type next
///   mtls-ca rotate activate                new certificates come from the new root
///   mtls-ca renew --all --out new/         certificates of the old root are renewed
///   mtls-ca rotate retire                  the old root is dropped from ca/ca.crt
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Prepare(prepare::Args),
    Status(status::Args),
    Activate(activate::Args),
    Retire(retire::Args),
    Undo(undo::Args),
    Compromised(compromised::Args),
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.step {
        Step::Prepare(args) => prepare::run(args, context),
        Step::Status(args) => status::run(args, context),
        Step::Activate(args) => activate::run(args, context),
        Step::Retire(args) => retire::run(args, context),
        Step::Undo(args) => undo::run(args, context),
        Step::Compromised(args) => compromised::run(args, context),
    }
}
