//! `mtls-ca rotate status`: where a rotation stands.

use mtls_ca::Lifetime;
use mtls_ca::authority::Access;
use mtls_ca::authority::rotate::{BUNDLE_AGE, Haste};
use mtls_ca::examine::remote::{Options, Target};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Show where a rotation stands: who needs which CA certificate, and what to type next
///
/// --probe shakes hands with TLS servers and says which of our roots they name as acceptable for
/// clients, and which of our CA certificates signed what they serve. What clients trust shows nowhere.
///
/// Examples:
///   mtls-ca rotate status
///   mtls-ca rotate status --all
///   mtls-ca rotate status --probe api.internal:443 --probe db.internal:5432
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {
    /// List every certificate that depends on an old CA certificate
    #[arg(long)]
    all: bool,
    /// How long the new ca.crt has to be out before it is used
    #[arg(long, value_name = "TIME", default_value_t = BUNDLE_AGE)]
    bundle_age: Lifetime,
    /// Look which CAs these servers accept
    #[arg(long, value_name = "HOST:PORT", num_args = 1..)]
    probe: Vec<Target>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let rotation = ca.rotation(Haste::After(args.bundle_age), context.now)?;
    let mut probes = Vec::new();
    for target in &args.probe {
        probes.push((target.clone(), ca.probe(target, &Options::default())?));
    }
    Ok(view::rotate::status(&rotation, &probes, args.all, context))
}
