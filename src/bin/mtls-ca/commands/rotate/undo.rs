//! `mtls-ca rotate undo`: takes the last step back.

use mtls_ca::authority::Access;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Take the last step back: an activation, a preparation, or a request
///
/// Until the old CA certificate is retired. What the new one has signed meanwhile stays valid.
///
/// Example:
///   mtls-ca rotate undo
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {}

pub fn run(_args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Alone)?;
    let undone = ca.undo_rotation(&context.act()).map_err(|error| super::not_taken(error, &ca))?;
    view::rotate::undone(&undone, &ca, context)
}
