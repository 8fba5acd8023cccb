//! What became of certificates that were to be revoked or released.

use mtls_ca::ledger::{Entry, Released, RevokeOutcome};
use serde_json::{Value, json};

use crate::context::Context;
use crate::view;

/// One certificate, and what became of it, in a word.
pub struct Fate {
    pub entry: Entry,
    pub outcome: &'static str,
}

impl Fate {
    pub fn revoked(entry: Entry, outcome: RevokeOutcome) -> Self {
        let outcome = match outcome {
            RevokeOutcome::Done => "revoked",
            RevokeOutcome::Already(_) => "already_revoked",
            RevokeOutcome::Changed(_) => "reason_changed",
        };
        Self { entry, outcome }
    }

    pub fn released(entry: Entry, outcome: Released) -> Self {
        let outcome = match outcome {
            Released::Done => "released",
            Released::Already => "not_revoked",
        };
        Self { entry, outcome }
    }

    /// One that would be.
    pub fn preview(entry: Entry) -> Self {
        Self { entry, outcome: "preview" }
    }

    fn words(&self) -> String {
        let revoked = self.entry.revocation.map(|it| format!("{} ({})", it.revoked_at, it.reason)).unwrap_or_default();
        match self.outcome {
            "already_revoked" => format!("was revoked already, at {revoked}"),
            "reason_changed" => format!("was revoked already, and has another reason now: {revoked}"),
            "released" => "released: it holds again".to_owned(),
            "not_revoked" => "is not revoked".to_owned(),
            _ => revoked,
        }
    }
}

pub fn text(fates: &[Fate], context: &Context) -> String {
    let line = |fate: &Fate| {
        let row = view::entry::Row::of(&fate.entry, context);
        [row.serial, row.name, row.profile, row.expires, fate.words()]
    };
    if fates.is_empty() {
        return String::new();
    }
    view::table::table(["serial", "name", "profile", "expires", "revoked"], fates.iter().map(line), context.style)
}

pub fn json(fates: &[Fate], context: &Context) -> Value {
    let one = |fate: &Fate| json!({ "outcome": fate.outcome, "certificate": view::entry::json(&fate.entry, context) });
    fates.iter().map(one).collect()
}

/// How many other certificates are named that are still good for the same names.
const NAMED: usize = 8;

/// Others that are still good for the same names.
pub fn still_valid(entries: &[Entry], context: &Context) -> Option<String> {
    named("still valid for the same names:", entries, context)
}

/// Others whose key is known to whoever has that of the revoked ones.
pub fn same_key(entries: &[Entry], context: &Context) -> Option<String> {
    let lines = named("still valid with the same key, which others have:", entries, context)?;
    let serials: String = entries.iter().take(NAMED).map(|entry| format!(" {}", entry.serial)).collect();
    let command = context.typed(&format!("mtls-ca revoke{serials} --reason keyCompromise"));
    Some(format!("{lines}\n      hint: {command}"))
}

fn named(what: &str, entries: &[Entry], context: &Context) -> Option<String> {
    let first = entries.iter().take(NAMED).map(|entry| {
        let row = view::entry::Row::of(entry, context);
        format!("\n      {}  {}, expires {}", row.serial, row.name, row.expires)
    });
    let more = entries.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("\n      and {more} more") } else { String::new() };
    let lines: String = first.collect();
    (!entries.is_empty()).then(|| format!("{what}{lines}{more}"))
}
