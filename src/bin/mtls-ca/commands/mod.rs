//! One command, one file: its options, whose doc comments are the help, and a `run` that calls one
//! verb of the library.

pub mod completions;
pub mod fingerprint;
pub mod inspect;
pub mod man;
pub mod needs_renewal;

use crate::cli::Command;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// Runs the command that was typed.
pub fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
    match command {
        Command::Completions(args) => completions::run(&args),
        Command::Fingerprint(args) => fingerprint::run(&args, context),
        Command::Inspect(args) => inspect::run(&args, context),
        Command::NeedsRenewal(args) => needs_renewal::run(&args, context),
        Command::Man(args) => man::run(args, context),
    }
}
