//! `mtls-ca rotate activate`: new certificates come from the new CA certificate.

use mtls_ca::Lifetime;
use mtls_ca::authority::Access;
use mtls_ca::authority::rotate::{BUNDLE_AGE, Haste};

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::output::Answer;
use crate::{unlock, view};

/// Let the prepared CA certificate sign
///
/// Peers need the new ca.crt before they meet the first certificate of the new root, so this waits
/// until it has been out for --bundle-age.
///
/// Examples:
///   mtls-ca rotate activate
///   mtls-ca rotate activate --bundle-age 2d
///   mtls-ca rotate activate --force
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {
    /// How long the new ca.crt has to be out
    #[arg(long, value_name = "TIME", default_value_t = BUNDLE_AGE, conflicts_with = "force")]
    bundle_age: Lifetime,
    /// Every peer has it: do not wait
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Alone)?;
    let passphrase = unlock::passphrase_of(&ca, &args.passphrase, context)?;
    let haste = if args.force { Haste::Forced } else { Haste::After(args.bundle_age) };
    let activation = ca.activate(haste, passphrase.as_ref(), &context.act());
    let activation = activation.map_err(|error| super::not_taken(error, &ca))?;
    view::rotate::activated(&activation, &ca, context)
}
