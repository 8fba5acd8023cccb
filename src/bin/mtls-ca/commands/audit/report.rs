//! `mtls-ca audit report`: who did what, and what was unusual.

use mtls_ca::audit::filter::{Filter, Since};
use mtls_ca::audit::report::Reporter;
use mtls_ca::authority::Access;
use serde_json::json;

use super::wanted;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Sum up what was issued, refused and revoked, by whom, and what was unusual
///
/// A burst is an hour in which an account did at least --burst of a kind, and more than three times as
/// many as in its average hour before the period.
///
/// Examples:
///   mtls-ca audit report --since 7d
///   mtls-ca audit report --since 2027-01-01 --burst 50 --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Since: 7d ago, event 120, or 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME|SEQ", default_value = "7d")]
    since: Since,
    /// From how many in an hour on it may be a burst
    #[arg(long, value_name = "N", default_value_t = 10)]
    burst: u64,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let mut reporter = Reporter::new(args.since, context.now, args.burst);
    wanted(&ca, &Filter::default(), context, |record| reporter.take(&record))?;
    let report = reporter.finish();
    let since = args.since.moment(context.now);
    let json = json!({ "since": since, "until": context.now.time(), "report": report });
    Ok(Answer::new(view::audit::report(&report, context.style), json))
}
