//! A certificate revocation list for people.

use mtls_ca::examine::inspect::crl::{CrlReport, EntryReport, Freshness};
use owo_colors::OwoColorize;

use super::{LABELS, count, extensions};
use crate::output::Style;
use crate::view::fields::Fields;

pub(super) fn fields(number: &str, report: &CrlReport, style: Style) -> Fields {
    let kind = if report.delta { "Delta CRL of" } else { "CRL of" };
    let issuer = report.issuer.common_name.as_deref().unwrap_or(&report.issuer.rfc4514);
    let mut fields = Fields::new(style, &format!("{number}{kind} {issuer}"), LABELS);
    fields.field("issuer", &report.issuer.rfc4514);
    fields.field("number", &report.number.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string));
    fields.painted("freshness", &freshness(report, style));
    let next = report.next_update.map_or_else(|| "open end".to_owned(), |time| time.to_string());
    fields.field("", &format!("{} to {next}", report.this_update));
    fields.field("revoked", &count(report.entry_count, "certificate"));
    if report.reasons.len() > 1 || !report.reasons.contains_key("unspecified") && !report.reasons.is_empty() {
        let reasons: Vec<String> = report.reasons.iter().map(|(reason, number)| format!("{reason} {number}")).collect();
        fields.field("reasons", &reasons.join(", "));
    }
    if !report.first_entries.is_empty() {
        let mut lines: Vec<String> = report.first_entries.iter().map(entry).collect();
        if report.entry_count > lines.len() {
            lines.push(format!("and {} more", report.entry_count - lines.len()));
        }
        fields.list("entries", lines.iter().map(String::as_str));
    }
    fields.field("signature", &report.signature_algorithm);
    fields.painted("SHA-256", &report.sha256.hex);
    extensions(&mut fields, &report.extensions, style);
    fields
}

fn entry(report: &EntryReport) -> String {
    let since = report.invalid_since.map(|time| format!(", bad since {time}")).unwrap_or_default();
    format!("{} {} {}{since}", report.serial, report.revoked_at, report.reason)
}

fn freshness(report: &CrlReport, style: Style) -> String {
    let words = &report.freshness_words;
    match report.freshness {
        _ if !style.color => words.clone(),
        Freshness::Fresh => words.green().to_string(),
        Freshness::NoNextUpdate => words.yellow().to_string(),
        Freshness::Stale | Freshness::NotYetValid => words.red().bold().to_string(),
    }
}
