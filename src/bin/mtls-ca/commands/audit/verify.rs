//! `mtls-ca audit verify`: whether the log is whole.

use std::path::PathBuf;

use mtls_ca::audit::checkpoint::Checkpoint;
use mtls_ca::authority::Access;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Verify the audit log
///
/// Walks the chain of hashes, names the first event that was altered, taken out or moved, and checks the
/// signed checkpoints. Exit code 3 where something is wrong. Without a checkpoint that was kept
/// elsewhere it cannot be seen that the end of the log was cut off together with its checkpoints.
///
/// Examples:
///   mtls-ca audit verify
///   mtls-ca audit verify --since /mnt/elsewhere/checkpoint.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A checkpoint that was kept elsewhere; what comes before it is not walked again
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let since = args.since.as_ref().map(|file| {
        Checkpoint::from_json(&context.read_input(file)?).map_err(|error| {
            Failure::new(Exit::Failed, "not_a_checkpoint", format!("cannot use `{}`", file.display()))
                .cause(error)
                .hint("`mtls-ca audit checkpoint --out FILE` makes one")
        })
    });
    let since = since.transpose()?;
    let ca = context.open(Access::Read)?;
    let state = ca.verify_log(since.as_ref())?;
    let answer = Answer::new(view::audit::state(&state, context.style), view::audit::state_json(&state));
    match state.findings.first() {
        None => Ok(answer),
        Some(first) => {
            let verdict = Failure::new(Exit::No, first.code, first.to_string())
                .hint("keep a copy of the CA directory as it is, then compare with a backup and with the sink");
            Ok(answer.refused(Exit::No, verdict))
        }
    }
}
