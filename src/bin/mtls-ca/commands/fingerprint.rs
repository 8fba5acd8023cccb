//! `mtls-ca fingerprint`: SHA-256 of certificates, requests and keys.

use std::path::PathBuf;

use mtls_ca::examine::fingerprint::fingerprints;
use mtls_ca::examine::inspect::{Content, Item};
use mtls_ca::keys::OpenKeyError;
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Input, Seen, ServerArgs};
use crate::output::Answer;
use crate::view::fingerprint as view;
use mtls_ca::words::typed::typed_path;

/// Print the SHA-256 of a certificate, CSR or key and of its public key
///
/// Examples:
///   mtls-ca fingerprint client.crt
///   mtls-ca fingerprint client.key
///   mtls-ca fingerprint api.internal:443
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A file, `-` for standard input, `host:port` or `https://host/`
    #[arg(value_name = "FILE|-|HOST:PORT")]
    input: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let input = Input::of(&args.input);
    args.server.check(std::slice::from_ref(&input))?;
    let Seen { place, server: _, mut items } = input.look_inside(&args.server, &args.passphrase, context)?;
    unlock(&mut items, args, context)?;
    let found = fingerprints(&items);
    if found.is_empty() {
        let message = format!("there is no certificate, CSR, CRL or key in `{place}`");
        return Err(Failure::new(Exit::Failed, "nothing_found", message)
            .hint(format!("mtls-ca inspect {}", typed_path(&place))));
    }
    let text = view::text(&found, context.style);
    Ok(Answer::new(text, json!({ "input": place, "fingerprints": found })))
}

/// An encrypted key has no digest but that of its public half, which the passphrase shows.
fn unlock(items: &mut [Item], args: &Args, context: &Context) -> Result<(), Failure> {
    for item in items {
        if let Content::PrivateKey(report) = &mut item.content
            && report.is_locked()
        {
            let of = format!("`{}`", args.input.display());
            let locked = |error: &OpenKeyError| Failure::locked(&args.input, error, "--passphrase-file FILE");
            let passphrase = context.passphrase(&args.passphrase, &of)?;
            let passphrase = passphrase.ok_or_else(|| locked(&OpenKeyError::PassphraseMissing))?;
            report.unlock(&passphrase).map_err(|error| locked(&error))?;
        }
    }
    Ok(())
}
