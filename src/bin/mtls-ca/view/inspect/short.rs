//! What `inspect` found in one line each, and a folder's certificates as a table.

use mtls_ca::Time;
use mtls_ca::examine::inspect::glance::Glance;
use mtls_ca::examine::inspect::{Content, Item};
use mtls_ca::x509::general_name::escaped;

use crate::output::Style;
use crate::view;

/// A thing in a few words, and where it was found.
pub struct Row {
    place: String,
    summary: Summary,
}

/// What a line says of this thing.
pub fn row(place: &str, item: &Item) -> Row {
    Row { place: place.to_owned(), summary: summary(item) }
}

/// What a line says of a certificate.
pub fn row_of(place: &str, glance: Glance) -> Row {
    Row { place: place.to_owned(), summary: of_certificate(glance) }
}

/// What a line says of what could not be read.
pub fn row_of_missed(place: &str, why: &str) -> Row {
    let summary = Summary { kind: "not read", title: why.to_owned(), ends: String::new(), end: None };
    Row { place: place.to_owned(), summary }
}

/// One line each, in the order of the input: place, kind, title, end.
pub fn lines(rows: &[Row]) -> String {
    rows.iter()
        .map(|Row { place, summary: Summary { kind, title, ends, .. } }| {
            let place = escaped(place);
            let parts: Vec<&str> =
                [place.as_str(), kind, title, ends].into_iter().filter(|part| !part.is_empty()).collect();
            format!("{}\n", parts.join("  "))
        })
        .collect()
}

/// A table, what ends first on top; what has no end last.
pub fn table(mut rows: Vec<Row>, style: Style) -> String {
    rows.sort_by_key(|row| row.summary.end.unwrap_or(Time::MAX));
    let cells = |Row { place, summary }: Row| [summary.ends, summary.kind.to_owned(), summary.title, place];
    view::table::table(["ends", "kind", "who", "file"], rows.into_iter().map(cells), style)
}

struct Summary {
    kind: &'static str,
    title: String,
    ends: String,
    end: Option<Time>,
}

fn of_certificate(Glance { title, ca, self_signed, validity }: Glance) -> Summary {
    let kind = match (ca, self_signed) {
        (true, true) => "root",
        (true, false) => "CA",
        (false, _) => "certificate",
    };
    Summary { kind, title, ends: validity.words, end: Some(validity.not_after) }
}

fn summary(item: &Item) -> Summary {
    let plain = |kind, title: String| Summary { kind, title, ends: String::new(), end: None };
    match &item.content {
        Content::Certificate(report) => of_certificate(report.glance()),
        Content::Request(report) => {
            let name = report.subject.common_name.clone().or_else(|| report.names.first().map(ToString::to_string));
            plain("request", name.unwrap_or_else(|| report.subject.rfc4514.clone()))
        }
        Content::Crl(report) => Summary {
            kind: "CRL",
            title: report.issuer.common_name.clone().unwrap_or_else(|| report.issuer.rfc4514.clone()),
            ends: report.freshness_words.clone(),
            end: report.next_update,
        },
        Content::PrivateKey(report) => {
            let words = report.public_key.as_ref().map(|key| key.words.clone()).or_else(|| report.algorithm.clone());
            let kind = if report.encrypted { "encrypted key" } else { "private key" };
            plain(kind, words.unwrap_or_else(|| report.container.words().to_owned()))
        }
        Content::PublicKey(report) => plain("public key", report.words.clone()),
        Content::Pkcs7 { certificates, crls } => {
            plain("PKCS#7", format!("{}, {}", super::count(*certificates, "certificate"), super::count(*crls, "CRL")))
        }
        Content::KeyStore(report) => plain("store", super::store_words(report)),
        Content::Other { what, .. } => plain("other", what.clone()),
        Content::Unreadable { what, reason } => plain("unreadable", format!("{what}: {reason}")),
    }
}
