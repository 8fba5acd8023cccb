//! `mtls-ca inspect`: what is in a file or on a server.

use std::path::PathBuf;

use mtls_ca::examine::inspect::{Content, Item};
use serde_json::{Value, json};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Input, Seen, ServerArgs, files_below};
use crate::output::Answer;
use crate::view::inspect as view;
use crate::view::listed;

/// Say what is in a certificate, chain, CSR, key, CRL or PKCS#7 file, or what a TLS server shows
///
/// Examples:
///   mtls-ca inspect client.crt
///   mtls-ca inspect --short /etc/ssl/private
///   mtls-ca inspect api.internal:443 --cert client.crt --key client.key
///   openssl req -in service.csr | mtls-ca inspect - --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Files, folders, `-` for standard input, `host:port` or `https://host/`
    #[arg(required = true, value_name = "FILE|DIR|-|HOST:PORT")]
    inputs: Vec<PathBuf>,
    /// One line for each thing; for a folder a table, what ends first on top
    #[arg(long, short)]
    short: bool,
    /// Print what was found as PEM again, private keys excepted
    #[arg(long, conflicts_with = "short")]
    pem: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// What came of all inputs.
#[derive(Default)]
struct Found {
    seen: Vec<Seen>,
    failed: Vec<(String, Failure)>,
    /// Files of folders in which there is nothing to be said of.
    passed_over: Vec<String>,
    is_table: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let inputs: Vec<Input> = args.inputs.iter().map(|word| Input::of(word)).collect();
    args.server.check(&inputs)?;
    let mut found = look(&inputs, args, context)?;
    if let ([_], [], [(_, _)]) = (inputs.as_slice(), found.seen.as_slice(), found.failed.as_slice())
        && let Some((_, failure)) = found.failed.pop()
    {
        return Err(failure);
    }
    let json = match context.global.json {
        true => json!({ "inputs": documents(&found, args.pem)?, "passed_over": found.passed_over }),
        false => Value::Null,
    };
    let mut answer = if args.pem { pem(&found, json)? } else { Answer::new(text(&found, args, context), json) };
    if !found.passed_over.is_empty() {
        answer = answer.notice(format!("nothing known in {}", listed(&found.passed_over)));
    }
    let exit = if found.seen.is_empty() { Exit::Failed } else { Exit::Partly };
    Ok(match found.failed.into_iter().next().map(|(_, failure)| failure).or_else(|| unreadable(&found.seen)) {
        Some(failure) => answer.refused(exit, failure),
        None => answer,
    })
}

/// Things among others that could not be read.
fn unreadable(seen: &[Seen]) -> Option<Failure> {
    let is_bad = |item: &&Item| matches!(item.content, Content::Unreadable { .. });
    let Seen { place, items, .. } = seen.iter().find(|seen| seen.items.iter().any(|item| is_bad(&item)))?;
    let bad = items.iter().filter(is_bad).count();
    Some(Failure::new(
        Exit::Partly,
        "unreadable",
        format!("{bad} of {} things in `{place}` are not readable", items.len()),
    ))
}

fn look(inputs: &[Input], args: &Args, context: &Context) -> Result<Found, Failure> {
    // Only a passphrase that was named is used: a look at a file asks for nothing.
    let named = args.passphrase.is_given();
    let passphrase = if named { context.passphrase(&args.passphrase, "the key")? } else { None };
    let mut found = Found::default();
    for input in inputs {
        if let Input::Folder(folder) = input {
            found.is_table = true;
            for path in files_below(folder)? {
                match Input::File(path.clone()).look(&args.server, passphrase.as_ref(), context) {
                    Ok(seen) => found.seen.push(seen),
                    Err(_) => found.passed_over.push(path.display().to_string()),
                }
            }
            continue;
        }
        match input.look(&args.server, passphrase.as_ref(), context) {
            Ok(seen) => found.seen.push(seen),
            Err(failure) => found.failed.push((place(input), failure)),
        }
    }
    Ok(found)
}

fn place(input: &Input) -> String {
    match input {
        Input::File(path) | Input::Folder(path) => path.display().to_string(),
        Input::Server(target) => target.to_string(),
    }
}

/// One object for each input: `input`, and `items`, with `server` before them where it is one; or
/// `error`.
fn documents(found: &Found, with_pem: bool) -> Result<Vec<Value>, Failure> {
    let internal = |error: serde_json::Error| Failure::new(Exit::Internal, "internal", error.to_string());
    let mut documents = Vec::new();
    for seen in &found.seen {
        let mut items = Vec::new();
        for item in &seen.items {
            let mut document = serde_json::to_value(item).map_err(internal)?;
            if let (true, Some(members), Some(pem)) = (with_pem, document.as_object_mut(), item.pem()) {
                members.insert("pem".to_owned(), Value::String(pem));
            }
            items.push(document);
        }
        documents.push(match &seen.server {
            Some(server) => {
                json!({ "input": seen.place, "server": serde_json::to_value(server).map_err(internal)?, "items": items })
            }
            None => json!({ "input": seen.place, "items": items }),
        });
    }
    documents.extend(found.failed.iter().map(|(place, failure)| json!({ "input": place, "error": failure.to_json() })));
    Ok(documents)
}

fn text(found: &Found, args: &Args, context: &Context) -> String {
    if args.short || found.is_table {
        let rows = found
            .seen
            .iter()
            .flat_map(|seen| seen.items.iter().map(|item| view::short::Row { place: &seen.place, item }));
        let rows: Vec<view::short::Row<'_>> = rows.collect();
        return if found.is_table { view::short::table(&rows, context.style) } else { view::short::lines(&rows) };
    }
    let several = found.seen.len() + found.failed.len() > 1;
    let blocks = found.seen.iter().map(|seen| {
        let heading = if several && seen.server.is_none() { format!("{}:\n", seen.place) } else { String::new() };
        let server = seen.server.as_ref().map(|server| format!("{}\n", view::server::text(server, context.style)));
        format!("{heading}{}{}", server.unwrap_or_default(), view::text(&seen.items, context.style))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn pem(found: &Found, json: Value) -> Result<Answer, Failure> {
    let items = || found.seen.iter().flat_map(|seen| &seen.items);
    let blocks: String = items().filter_map(Item::pem).collect();
    let keys = items().filter(|item| matches!(item.content, Content::PrivateKey(_))).count();
    if blocks.is_empty() {
        return Err(Failure::new(Exit::Failed, "nothing_to_print", "there is nothing that is printed as PEM")
            .hint("private keys are not printed; copy the file"));
    }
    let answer = Answer::new("", json).with_data(blocks.into_bytes());
    Ok(if keys > 0 { answer.notice(format!("{keys} private keys are left out")) } else { answer })
}
