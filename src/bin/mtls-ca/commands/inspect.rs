//! `mtls-ca inspect`: what is in a file or on a server.

mod glance;

use std::ops::ControlFlow;
use std::path::PathBuf;

use mtls_ca::examine::all_cores::one_by_one;
use mtls_ca::x509::general_name::escaped;
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Below, Input, ServerArgs, files_below};
use crate::missed::Missed;
use crate::output::{Answer, add};
use crate::view;
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
    /// Files, folders however deep, `-` for standard input, `host:port` or `https://host/`. In a folder, files that
    /// are none of ours are passed over; what is broken or cannot be read is named (exit code 7)
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
    /// What is told of at the end; in JSON it is printed as it comes.
    seen: Vec<Glance>,
    /// How many inputs were looked at, and how many of them have something that is printed as PEM.
    looked_at: usize,
    with_pem: usize,
    keys: usize,
    /// Things among others that could not be read: of the first place that has such.
    unreadable: Option<Failure>,
    missed: Missed,
    /// Files of folders in which there is nothing to be said of.
    passed_over: Vec<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let inputs: Vec<Input> = args.inputs.iter().map(|word| Input::of(word)).collect();
    args.server.check(&inputs)?;
    let is_table = inputs.iter().any(|input| matches!(input, Input::Folder(_)));
    let found = Found::of(&inputs, args, is_table, context)?;
    if found.looked_at + found.missed.count() == 0 {
        let message = format!("nothing is known in {}", view::any_of_files(found.passed_over.len()));
        return Err(Failure::new(Exit::Failed, "unrecognised", message));
    }
    found.answer(args, is_table, context)
}

impl Found {
    fn of(inputs: &[Input], args: &Args, is_table: bool, context: &Context) -> Result<Self, Failure> {
        // Only a passphrase that was named is used: a look at a file asks for nothing.
        let named = args.passphrase.is_given();
        let passphrase = if named { context.passphrase(&args.passphrase, "the key")? } else { None };
        let manner = Manner {
            json: context.global.json,
            pem: args.pem,
            short: (args.short || is_table) && !args.pem,
            style: context.style,
        };
        let mut found = Self::default();
        for input in inputs {
            let flow = match input {
                Input::Folder(folder) => {
                    let (entries, now) = (files_below(folder), context.now);
                    let look = |entry: &Below| match entry {
                        Ok(file) => (view::path(file), Glance::of_file(file, passphrase.as_ref(), now, manner)),
                        Err(missed) => (view::path(&missed.0), Err(missed.1.clone())),
                    };
                    one_by_one(&entries, look, |(place, glance)| found.take(place, glance, manner, context))
                }
                _ => {
                    let seen = input.look(&args.server, passphrase.as_ref(), context);
                    let glance = seen.and_then(|seen| Glance::of(&seen, manner)).map(Some);
                    match (inputs, glance) {
                        ([_], Err(failure)) => return Err(failure),
                        ([_], Ok(Some(glance))) if args.pem && !glance.has_pem => return Err(nothing_to_print()),
                        (_, glance) => found.take(place(input), glance, manner, context),
                    }
                }
            };
            match flow {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Some(failure)) => return Err(failure),
                // Whoever reads the answer has seen enough.
                ControlFlow::Break(None) => break,
            }
        }
        Ok(found)
    }

    /// One more. Breaks off where nobody reads it, or it cannot be said.
    fn take(
        &mut self,
        place: String,
        glance: Result<Option<Glance>, Failure>,
        manner: Manner,
        context: &Context,
    ) -> ControlFlow<Option<Failure>> {
        let glance = match glance {
            Ok(Some(glance)) => {
                self.looked_at += 1;
                Ok(glance)
            }
            Ok(None) => {
                self.passed_over.push(place);
                return ControlFlow::Continue(());
            }
            Err(failure) => {
                self.missed.take(&failure);
                Glance::missed(place, &failure, manner)
            }
        };
        let mut glance = match glance {
            Ok(glance) => glance,
            Err(failure) => return ControlFlow::Break(Some(failure)),
        };
        self.with_pem += usize::from(glance.has_pem);
        self.keys += glance.keys;
        if self.unreadable.is_none() && glance.unreadable > 0 {
            self.unreadable = Some(unreadable(&glance));
        }
        match glance.document.take() {
            Some(document) if !add(context, "inputs", &document) => return ControlFlow::Break(None),
            Some(_) => {}
            None => self.seen.push(glance),
        }
        ControlFlow::Continue(())
    }

    fn answer(self, args: &Args, is_table: bool, context: &Context) -> Result<Answer, Failure> {
        let Self { seen, looked_at, with_pem, keys, unreadable, missed, passed_over } = self;
        let mut answer = Answer::new("", json!({ "passed_over": passed_over }));
        if args.pem {
            let blocks: String = seen.iter().map(|glance| glance.pem.as_str()).collect();
            answer.text = seen.into_iter().map(|glance| glance.text).collect();
            answer = answer.with_data(blocks.into_bytes());
        } else {
            answer.text = told(seen, args, is_table, context);
        }
        if args.pem && keys > 0 {
            answer = answer.notice(format!("{keys} private keys are left out"));
        }
        if !passed_over.is_empty() {
            answer = answer.notice(format!("nothing known in {}", listed(&passed_over)));
        }
        let nothing = || (args.pem && with_pem == 0).then(nothing_to_print);
        Ok(match missed.verdict(looked_at > 0).or(unreadable).or_else(nothing) {
            Some(failure) => answer.refused(failure.exit, failure),
            None => answer,
        })
    }
}

/// Things among others that could not be read.
fn unreadable(seen: &Glance) -> Failure {
    let Glance { place, things, unreadable, .. } = seen;
    let message = format!("{unreadable} of {things} things in `{place}` are not readable");
    Failure::new(Exit::Partly, "unreadable", message)
}

fn nothing_to_print() -> Failure {
    Failure::new(Exit::Failed, "nothing_to_print", "there is nothing that is printed as PEM")
        .hint("private keys are not printed; copy the file")
}

fn place(input: &Input) -> String {
    match input {
        Input::File(path) | Input::Folder(path) => view::path(path),
        Input::Server(target) => target.to_string(),
    }
}

fn told(seen: Vec<Glance>, args: &Args, is_table: bool, context: &Context) -> String {
    if args.short || is_table {
        let rows: Vec<Row> = seen.into_iter().flat_map(|glance| glance.rows).collect();
        return if is_table { short::table(rows, context.style) } else { short::lines(&rows) };
    }
    let several = seen.len() > 1;
    let blocks = seen.iter().map(|Glance { place, is_server, text, .. }| {
        let heading = if several && !is_server { format!("{}:\n", escaped(place)) } else { String::new() };
        format!("{heading}{text}")
    });
    blocks.collect::<Vec<_>>().join("\n")
}
