//! The command line: parse, run, render, exit.

mod batch;
mod cli;
mod commands;
mod container;
mod context;
mod delivery;
mod deployment;
mod export;
mod failure;
mod formats;
mod handed_over;
mod identity;
mod input;
mod layout;
mod missed;
mod output;
mod prompt;
mod rebuild;
mod rows;
mod signals;
mod successor;
mod unlock;
mod view;
mod watch;
mod which;
mod wishes;
mod wording;

use std::process::ExitCode;

fn main() -> ExitCode {
    let parsed = match cli::parse() {
        Ok(parsed) => parsed,
        Err(stopped) => return output::render_unparsed(&stopped),
    };
    let context = context::Context::new(&parsed);
    let result = failure::contained(|| commands::run(parsed.command, &context));
    output::render(&context, result)
}
