//! `mtls-ca needs-renewal`: yes or no, for scripts.

use std::path::PathBuf;

use mtls_ca::Threshold;
use mtls_ca::examine::renewal::{deciding, needs_renewal};
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::input::{Input, ServerArgs};
use crate::output::Answer;
use mtls_ca::words::typed::typed_path;

/// Say whether a certificate should be renewed: exit code 0 yes, 3 no, 1 could not tell
///
/// Of several certificates in a file the first decides, which is the leaf.
///
/// Examples:
///   mtls-ca needs-renewal server.crt --expiring 30d && systemctl start renew
///   mtls-ca needs-renewal api.internal:443 --expiring 33%
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A file, `-` for standard input, `host:port` or `https://host/`
    #[arg(value_name = "FILE|-|HOST:PORT")]
    input: PathBuf,
    /// Yes from this long before its end, or with this share of its lifetime left
    #[arg(long, value_name = "TIME|PERCENT", default_value = "33%")]
    expiring: Threshold,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let input = Input::of(&args.input);
    args.server.check(std::slice::from_ref(&input))?;
    let seen = input.look_inside(&args.server, &args.passphrase, context)?;
    let Some(report) = deciding(&seen.items) else {
        let message = format!("there is no certificate in `{}`", seen.place);
        return Err(Failure::new(Exit::Failed, "no_certificate", message)
            .hint(format!("mtls-ca inspect {}", typed_path(&seen.place))));
    };
    let renewal = needs_renewal(&report.certificate, args.expiring, context.now);
    let (word, when) = if renewal.due { ("yes", "due since") } else { ("no", "due from") };
    let text = format!("{word}: {} {}, {when} {}\n", report.title(), renewal.validity.words, renewal.due_from);
    let json = json!({
        "input": seen.place,
        "subject": report.subject.rfc4514,
        "serial": report.serial,
        "threshold": args.expiring.to_string(),
        "renewal": renewal,
    });
    let answer = Answer::new(text, json);
    Ok(if renewal.due { answer } else { Answer { exit: Exit::No, ..answer } })
}
