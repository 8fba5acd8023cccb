//! The audit log: events, reports, checkpoints, and whether it is whole.

use std::path::Path;

use mtls_ca::audit::chain::Head;
use mtls_ca::audit::checkpoint::Checkpoint;
use mtls_ca::audit::record::Record;
use mtls_ca::audit::report::{Counts, Report};
use mtls_ca::authority::LogState;
use serde_json::{Value, json};

use crate::output::Style;
use crate::view;
use crate::view::table::table as table_of;

/// Events as a table.
pub fn table<'a>(records: impl Iterator<Item = &'a Record>, style: Style) -> String {
    let mut rows = records.map(|record| {
        let result = match record.why() {
            Some(why) => format!("{}: {why}", record.outcome),
            None => record.outcome.clone(),
        };
        let who = match record.who() {
            (who, Some(job)) => format!("{who} ({job})"),
            (who, None) => who,
        };
        [
            record.seq.to_string(),
            record.time.to_string(),
            who,
            record.command.clone(),
            record.action.clone(),
            record.about(),
            result,
        ]
    });
    let Some(first) = rows.next() else { return String::new() };
    let heading = ["seq", "time", "who", "command", "action", "object", "result"];
    table_of(heading, std::iter::once(first).chain(rows), style)
}

/// An event as it stands, with its number.
pub fn event_json(record: &Record) -> Value {
    json!({ "seq": record.seq, "event": record.event() })
}

pub fn head_json(head: Head) -> Value {
    json!({ "seq": head.seq, "hash": head.hash })
}

pub fn report(report: &Report, style: Style) -> String {
    let Report { events, by, other_actions, bursts } = report;
    if *events == 0 {
        return "nothing was done\n".to_owned();
    }
    let rows = by.iter().map(|line| {
        let Counts { issued, refused, revoked, failed_unlocks, other } = line.counts;
        let counts = [issued, refused, revoked, failed_unlocks, other].map(|count| count.to_string());
        let [issued, refused, revoked, failed_unlocks, other] = counts;
        [line.who.clone(), line.ci_job.clone().unwrap_or_default(), issued, refused, revoked, failed_unlocks, other]
    });
    let mut text = table_of(["who", "job", "issued", "refused", "revoked", "failed unlocks", "other"], rows, style);
    if !other_actions.is_empty() {
        let counted: Vec<String> = other_actions.iter().map(|(action, count)| format!("{action} {count}")).collect();
        text.push_str(&format!("\nother   {}\n", counted.join(", ")));
    }
    for burst in bursts {
        let what = burst.what.replace('_', " ");
        let usual = match burst.usual {
            0 => "never before".to_owned(),
            usual => format!("usually {usual}"),
        };
        text.push_str(&format!(
            "burst   {} {what} in the hour from {} by {} ({usual})\n",
            burst.count, burst.hour, burst.who
        ));
    }
    text
}

pub fn checkpoint(checkpoint: &Checkpoint, out: Option<&Path>, style: Style) -> String {
    let Head { seq, hash } = checkpoint.statement.head;
    let signer = checkpoint.certificates.first();
    let mut rows = vec![
        ("events", seq.to_string()),
        ("hash", hash.to_string()),
        ("time", checkpoint.statement.time.to_string()),
        ("signed by", signer.map_or(String::new(), |signer| signer.subject().rfc4514())),
    ];
    if let Some(out) = out {
        rows.push(("file", out.display().to_string()));
    }
    format!("checkpoint of the audit log\n{}", view::rows(&rows, style))
}

pub fn state(state: &LogState, style: Style) -> String {
    let LogState { head, first, checkpoints, vouched, findings } = state;
    let mut rows = vec![("events", format!("{first} to {}", head.seq)), ("hash", head.hash.to_string())];
    rows.push(("checkpoints", checkpoints.to_string()));
    rows.push((
        "vouched for",
        match vouched {
            Some((seq, time)) => format!("up to event {seq}, at {time}"),
            None => "nothing yet: mtls-ca audit checkpoint".to_owned(),
        },
    ));
    let heading = match findings.first() {
        None => "the audit log is whole",
        Some(foreign) if foreign.code == "audit.checkpoint_foreign" => "the audit log was not looked at",
        Some(_) => "the audit log is not whole",
    };
    let told: String = findings.iter().map(|finding| format!("{}\n", view::finding::line(finding, style))).collect();
    format!("{heading}\n{}{told}", view::rows(&rows, style))
}

pub fn state_json(state: &LogState) -> Value {
    let LogState { head, first, checkpoints, vouched, findings } = state;
    json!({
        "whole": findings.is_empty(),
        "first": first,
        "head": head_json(*head),
        "checkpoints": checkpoints,
        "vouched_seq": vouched.map(|(seq, _)| seq),
        "vouched_at": vouched.map(|(_, time)| time),
        "findings": findings,
    })
}
