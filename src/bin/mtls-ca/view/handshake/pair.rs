//! What came of putting two sets of files to each other.

use mtls_ca::examine::handshake::{RehearsalReport, Round};
use mtls_ca::examine::verify::{Check, Verdict};
use mtls_ca::x509::general_name::escaped;

use super::{causes, headline};
use crate::output::Style;
use crate::view::table::table;

/// What a reader looks for, in this order.
const LOOKED_FOR: [(&str, &str); 6] = [
    ("trust", "trust"),
    ("signature", "signature"),
    ("validity", "dates"),
    ("extended_key_usage", "role"),
    ("peer_name", "name"),
    ("revocation", "revocation"),
];

/// The verdict, what each side checked, the handshakes, and the causes.
pub fn text(report: &RehearsalReport, style: Style) -> String {
    let mut text = headline(&report.headline, report.accepted, style);
    text.push_str(&format!("\nThe client, who looks for `{}`, finds of the server:\n", escaped(&report.server_name)));
    text.push_str(&checks(&report.client_checks));
    text.push_str("\nThe server finds of the client:\n");
    text.push_str(&checks(&report.server_checks));
    text.push('\n');
    let rows = report.rounds.iter().map(|Round { protocol, client_says, server_says, words, .. }| {
        let said = |says: &Option<String>| says.clone().unwrap_or_else(|| "accepts".to_owned());
        [(*protocol).to_owned(), said(client_says), said(server_says), words.clone()]
    });
    text.push_str(&table(["version", "the client's rustls", "the server's rustls", "the handshake"], rows, style));
    text.push_str(&causes(&report.causes, style));
    text
}

/// The worst of each rule, and whatever fails besides.
fn checks(all: &[Check]) -> String {
    let mut text = String::new();
    let mut line = |label: &str, check: &Check| {
        let mark = match check.verdict {
            Verdict::Holds => "ok",
            Verdict::NotApplicable => "-",
            Verdict::Warns => "warn",
            Verdict::Fails => "NO",
        };
        text.push_str(&format!("  {mark:<4} {label:<11} {}\n", escaped(&check.found)));
    };
    let weight = |check: &&Check| match check.verdict {
        Verdict::Fails => 3,
        Verdict::Warns => 2,
        Verdict::Holds => 1,
        Verdict::NotApplicable => 0,
    };
    for (rule, label) in LOOKED_FOR {
        // The first of the heaviest: the leaf's.
        let of_rule = || all.iter().filter(|check| check.rule == rule);
        let heaviest = of_rule().map(|check| weight(&check)).max();
        if let Some(check) = of_rule().find(|check| Some(weight(check)) == heaviest) {
            line(label, check);
        }
    }
    let is_other =
        |check: &&Check| check.verdict == Verdict::Fails && !LOOKED_FOR.iter().any(|(rule, _)| *rule == check.rule);
    for check in all.iter().filter(is_other) {
        line("path", check);
    }
    text
}
