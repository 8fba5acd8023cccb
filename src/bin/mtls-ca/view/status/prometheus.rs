//! For Prometheus: the text format, as node exporter's textfile collector reads it.

use std::collections::HashSet;
use std::fmt::Write as _;

use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind, Level};

/// Every metric: its name, what it says, and its samples.
pub fn metrics(report: &StatusReport) -> String {
    let mut out = String::new();
    let counts = &report.leaves;
    metric(
        &mut out,
        "mtls_ca_status_timestamp_seconds",
        "When this was written, in Unix time.",
        [(Vec::new(), report.at.unix())],
    );
    let levels = Level::ALL.map(|level| (vec![("level", level.word().to_owned())], whole(report.count(level))));
    metric(&mut out, "mtls_ca_items", "How many items there are of each level; due and red ask for attention.", levels);
    let living = || report.items.iter().filter(|item| item.end().is_some());
    metric(
        &mut out,
        "mtls_ca_not_after_timestamp_seconds",
        "When a certificate, CRL or responder ends, in Unix time.",
        living().filter_map(|item| Some((labels(item), item.end()?.unix()))),
    );
    metric(
        &mut out,
        "mtls_ca_not_before_timestamp_seconds",
        "When its life began, in Unix time.",
        living().filter_map(|item| Some((labels(item), item.life?.not_before.unix()))),
    );
    metric(
        &mut out,
        "mtls_ca_item_level",
        "How much attention an item asks for: 0 none, 1 good to know, 2 inside the window, 3 broken.",
        report.items.iter().map(|item| (labels(item), item.level as i64)),
    );
    let states = [("live", counts.live), ("inside_window", counts.inside_window), ("superseded", counts.superseded)];
    metric(
        &mut out,
        "mtls_ca_certificates",
        "How many certificates there are in each state.",
        states.map(|(state, count)| (vec![("state", state.to_owned())], i64::from(count))),
    );
    let pending = report.of(Kind::Reservations).filter_map(|item| item.count).sum::<u32>();
    metric(
        &mut out,
        "mtls_ca_pending_reservations",
        "How many serial numbers are reserved and not used.",
        [(Vec::new(), i64::from(pending))],
    );
    out
}

type Labels = Vec<(&'static str, String)>;

fn metric(out: &mut String, name: &str, help: &str, samples: impl IntoIterator<Item = (Labels, i64)>) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
    let mut written = HashSet::new();
    for (labels, value) in samples {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", quoted(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Two samples of one name are none to Prometheus: it refuses the whole file.
        if written.insert(labels.clone()) {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    }
}

/// What tells an item from every other: two samples of one metric must not have the same labels.
fn labels(item: &Item) -> Labels {
    vec![
        ("kind", item.kind.code().to_owned()),
        ("name", item.name.clone()),
        ("issuer", item.issuer.map_or(String::new(), |issuer| issuer.to_string())),
        ("profile", item.profile.clone().unwrap_or_default()),
        // A CRL's number changes with each: the series would end at every new one.
        (
            "serial",
            match item.kind {
                Kind::Crl | Kind::CrlAbove => String::new(),
                _ => item.serial.as_ref().map_or(String::new(), ToString::to_string),
            },
        ),
    ]
}

/// Backslash, quote and line feed are escaped in label values.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
