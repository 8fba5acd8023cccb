//! What `inspect` found, as text for people.

mod certificate;
mod crl;
mod key;
mod request;
pub mod server;
pub mod short;

use mtls_ca::examine::inspect::extension::{ExtensionReport, Reading};
use mtls_ca::examine::inspect::store::StoreReport;
use mtls_ca::examine::inspect::{Content, Item};
use owo_colors::OwoColorize;

use super::{fields::Fields, finding};
use crate::output::Style;

/// Characters of the longest label, `key SHA-256`.
const LABELS: usize = 12;

/// Values of a list that are shown; the rest is counted.
const SHOWN: usize = 20;

/// All items, each a block, an empty line between.
pub fn text(items: &[Item], style: Style) -> String {
    let several = items.len() > 1;
    let block = |(n, item): (usize, &Item)| {
        let number = if several { format!("{}. ", n + 1) } else { String::new() };
        one(&number, item, style)
    };
    items.iter().enumerate().map(block).collect::<Vec<_>>().join("\n")
}

fn one(number: &str, item: &Item, style: Style) -> String {
    let mut fields = match &item.content {
        Content::Certificate(report) => certificate::fields(number, report, style),
        Content::Request(report) => request::fields(number, report, style),
        Content::Crl(report) => crl::fields(number, report, style),
        Content::PrivateKey(report) => key::private(number, report, style),
        Content::PublicKey(report) => key::public(number, report, style),
        Content::Pkcs7 { certificates, crls } => {
            let counted =
                format!("{number}PKCS#7 with {}, {}", count(*certificates, "certificate"), count(*crls, "CRL"));
            Fields::new(style, &counted, LABELS)
        }
        Content::KeyStore(report) => {
            let mut fields = Fields::new(style, &format!("{number}{}", store_words(report)), LABELS);
            if let Some(mac) = &report.mac {
                fields.field("mac", mac);
            }
            for encryption in &report.encryption {
                fields.field("encryption", encryption);
            }
            if !report.opened {
                fields.painted("to list it", "mtls-ca inspect FILE --passphrase-file FILE");
            }
            fields
        }
        Content::Other { what, hint } => {
            let mut fields = Fields::new(style, &format!("{number}{what}"), LABELS);
            if let Some(hint) = hint {
                fields.painted("to list it", hint);
            }
            fields
        }
        Content::Unreadable { what, reason } => {
            let mut fields = Fields::new(style, &format!("{number}{what}, not readable"), LABELS);
            fields.field("because", reason);
            fields
        }
    };
    for remark in &item.remarks {
        fields.remark(&finding::line(remark, style));
        if let Some(hint) = &remark.hint {
            fields.remark(&format!("  hint: {hint}"));
        }
    }
    fields.finish()
}

/// `1 certificate`, `2 certificates`.
/// A store in a few words.
fn store_words(report: &StoreReport) -> String {
    let name = report.store.words();
    match (report.keys, report.trusted) {
        (Some(keys), Some(trusted)) => {
            format!("{name} with {}, {}", count(keys, "private key"), count(trusted, "other certificate"))
        }
        _ => format!("{name}, closed"),
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The values of a list, no more than a person reads, and how many were left out.
fn some<T: ToString>(values: &[T]) -> Vec<String> {
    let mut shown: Vec<String> = values.iter().take(SHOWN).map(T::to_string).collect();
    if values.len() > SHOWN {
        shown.push(format!("and {} more", values.len() - SHOWN));
    }
    shown
}

/// Extensions, one to a line: name, whether critical, what it says.
fn extensions(fields: &mut Fields, reports: &[ExtensionReport], style: Style) {
    let lines: Vec<String> = reports.iter().map(extension).collect();
    if reports.is_empty() {
        return;
    }
    fields.list("extensions", some(&lines).iter().map(String::as_str));
    for report in reports.iter().filter(|report| report.reading == Reading::Malformed).take(SHOWN) {
        let name = report.name.unwrap_or_else(|| report.oid.dotted());
        let word = if style.color { "error:".red().bold().to_string() } else { "error:".to_owned() };
        fields.remark(&format!("{word} `{name}` is not well formed"));
    }
}

fn extension(report: &ExtensionReport) -> String {
    const LONGEST: usize = 400;
    let name = report.name.unwrap_or_else(|| report.oid.dotted());
    let critical = if report.critical { ", critical" } else { "" };
    match report.text.char_indices().nth(LONGEST) {
        Some((cut, _)) => {
            let head = report.text.get(..cut).unwrap_or_default();
            format!("{name}{critical}: {head}… (cut; `--json` has all of it)")
        }
        None => format!("{name}{critical}: {}", report.text),
    }
}
