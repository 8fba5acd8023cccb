//! CRLs of this CA: what was built, and where each generation stands.

use mtls_ca::authority::{AboveState, CrlState};
use mtls_ca::examine::inspect::validity::span;
use mtls_ca::ledger::CrlRecord;
use serde_json::{Value, json};

use crate::context::Context;
use crate::view;

/// CRLs that were built.
pub fn built(records: &[CrlRecord], context: &Context) -> String {
    let one = |record: &CrlRecord| {
        let rows = [
            ("number", record.number.to_string()),
            ("revoked", count(record.entries)),
            ("next", until(record, context)),
        ];
        format!("CRL of {}\n{}", record.issuer, view::rows(&rows, context.style))
    };
    records.iter().map(one).collect()
}

fn until(record: &CrlRecord, context: &Context) -> String {
    let left = record.next_update.seconds_since(context.now.time());
    match left {
        0.. => format!("due by {} (in {})", record.next_update, span(left)),
        _ => format!("was due by {} ({} ago)", record.next_update, span(left)),
    }
}

fn count(entries: u64) -> String {
    match entries {
        1 => "1 certificate".to_owned(),
        many => format!("{many} certificates"),
    }
}

/// Where every generation and the CAs above stand.
pub fn states(own: &[CrlState], above: &[AboveState], context: &Context) -> String {
    let mut text = String::new();
    for state in own {
        let mut rows = vec![("issuer", state.subject.clone())];
        match &state.last {
            Some(last) => rows.extend([
                ("number", last.number.to_string()),
                ("made", last.this_update.to_string()),
                ("next", until(last, context)),
                ("revoked", count(last.entries)),
            ]),
            None => rows.push(("number", "none was built yet".to_owned())),
        }
        if state.pending > 0 {
            rows.push(("missing", format!("{} changes since", state.pending)));
        }
        if let (Some(published), Some(_)) = (state.published, &state.last) {
            rows.push(("published", if published { "yes" } else { "no" }.to_owned()));
        }
        text.push_str(&format!("CRL of {}\n{}", state.issuer, view::rows(&rows, context.style)));
    }
    for state in above {
        let mut rows = vec![("issuer", state.subject.clone())];
        match (state.this_update, state.next_update) {
            (Some(this), Some(next)) => rows.extend([("made", this.to_string()), ("next", next.to_string())]),
            _ => rows.push(("number", "none was imported yet".to_owned())),
        }
        text.push_str(&format!("CRL of a CA above {}\n{}", state.above, view::rows(&rows, context.style)));
    }
    text
}

pub fn records(records: &[CrlRecord]) -> Value {
    records.iter().map(record).collect()
}

fn record(record: &CrlRecord) -> Value {
    json!(record)
}
