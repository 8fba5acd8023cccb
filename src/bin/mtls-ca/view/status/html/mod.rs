//! One page for any browser: what ends when as a picture, who certified whom as a graph, and a table
//! that can be sorted. A single file; it loads nothing and works without a server.

mod graph;
mod picture;
mod table;

use data_encoding::BASE64;
use mtls_ca::Now;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::timeline::Bucket;
use mtls_ca::authority::status::{Item, Kind, Level};
use mtls_ca::x509::fingerprint::Fingerprint;
use mtls_ca::x509::general_name::escaped;

use super::{answer, sentences};

/// Into how many columns the ends of certificates are counted.
pub const STRETCHES: u32 = 64;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The whole page.
pub fn page(report: &StatusReport, ends: &[Bucket], now: Now) -> String {
    let authority = text(&escaped(&report.authority));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Status of {authority}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><div><p class=\"over\">Certificate authority</p><h1>{authority}</h1>\n\
         <p class=\"soft\">As of <time datetime=\"{at}\">{at}</time> · window {window}</p></div>\n{answer}</header>\n\
         {tiles}\
         <section><h2>What ends when</h2>\
         <p>Each bar runs from now to its end. Days, months and years have room on one scale.</p>\n\
         <div class=\"picture\">{picture}</div></section>\n\
         <section><h2>Who certified whom</h2>\
         <p>From the roots that peers trust to the certificates that are in use.</p>\n\
         <div class=\"picture\">{graph}</div></section>\n\
         {table}\
         <footer><p>{sentences}</p></footer>\n\
         </main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        policy = policy(),
        at = report.at,
        window = report.window,
        answer = badge(report),
        tiles = tiles(report),
        picture = picture::svg(report, ends, now),
        graph = graph::svg(report),
        table = table::section(report, now),
        sentences = text(&sentences(report).join(" ")),
    )
}

/// Nothing may be loaded, and of scripts and styles only the two of this page.
fn policy() -> String {
    let digest = |content: &str| BASE64.encode(Fingerprint::of(content.as_bytes()).octets());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn badge(report: &StatusReport) -> String {
    let words = answer(report);
    let class = if report.asking() == 0 { Level::Fine } else { report.level() };
    let (first, rest) = words.split_at(1);
    format!("<p class=\"answer {}\">{}{rest}</p>", class.word(), first.to_uppercase())
}

fn tiles(report: &StatusReport) -> String {
    let next = |kinds: &[Kind]| {
        let ends = report.items.iter().filter(|item| kinds.contains(&item.kind));
        let first = ends.filter(|item| item.end().is_some_and(|end| end >= report.at)).min_by_key(|item| item.end());
        first.map_or_else(|| "–".to_owned(), |item| left(item, report))
    };
    let counts = &report.leaves;
    let tiles = [
        (counts.live.to_string(), "live certificates"),
        (counts.inside_window.to_string(), "of them end inside the window"),
        (counts.superseded.to_string(), "superseded, still valid"),
        (next(&[Kind::Leaf]), "until the next certificate ends"),
        (next(&[Kind::Crl, Kind::CrlAbove]), "until the next CRL is stale"),
        (next(&[Kind::Root, Kind::Intermediate]), "until the next CA ends"),
    ];
    let tile = |(number, words): &(String, &str)| {
        format!("<div class=\"tile\"><b>{}</b><span>{words}</span></div>\n", text(number))
    };
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.iter().map(tile).collect::<String>())
}

/// How long an item has, in one number and unit: `23 days`.
fn left(item: &Item, report: &StatusReport) -> String {
    let seconds = item.end().map_or(0, |end| end.seconds_since(report.at));
    mtls_ca::examine::inspect::validity::span(seconds)
}

/// Text between tags and within quoted attributes.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

/// At most so many characters, with an ellipsis where there were more; escaped.
fn short(value: &str, most: usize) -> String {
    match value.char_indices().nth(most) {
        Some((end, _)) => text(&format!("{}…", value.split_at(end).0)),
        None => text(value),
    }
}
