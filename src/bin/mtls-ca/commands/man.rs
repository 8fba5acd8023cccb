//! `mtls-ca man`: manual pages, made from the same definitions as the help.

use std::path::PathBuf;

use clap_mangen::Man;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;

/// Write the manual pages, one for each command
///
/// Examples:
///   mtls-ca man | man -l -
///   mtls-ca man --out /usr/local/share/man/man1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The folder to write all pages to; without it the main page goes to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(args: Args, _context: &Context) -> Result<Answer, Failure> {
    let main = crate::cli::command();
    let Some(folder) = args.out else {
        let page = page(main)?;
        let text = String::from_utf8_lossy(&page).into_owned();
        return Ok(Answer::new(text.clone(), json!({ "page": text })));
    };
    let mut names = vec!["mtls-ca.1".to_owned()];
    let write = |name: &str, bytes: Vec<u8>| -> Result<(), Failure> {
        Ok(Output::plan(folder.join(name), Readers::Everybody, Existing::Replace)?.write(&bytes)?)
    };
    write("mtls-ca.1", page(main.clone())?)?;
    let mut built = main;
    built.build();
    for command in built.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("mtls-ca-{}.1", command.get_name());
        let title = format!("mtls-ca-{}", command.get_name());
        write(&name, page(command.clone().name(title))?)?;
        names.push(name);
    }
    let text = names.iter().map(|name| format!("{}\n", crate::view::shown(&folder.join(name)))).collect::<String>();
    Ok(Answer::new(text, json!({ "pages": names })))
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    Man::new(command)
        .render(&mut bytes)
        .map_err(|error| Failure::new(Exit::Internal, "internal", error.to_string()))?;
    Ok(bytes)
}
