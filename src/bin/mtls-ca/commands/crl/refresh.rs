//! `mtls-ca crl refresh`: new CRLs where they are due.

use mtls_ca::Threshold;
use mtls_ca::authority::{Access, Authority, CrlDue, CrlState};
use mtls_ca::store::layout::IssuerNumber;

use super::build::answer;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::rebuild::{self, RebuildArgs};

/// Build those CRLs that are due, for cron and timers
///
/// A CRL is due when it has less life left than --expiring says, when it does not have the latest
/// revocations, or when there is none yet. Where nothing is due, nothing is done, and the exit code is 0.
///
/// Examples:
///   mtls-ca crl refresh --expiring 50%
///   mtls-ca crl refresh --expiring 2d --publish-exec systemctl reload nginx
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// With so much of its life left a CRL is due: 12h, or 50%
    #[arg(long, value_name = "TIME|PERCENT", default_value = "50%")]
    expiring: Threshold,
    #[command(flatten)]
    rebuild: RebuildArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = Authority::open(&context.global.ca_dir, Access::Sign, context.patience())?;
    let states = ca.crl_states(context.now)?;
    let due = |state: &&CrlState| state.due(args.expiring, context.now) == CrlDue::Now;
    let wanted: Vec<IssuerNumber> = states.iter().filter(due).map(|state| state.issuer).collect();
    let records = rebuild::crls(&mut ca, &wanted, &args.rebuild, context)?;
    let later = states.iter().filter_map(|state| match state.due(args.expiring, context.now) {
        CrlDue::Later(moment) => Some(format!("the CRL of `{}` is not due until {moment}", state.issuer)),
        CrlDue::Now | CrlDue::NotNeeded => None,
    });
    Ok(answer(&ca, &records, context).notices(later))
}
