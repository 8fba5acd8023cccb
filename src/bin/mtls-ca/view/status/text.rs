//! For a terminal: a table with a bar for the part of each life that is used, and what to type.

use std::path::Path;

use mtls_ca::Now;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind, Level};
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;

use super::{answer, day, sentences, what};
use crate::output::Style;

/// How many cells a bar has.
const BAR: usize = 12;
/// How many leaves are shown; `mtls-ca list` has all.
const LEAVES: usize = 40;
/// The longest name that is shown whole.
const LONGEST: usize = 48;

/// The whole report.
pub fn report(report: &StatusReport, style: Style, now: Now) -> String {
    let leaves = report.of(Kind::Leaf).count();
    let hidden = leaves.saturating_sub(LEAVES);
    let others = report.items.iter().filter(|item| item.kind != Kind::Leaf);
    let shown: Vec<&Item> = others.chain(report.of(Kind::Leaf).take(LEAVES)).collect();
    let heading = format!("{} at {}", escaped(&report.authority), report.at);
    let mut text = format!("{}\n\n", if style.color { heading.bold().to_string() } else { heading });
    text.push_str(&table(&shown, style, now));
    if hidden > 0 {
        text.push_str(&format!("and {hidden} more: mtls-ca list --expiring {}\n", report.window));
    }
    text.push_str(&format!("\n{}\n", sentences(report).join("\n")));
    text.push_str(&next(report, style));
    text
}

/// Where files were written: their names, and the answer in one line.
pub fn written(report: &StatusReport, files: &[&Path]) -> String {
    let words = answer(report);
    files.iter().map(|file| format!("{}: {words}\n", crate::view::shown(file))).collect()
}

fn table(items: &[&Item], style: Style, now: Now) -> String {
    let rows: Vec<[String; 6]> = items.iter().map(|item| row(item, now)).collect();
    let heading = ["STATE", "WHAT", "NAME", "LIFE", "ENDS", ""].map(str::to_owned);
    let all = || std::iter::once(&heading).chain(&rows);
    let width =
        |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |row: &[String; 6], level: Option<Level>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let padded = format!("{cell:<width$}");
            match (column, level) {
                (0 | 3, Some(level)) => painted(&padded, level, style),
                _ => padded,
            }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let lines = rows.iter().zip(items).map(|(row, item)| line(row, Some(item.level)));
    std::iter::once(line(&heading, None)).chain(lines).collect()
}

fn row(item: &Item, now: Now) -> [String; 6] {
    let issuer = match (item.kind, item.issuer) {
        (Kind::Root | Kind::Intermediate | Kind::Crl | Kind::Key | Kind::Responder, Some(issuer)) => {
            format!("{issuer} ")
        }
        _ => String::new(),
    };
    [
        item.level.word().to_owned(),
        what(item).to_owned(),
        shortened(&format!("{issuer}{}", item.name)),
        item.percent_used(now).map_or(String::new(), bar),
        item.end().map_or(String::new(), day),
        item.says.clone(),
    ]
}

/// `█████░░░░░░░`: full as far as the life is used; with one cell empty until it is over.
fn bar(percent_used: u8) -> String {
    let used = usize::from(percent_used) * BAR / 100;
    format!("{}{}", "█".repeat(used), "░".repeat(BAR.saturating_sub(used)))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

fn painted(text: &str, level: Level, style: Style) -> String {
    match level {
        _ if !style.color => text.to_owned(),
        Level::Fine => text.green().to_string(),
        Level::Notice => text.cyan().to_string(),
        Level::Due => text.yellow().bold().to_string(),
        Level::Red => text.red().bold().to_string(),
    }
}

/// What to type for each item that asks for attention, the worst first.
fn next(report: &StatusReport, style: Style) -> String {
    let mut asking: Vec<&Item> = report.items.iter().filter(|item| item.next.is_some()).collect();
    asking.sort_by_key(|item| std::cmp::Reverse(item.level));
    asking.dedup_by_key(|item| (item.next.clone(), item.kind));
    if asking.is_empty() {
        return String::new();
    }
    let hidden = asking.len().saturating_sub(LEAVES);
    let lengths = asking.iter().filter_map(|item| item.next.as_ref()).map(|next| next.chars().count());
    let width = lengths.filter(|length| *length <= LONGEST).max().unwrap_or(0);
    let lines = asking.iter().take(LEAVES).map(|item| {
        let because = format!("# {} {}: {}", item.kind.words(), shortened(&item.name), item.says);
        let because = if style.color { because.dimmed().to_string() } else { because };
        format!("  {:<width$}  {because}\n", item.next.as_deref().unwrap_or_default())
    });
    let more = if hidden > 0 { format!("  and {hidden} more\n") } else { String::new() };
    format!("\nNext:\n{}{more}", lines.collect::<String>())
}
