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
    let first = asking().find(|item| item.level == report.level()).filter(|item| item.level >= Level::Due)?;
    let more = match asking().count() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let message = format!("{} `{}`: {}{more}", first.kind.words(), first.name, first.says);
    let mut commands: Vec<&String> = asking().filter_map(|item| item.next.as_ref()).collect();
    commands.dedup();
    Some(commands.into_iter().take(HINTS).fold(Failure::new(Exit::No, "attention", message), Failure::hint))
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
    let of = |number: u32, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let mut sentences = vec![format!(
        "{}, {} inside the window of {}.",
        of(counts.live, "live certificate", "live certificates"),
        counts.inside_window,
        report.window
    )];
    if counts.superseded > 0 {
        let are = if counts.superseded == 1 { "is" } else { "are" };
        let older = of(counts.superseded, "older one", "older ones");
        sentences.push(format!("{older} {are} still valid, and a newer one has the same names: nothing to do."));
    }
    if !counts.complete {
        sentences.push(format!(
            "Only the {} that end first were looked at one by one; the others end later.",
            counts.looked_at
        ));
    }
    sentences
}
