//! A certificate as the ledger knows it.

use mtls_ca::examine::inspect::validity::{ValidityReport, span};
use mtls_ca::ledger::{Entry, State};
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::validity::Standing;
use serde_json::{Value, json};

use crate::context::Context;

/// One line of a table.
pub struct Row {
    pub serial: String,
    pub name: String,
    pub profile: String,
    pub status: String,
    pub expires: String,
}

impl Row {
    pub fn of(entry: &Entry, context: &Context) -> Self {
        let expires = entry.not_after.map(|not_after| {
            let left = not_after.seconds_since(context.now.time());
            let words = if left < 0 { format!("{} ago", span(left)) } else { format!("in {}", span(left)) };
            format!("{not_after} ({words})")
        });
        Self {
            serial: entry.serial.to_string(),
            name: escaped(&title(entry)),
            profile: entry
                .profile
                .clone()
                .unwrap_or_else(|| if is_lost(entry) { "(not on disk)" } else { "" }.to_owned()),
            status: status(entry, context).to_owned(),
            expires: expires.unwrap_or_default(),
        }
    }
}

/// Whether it was imported without its certificate, which was not among the files.
pub const fn is_lost(entry: &Entry) -> bool {
    entry.origin.is_some() && entry.fingerprint.is_none()
}

/// Where an imported certificate comes from, and what is not known of it.
pub fn origin(entry: &Entry) -> Option<String> {
    let lost = if is_lost(entry) { ", certificate not on disk" } else { "" };
    entry.origin.as_ref().map(|origin| format!("imported from {origin}{lost}"))
}

/// The common name, else the first other name, else the subject.
fn title(entry: &Entry) -> String {
    let common = entry.names.iter().find(|name| name.kind == "cn");
    let first = common.or_else(|| entry.names.first()).map(|name| name.value.clone());
    first.or_else(|| entry.subject.clone()).unwrap_or_default()
}

/// `valid`, `expired`, `not_yet_valid`, `pending`, `abandoned` or `revoked`.
pub fn status(entry: &Entry, context: &Context) -> &'static str {
    match entry.state {
        State::Pending => "pending",
        State::Abandoned => "abandoned",
        State::Revoked => "revoked",
        State::Issued => match entry.validity.map(|validity| validity.standing(context.now)) {
            Some(Standing::Expired) => "expired",
            Some(Standing::NotYetValid) => "not_yet_valid",
            None if entry.not_after.is_some_and(|end| end < context.now.time()) => "expired",
            Some(Standing::Valid) | None => "valid",
        },
    }
}

fn names(entry: &Entry) -> Vec<String> {
    entry.names.iter().map(|name| format!("{}:{}", name.kind, name.value)).collect()
}

pub fn json(entry: &Entry, context: &Context) -> Value {
    let validity = entry.validity.map(|validity| ValidityReport::of(validity, context.now));
    let alternative: Vec<String> = entry
        .names
        .iter()
        .filter(|name| name.kind != "cn")
        .map(|name| format!("{}:{}", name.kind, escaped(&name.value)))
        .collect();
    json!({
        "serial": entry.serial,
        "status": status(entry, context),
        "subject": entry.subject,
        "names": alternative,
        "profile": entry.profile,
        "issuer": entry.issuer.to_string(),
        "requester": entry.requester,
        "origin": entry.origin.as_deref().map(escaped),
        "has_certificate": entry.fingerprint.is_some(),
        "issued_at": entry.reserved_at,
        "not_before": validity.as_ref().map(|validity| validity.not_before),
        "not_after": entry.not_after,
        "seconds_left": entry.not_after.map(|not_after| not_after.seconds_since(context.now.time())),
        "sha256": entry.fingerprint,
        "spki_sha256": entry.public_key,
        "revoked_at": entry.revocation.as_ref().map(|revocation| revocation.revoked_at),
        "reason": entry.revocation.as_ref().map(|revocation| revocation.reason),
    })
}

/// The fields of a CSV line.
pub fn fields(entry: &Entry, context: &Context) -> [String; 9] {
    let or_empty = |text: &Option<String>| text.as_deref().map(escaped).unwrap_or_default();
    [
        entry.serial.to_string(),
        status(entry, context).to_owned(),
        or_empty(&entry.subject),
        escaped(&names(entry).join(" ")),
        or_empty(&entry.profile),
        entry.validity.map_or(String::new(), |validity| validity.not_before.to_string()),
        entry.not_after.map_or(String::new(), |not_after| not_after.to_string()),
        or_empty(&entry.requester),
        entry.fingerprint.map_or(String::new(), |fingerprint| fingerprint.to_string()),
    ]
}
