//! `mtls-ca crl`: lists of what was revoked.

mod build;
mod import;
mod refresh;
mod set;
mod show;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// Build, refresh, show, import and collect CRLs
///
/// Examples:
///   mtls-ca crl build                      of every generation of this CA
///   mtls-ca crl refresh --expiring 50%     for cron: builds what is due, else nothing
///   mtls-ca crl show                       where each CRL stands
///   mtls-ca crl import root.crl            the CRL of a CA above this one
///   mtls-ca crl set --out crls.pem         what NGINX, Apache and HAProxy want: all of them
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Build(build::Args),
    Refresh(refresh::Args),
    Show(show::Args),
    Import(import::Args),
    Set(set::Args),
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.what {
        What::Build(args) => build::run(args, context),
        What::Refresh(args) => refresh::run(args, context),
        What::Show(args) => show::run(args, context),
        What::Import(args) => import::run(args, context),
        What::Set(args) => set::run(args, context),
    }
}
