//! `mtls-ca export`: a certificate, or this CA, in the form that a system reads.

use std::path::PathBuf;

use mtls_ca::bundle::layout::System;

use crate::context::{Context, PassphraseArgs};
use crate::export::{self, MaterialArgs};
use crate::failure::Failure;
use crate::formats::FormatArgs;
use crate::layout::{LayoutArgs, Request};
use crate::output::Answer;

/// Write the files that a system reads
///
/// Without a certificate it is this CA that is handed over, with its key, to a system that signs.
///
/// Examples:
///   mtls-ca export api.internal.crt --format pkcs12 --make-store-password api.pw
///   mtls-ca export api.internal --key api.key --format combined --out /etc/haproxy/api.pem
///   mtls-ca export old.p12 --passphrase-file old.pw --format fullchain --format key --out pem/
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
    #[command(flatten)]
    formats: FormatArgs,
    #[command(flatten)]
    material: MaterialArgs,
    /// A file, a directory for several forms, or `-`; else NAME.p12 and the like. With a layout the
    /// folder, made where it is missing; a file that ends in .yaml, or `-`, gets a document of Kubernetes
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
        let (which, out) = (args.which.as_deref(), args.out.as_deref());
        let Args { formats, material, force, passphrase, .. } = args;
        return export::Request { formats, which, material, out, force: *force, passphrase }.run(context);
    };
    args.without_formats(system)?;
    let request = Request {
        system,
        args: &args.layout,
        which: args.which.as_deref(),
        key: args.material.key.as_deref(),
        key_passphrase_file: args.material.key_passphrase_file.as_deref(),
        out: args.out.as_deref(),
        force: args.force,
        passphrase: &args.passphrase,
    };
    request.run(context)
}

impl Args {
    /// An error where an option of forms was given together with a layout.
    fn without_formats(&self, system: System) -> Result<(), Failure> {
        let given = [
            (!self.formats.formats.is_empty(), "--format"),
            (self.formats.alias.is_some(), "--alias"),
            (self.formats.password.is_given(), "a store's password"),
            (!self.material.chain.is_empty(), "--chain"),
            (!self.material.ca.is_empty(), "--ca"),
        ];
        match given.into_iter().find(|(given, _)| *given) {
            Some((_, option)) => Err(Failure::usage(format!("`{option}` has no effect with `--layout {system}`"))),
            None => Ok(()),
        }
    }
}
