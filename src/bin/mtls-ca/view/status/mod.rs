//! How the authority stands, as text, Markdown, calendar, metrics and page.

pub mod calendar;
pub mod html;
pub mod markdown;
pub mod prometheus;
pub mod scan;
pub mod text;

use mtls_ca::Time;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind, Level};

use crate::failure::{Exit, Failure};

/// How many commands are named as hints.
const HINTS: usize = 5;

/// Where the answer is no: the first cause, and what to type.
pub fn verdict(report: &StatusReport) -> Option<Failure> {
    let asking = || report.items.iter().filter(|item| item.level >= Level::Due);
    let more = match report.asking() {
        0 => return None,
        1 => String::new(),
        asking => format!(", and {} more", asking - 1),
    };
    let first = asking().find(|item| item.level == report.level());
    let message = match first {
        Some(first) => format!("{} `{}`: {}{more}", first.kind.words(), first.name, first.says),
        None => format!("{} inside the window of {}", number(report.leaves.unseen, "certificate"), report.window),
    };
    let mut commands: Vec<&String> = asking().filter_map(|item| item.next.as_ref()).collect();
    commands.dedup();
    Some(commands.into_iter().take(HINTS).fold(Failure::new(Exit::No, "attention", message), Failure::hint))
}

/// The answer in one line.
fn answer(report: &StatusReport) -> String {
    match report.asking() {
        0 => "nothing asks for attention".to_owned(),
        1 => "1 thing asks for attention".to_owned(),
        asking => format!("{asking} things ask for attention"),
    }
}

/// `1 certificate`, `3 certificates`.
fn number(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The day of a time: `2027-01-31`.
fn day(time: Time) -> String {
    time.to_string().chars().take("2027-01-31".len()).collect()
}

/// What a certificate is called in a list: its profile, else its kind.
fn what(item: &Item) -> &str {
    match (item.kind, &item.profile) {
        (Kind::Leaf, Some(profile)) => profile,
        _ => item.kind.words(),
    }
}

/// The numbers on leaves as sentences.
fn sentences(report: &StatusReport) -> Vec<String> {
    let counts = &report.leaves;
    let mut sentences = vec![format!(
        "{}, {} inside the window of {}.",
        number(counts.live, "live certificate"),
        counts.inside_window,
        report.window
    )];
    if counts.superseded > 0 {
        let are = if counts.superseded == 1 { "is" } else { "are" };
        let older = number(counts.superseded, "older one");
        sentences.push(format!("{older} {are} still valid, and a newer one has the same names: nothing to do."));
    }
    if !counts.complete {
        sentences.push(format!(
            "The {} that end first were looked at one by one, for names and what was superseded.",
            counts.looked_at
        ));
    }
    if counts.unseen > 0 {
        sentences.push(format!("{} more inside the window: mtls-ca list --expiring {}", counts.unseen, report.window));
    }
    sentences
}
