//! `mtls-ca rotate retire`: the old CA certificate is dropped.

use mtls_ca::authority::Access;
use mtls_ca::authority::rotate::Deployed;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Drop the old CA certificate from ca.crt, once nothing depends on it
///
/// Refused while live certificates chain to it alone. Its CRL is made until its last certificate has
/// ended. This is not taken back by `rotate undo`.
///
/// Examples:
///   mtls-ca rotate retire
///   mtls-ca rotate retire --deployed
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {
    /// Certificates that were replaced are out of use everywhere, though they have not ended
    #[arg(long)]
    deployed: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Alone)?;
    let deployed = if args.deployed { Deployed::Everywhere } else { Deployed::Unknown };
    let retirement = ca.retire(deployed, &context.act())?;
    view::rotate::retired(&retirement, &ca, context)
}
