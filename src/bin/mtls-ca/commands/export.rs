//! `mtls-ca export`: a certificate, or this CA, in the form that a system reads.

use std::path::PathBuf;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::layout::{LayoutArgs, Request};
use crate::output::Answer;

/// Write the files that a system reads
///
/// Without a certificate it is this CA that is handed over, with its key, to a system that signs.
///
/// Examples:
///   mtls-ca export tls/api.internal.crt --layout certbot --out live/api.internal
///   mtls-ca export tls/api.internal.crt --layout kubernetes --namespace shop --out -
///   mtls-ca --ca-dir mesh export --layout istio --out cacerts
///   mtls-ca --ca-dir mesh export --layout linkerd --out linkerd
///   mtls-ca export --layout kubeadm --out k8s --control-plane cp-1 --san 10.0.0.11
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A certificate's file, a folder of `--deliver`, a serial number, a fingerprint or a name
    #[arg(value_name = "FILE|SERIAL|NAME")]
    which: Option<String>,
    #[command(flatten)]
    layout: LayoutArgs,
    /// The certificate's key; else the file beside it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// The folder, made where it is missing; a file that ends in .yaml, or `-`, gets a document of Kubernetes
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// Replace files that are there already; a key never is
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let Some(system) = args.layout.layout else {
        return Err(Failure::usage("export needs a layout").hint("--layout certbot"));
    };
    let request = Request {
        system,
        args: &args.layout,
        which: args.which.as_deref(),
        key: args.key.as_deref(),
        key_passphrase_file: args.key_passphrase_file.as_deref(),
        out: args.out.as_deref(),
        force: args.force,
        passphrase: &args.passphrase,
    };
    request.run(context)
}
