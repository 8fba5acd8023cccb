//! One command, one file: its options, whose doc comments are the help, and a `run` that calls one
//! verb of the library.

pub mod completions;
pub mod man;

use crate::cli::Command;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// Runs the command that was typed.
pub fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
    match command {
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(args, context),
    }
}
