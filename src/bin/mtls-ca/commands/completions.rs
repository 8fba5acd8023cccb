//! `mtls-ca completions`: scripts for shells.

use clap_complete::Shell;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Answer;

/// Print the completion script of a shell
///
/// Examples:
///   mtls-ca completions bash > /etc/bash_completion.d/mtls-ca
///   mtls-ca completions zsh > "${fpath[1]}/_mtls-ca"
///   mtls-ca completions fish > ~/.config/fish/completions/mtls-ca.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &Args) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "mtls-ca", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    let json = json!({ "shell": args.shell.to_string(), "script": text });
    Ok(Answer::new(text, json))
}
