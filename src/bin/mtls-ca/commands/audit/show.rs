//! `mtls-ca audit show`: the events.

use std::collections::VecDeque;

use mtls_ca::audit::filter::{Filter, Since};
use mtls_ca::audit::record::Record;
use mtls_ca::authority::Access;
use serde_json::{Value, json};

use super::wanted;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Show the events, the oldest first
///
/// Examples:
///   mtls-ca audit show --since 7d
///   mtls-ca audit show --user alice --action revoke --json
///   mtls-ca audit show --object 4f0c11… --limit 5
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only those since: 7d ago, event 120, or 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME|SEQ")]
    since: Option<Since>,
    /// Only those of this account: alice, or alice@ca-1
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only this action: issue, revoke, build_crl, …
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only those about this serial number, subject or SHA-256
    #[arg(long, value_name = "SERIAL")]
    object: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let Args { since, user, action, object, limit } = args;
    let ca = context.open(Access::Read)?;
    let filter = Filter { since: *since, user: user.clone(), action: action.clone(), object: object.clone() };
    let mut kept: VecDeque<Record> = VecDeque::new();
    let mut count = 0_usize;
    wanted(&ca, &filter, context, |record| {
        count += 1;
        kept.push_back(record);
        if kept.len() > *limit {
            kept.pop_front();
        }
    })?;
    let events: Vec<Value> = kept.iter().map(view::audit::event_json).collect();
    let text = view::audit::table(kept.iter(), context.style);
    let answer = Answer::new(text, json!({ "events": events, "matching": count }));
    Ok(match count.checked_sub(kept.len()) {
        Some(older @ 1..) => answer.notice(format!("{older} older events are not shown; see --limit and --since")),
        _ if count == 0 => answer.notice("no event fits"),
        _ => answer,
    })
}
