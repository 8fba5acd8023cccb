//! `mtls-ca handshake`: why does it not work?

mod listen;
mod pair;
mod server;
mod trust;

use std::path::PathBuf;

use mtls_ca::examine::handshake::Cause;
use mtls_ca::examine::remote::Target;
use mtls_ca::store::key_log::{KeyLog, KeyLogError};
use mtls_ca::words::typed::typed_path;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::input::{Input, ServerArgs};
use crate::output::Answer;

/// Say why a mutual TLS handshake does not work, with a server or between files
///
/// A server is tried without a certificate and with yours, by TLS 1.3 and by TLS 1.2, and is spoken to
/// before it is said to accept: by TLS 1.3 refusals come late. Exit code 0 where all is well, 3 where
/// not, 1 where a file cannot be read.
///
/// Examples:
///   mtls-ca handshake api.internal:8443 --cert billing.crt --key billing.key --ca root.crt
///   mtls-ca handshake db.internal:5432 --starttls postgres --cert billing.crt --key billing.key
///   mtls-ca handshake --server-cert api.crt --server-key api.key --client-cert billing.crt --client-key billing.key --ca root.crt
///   mtls-ca handshake --listen 8443 --cert api.crt --key api.key --ca root.crt
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The server, as `host:port` or `https://host/`
    #[arg(value_name = "HOST:PORT", required_unless_present_any = ["server_cert", "listen"])]
    target: Option<Target>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    trust: trust::TrustArgs,
    /// What the server is: a system of `mtls-ca recipe`; else it is guessed from what it does
    #[arg(long = "for", value_name = "SYSTEM", requires = "target")]
    system: Option<String>,
    /// What to ask for by HTTP once the handshake is done [default: /]
    #[arg(long, value_name = "PATH", requires = "target")]
    path: Option<String>,
    /// Write the secrets of the sessions to this file (mode 0600), for Wireshark: SSLKEYLOGFILE's format
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    #[command(flatten)]
    pair: pair::PairArgs,
    #[command(flatten)]
    listen: listen::ListenArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if args.pair.is_wanted() {
        return pair::run(args, context);
    }
    match &args.target {
        Some(target) => {
            args.server.check(&[Input::Server(target.clone())])?;
            server::run(target, args, context)
        }
        None => listen::run(args, context),
    }
}

impl Args {
    /// Opens the key log, where one is wanted.
    fn key_log(&self) -> Result<Option<KeyLog>, Failure> {
        let Some(path) = &self.keylog else { return Ok(None) };
        match KeyLog::open(path) {
            Ok(log) => Ok(Some(log)),
            Err(KeyLogError::File(error)) => Err(error.into()),
            Err(error @ KeyLogError::Exposed { .. }) => {
                Err(Failure::new(Exit::Failed, "exposed_key_log", error.to_string())
                    .hint(format!("chmod 600 {}", typed_path(path))))
            }
        }
    }
}

/// The answer no, with the first cause on standard error.
fn refused(answer: Answer, headline: &str, causes: &[Cause]) -> Answer {
    let Some(cause) = causes.iter().find(|cause| cause.is_error()) else { return answer };
    let failure = Failure::new(Exit::No, cause.code, headline.replacen("NOT accepted: ", "", 1));
    let hint = cause.fix.iter().find(|line| !line.starts_with('#'));
    let failure = hint.into_iter().fold(failure, |failure, line| failure.hint(line.clone()));
    answer.refused(Exit::No, failure)
}
