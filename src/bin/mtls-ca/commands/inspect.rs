//! `mtls-ca inspect`: what is in a file or on a server.

mod glance;

use std::path::PathBuf;

use mtls_ca::examine::all_cores::each;
use serde_json::{Value, json};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Input, ServerArgs, files_below};
use crate::output::Answer;
use crate::view::inspect::short::{self, Row};
use crate::view::listed;
use glance::{Glance, Manner};

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
    seen: Vec<Glance>,
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
    let exit = if found.seen.is_empty() { Exit::Failed } else { Exit::Partly };
    let (unread, passed) = (unreadable(&found.seen), std::mem::take(&mut found.passed_over));
    let refusal = found.failed.first().map(|(_, failure)| failure.clone()).or(unread);
    let mut answer = if args.pem { pem(found, &passed)? } else { told(found, args, &passed, context) };
    if !passed.is_empty() {
        answer = answer.notice(format!("nothing known in {}", listed(&passed)));
    }
    Ok(match refusal {
        Some(failure) => answer.refused(exit, failure),
        None => answer,
    })
}

/// Things among others that could not be read.
fn unreadable(seen: &[Glance]) -> Option<Failure> {
    let Glance { place, things, unreadable, .. } = seen.iter().find(|seen| seen.unreadable > 0)?;
    let message = format!("{unreadable} of {things} things in `{place}` are not readable");
    Some(Failure::new(Exit::Partly, "unreadable", message))
}

fn look(inputs: &[Input], args: &Args, context: &Context) -> Result<Found, Failure> {
    // Only a passphrase that was named is used: a look at a file asks for nothing.
    let named = args.passphrase.is_given();
    let passphrase = if named { context.passphrase(&args.passphrase, "the key")? } else { None };
    let is_table = inputs.iter().any(|input| matches!(input, Input::Folder(_)));
    let manner = Manner {
        json: context.global.json,
        pem: args.pem,
        short: (args.short || is_table) && !args.pem,
        style: context.style,
    };
    let mut found = Found { is_table, ..Found::default() };
    for input in inputs {
        if let Input::Folder(folder) = input {
            let (files, now) = (files_below(folder)?, context.now);
            let glances = each(&files, |file| Glance::of_file(file, passphrase.as_ref(), now, manner));
            for (file, glance) in files.into_iter().zip(glances) {
                match glance {
                    Some(glance) => found.seen.push(glance),
                    None => found.passed_over.push(file.display().to_string()),
                }
            }
            continue;
        }
        match input.look(&args.server, passphrase.as_ref(), context) {
            Ok(seen) => found.seen.push(Glance::of(&seen, manner)),
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

/// One object for each input: what was seen, or `error`.
fn json_of(seen: Vec<Value>, failed: &[(String, Failure)], passed_over: &[String]) -> Value {
    let failed = failed.iter().map(|(place, failure)| json!({ "input": place, "error": failure.to_json() }));
    let inputs: Vec<Value> = seen.into_iter().chain(failed).collect();
    // Not by `json!`, which would copy them.
    let members = [("inputs".to_owned(), Value::Array(inputs)), ("passed_over".to_owned(), json!(passed_over))];
    Value::Object(members.into_iter().collect())
}

fn told(found: Found, args: &Args, passed_over: &[String], context: &Context) -> Answer {
    let Found { seen, failed, passed_over: _, is_table } = found;
    if context.global.json {
        let documents = seen.into_iter().map(|glance| glance.document).collect();
        return Answer::new("", json_of(documents, &failed, passed_over));
    }
    if args.short || is_table {
        let rows: Vec<Row> = seen.into_iter().flat_map(|glance| glance.rows).collect();
        let text = if is_table { short::table(rows, context.style) } else { short::lines(&rows) };
        return Answer::new(text, Value::Null);
    }
    let several = seen.len() + failed.len() > 1;
    let blocks = seen.iter().map(|Glance { place, is_server, text, .. }| {
        let heading = if several && !is_server { format!("{place}:\n") } else { String::new() };
        format!("{heading}{text}")
    });
    Answer::new(blocks.collect::<Vec<_>>().join("\n"), Value::Null)
}

fn pem(found: Found, passed_over: &[String]) -> Result<Answer, Failure> {
    let keys: usize = found.seen.iter().map(|glance| glance.keys).sum();
    let blocks: String = found.seen.iter().map(|glance| glance.pem.as_str()).collect();
    let is_json = found.seen.iter().any(|glance| !glance.document.is_null());
    let has_any = !blocks.is_empty() || found.seen.iter().any(|glance| glance.has_pem);
    if !has_any {
        return Err(Failure::new(Exit::Failed, "nothing_to_print", "there is nothing that is printed as PEM")
            .hint("private keys are not printed; copy the file"));
    }
    let documents = found.seen.into_iter().map(|glance| glance.document).collect();
    let json = if is_json { json_of(documents, &found.failed, passed_over) } else { Value::Null };
    let answer = Answer::new("", json).with_data(blocks.into_bytes());
    Ok(if keys > 0 { answer.notice(format!("{keys} private keys are left out")) } else { answer })
}
