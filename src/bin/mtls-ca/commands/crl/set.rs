//! `mtls-ca crl set`: the CRLs that a peer needs together.

use std::path::{Path, PathBuf};

use mtls_ca::authority::Access;
use mtls_ca::store::atomic::{self, Readers};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Collect the CRLs of every CA of every chain, the roots' included, in one PEM file
///
/// NGINX, Apache, HAProxy, Envoy and others that rest on OpenSSL refuse every client where the CRL
/// of one CA of its chain is missing or has ended. So this refuses to make such a set, and says
/// which CRL is missing and what to type.
///
/// Examples:
///   mtls-ca crl set --out /etc/nginx/crls.pem
///   mtls-ca crl set > crls.pem
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The file, replaced in one step; - or nothing for standard output
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    out: PathBuf,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let set = ca.crl_set(context.now)?;
    if args.out == Path::new("-") {
        let mut pem = Vec::new();
        let written = set.write_to(&mut pem);
        written.map_err(|error| Failure::new(Exit::Failed, "io", "cannot read the CRLs").cause(error))?;
        let json = json!({ "count": set.count(), "pem": String::from_utf8_lossy(&pem) });
        return Ok(Answer::new(String::new(), json).with_data(pem));
    }
    atomic::replace_with(&args.out, Readers::Everybody, |out| set.write_to(out))?;
    let text = format!("{} CRLs in {}\n", set.count(), view::shown(&args.out));
    Ok(Answer::new(text, json!({ "count": set.count(), "file": view::path(&args.out) })))
}
