//! `mtls-ca crl build`: new CRLs, now.

use mtls_ca::authority::{Access, Authority};
use mtls_ca::store::layout::IssuerNumber;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::rebuild::{self, RebuildArgs};
use crate::view;

/// Build the CRL of every generation, and bring them out
///
/// Each is complete, has a new number, and is written to issuers/gN/crl.der and crl.pem, and to the
/// directory of `[publish] dir` of ca.toml.
///
/// Examples:
///   mtls-ca crl build
///   mtls-ca crl build --generation g1 --crl-lifetime 30d
///   mtls-ca crl build --publish-exec systemctl reload nginx
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only of this generation: g1
    #[arg(long, value_name = "GENERATION")]
    generation: Option<IssuerNumber>,
    #[command(flatten)]
    rebuild: RebuildArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = Authority::open(&context.global.ca_dir, Access::Sign, context.patience())?;
    let states = ca.crl_states(context.now)?;
    let wanted: Vec<IssuerNumber> = match args.generation {
        Some(issuer) => vec![issuer],
        None => states.iter().filter(|state| state.needed).map(|state| state.issuer).collect(),
    };
    if wanted.is_empty() {
        return Err(Failure::new(Exit::Failed, "not_needed", "every certificate of this CA has ended")
            .hint("make a new CA: mtls-ca init"));
    }
    let records = rebuild::crls(&mut ca, &wanted, &args.rebuild, context)?;
    Ok(answer(&ca, &records, context))
}

/// What was built, with what there is to say of all CRLs.
pub(super) fn answer(ca: &Authority, records: &[mtls_ca::ledger::CrlRecord], context: &Context) -> Answer {
    let above = ca.crl_states_above(context.now).unwrap_or_default();
    let missing = above.into_iter().flat_map(|state| state.findings).filter(|f| f.code == "crl.foreign_missing");
    let missing: Vec<mtls_ca::Finding> = missing.collect();
    Answer::new(view::crl::built(records, context), json!({ "built": view::crl::records(records) }))
        .notices(view::findings(&missing))
        .notices(view::findings(&ca.warnings(context.now)))
}
