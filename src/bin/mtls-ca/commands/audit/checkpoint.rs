//! `mtls-ca audit checkpoint`: the end of the log, signed.

use std::path::{Path, PathBuf};

use mtls_ca::authority::Access;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::output::Answer;
use crate::unlock;
use crate::view;

/// Sign the end of the audit log
///
/// Keep the file where those who can change the CA directory cannot: compared with it, `audit verify
/// --since FILE` shows whether the end of the log was cut off or the whole log written anew.
///
/// Examples:
///   mtls-ca audit checkpoint --out /mnt/elsewhere/checkpoint.json --force
///   mtls-ca audit checkpoint --out - | ssh archive 'cat > checkpoint.json'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Where a copy goes
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// Replace a file that is there already
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Sign)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let output = out.map(|out| Output::plan(out, Readers::Everybody, existing)).transpose()?;
    let signer = unlock::active(&ca, &args.passphrase, context)?;
    let checkpoint = ca.checkpoint(&signer, &context.act())?;
    let document = checkpoint.to_json();
    let file = format!("{document:#}\n");
    if let Some(output) = &output {
        output.write(file.as_bytes())?;
    }
    let answer = Answer::new(
        view::audit::checkpoint(&checkpoint, out, context.style),
        json!({ "checkpoint": document, "file": out.map(view::path) }),
    );
    Ok(match args.out.is_some() && output.is_none() && !context.global.json {
        true => answer.with_data(file.into_bytes()),
        false => answer,
    })
}
