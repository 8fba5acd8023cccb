//! What came of trying a server.

use mtls_ca::examine::handshake::{Attempt, Demand, ServerReport, With};
use mtls_ca::examine::inspect::Item;
use mtls_ca::examine::remote::Served;

use super::{causes, headline};
use crate::output::Style;
use crate::view::fields::Fields;
use crate::view::table::table;

const LABELS: usize = 9;

/// The verdict, what the server is, the table of attempts, and the causes.
pub fn text(report: &ServerReport, chain: &[Item], is_judged: bool, style: Style) -> String {
    // Whoever trusts nobody has not looked at the server, and is told so at once.
    let half = if is_judged || report.server.is_none() { "" } else { "; the server was not judged" };
    let first = format!("{}: {}{half}", report.target, report.headline);
    let mut text = headline(&first, report.accepted, style);
    if let Some(served) = &report.server {
        text.push('\n');
        text.push_str(&server(report, served, chain, is_judged, style));
    }
    if !report.attempts.is_empty() {
        text.push('\n');
        text.push_str(&attempts(&report.attempts, style));
    }
    text.push_str(&causes(&report.causes, style));
    text
}

fn server(report: &ServerReport, served: &Served, chain: &[Item], is_judged: bool, style: Style) -> String {
    let mut fields = Fields::new(style, &format!("Server {}", served.address), LABELS);
    fields.field("is", &report.kind.words());
    let agreed = served.protocol.into_iter().chain(served.cipher_suite.as_deref()).map(str::to_owned);
    let alpn = served.alpn.iter().map(|name| format!("ALPN {name}"));
    fields.field("speaks", &agreed.chain(alpn).collect::<Vec<_>>().join(", "));
    let shown: Vec<String> = chain.iter().filter_map(|item| Some(item.certificate()?.title().to_string())).collect();
    fields.list("presents", shown.iter().map(String::as_str));
    if !is_judged {
        fields.field("", "not judged: nobody is trusted here; name the root with --ca");
    }
    if served.server_name != report.target.host {
        fields.field("asked for", &served.server_name);
    }
    let cas: Vec<String> = served.client_certificate.acceptable_cas.iter().take(5).map(ToString::to_string).collect();
    let whose = match (cas.is_empty(), report.names_our_ca) {
        (true, _) => ", and does not say of whom".to_owned(),
        (false, None) => format!(" of {}", cas.join("; ")),
        (false, Some(true)) => format!(" of {}, which ours is", cas.join("; ")),
        (false, Some(false)) => format!(" of {}, which ours is NOT", cas.join("; ")),
    };
    let demand = match report.demand {
        Demand::Demanded => format!("a client certificate{whose}"),
        Demand::Optional => format!("nothing; it asks for a client certificate{whose}"),
        Demand::NotAsked => "nothing".to_owned(),
        Demand::Unknown => "unknown".to_owned(),
    };
    fields.field("demands", &demand);
    fields.finish()
}

fn attempts(attempts: &[Attempt], style: Style) -> String {
    let rows = [(With::Nothing, "nothing"), (With::Ours, "ours")].into_iter().filter_map(|(with, name)| {
        let by = |protocol: &str| attempts.iter().find(|attempt| attempt.with == with && attempt.protocol == protocol);
        let words = |protocol| by(protocol).map_or_else(String::new, |attempt: &Attempt| attempt.words.clone());
        by("TLS 1.3").or_else(|| by("TLS 1.2"))?;
        Some([name.to_owned(), words("TLS 1.3"), words("TLS 1.2")])
    });
    table(["presented", "TLS 1.3", "TLS 1.2"], rows, style)
}
