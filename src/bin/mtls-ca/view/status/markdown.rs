//! For a wiki or an issue: Markdown as GitHub and GitLab read it.

use mtls_ca::Now;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Level};
use mtls_ca::x509::general_name::escaped;

use super::{day, sentences, what};

/// The whole report.
pub fn document(report: &StatusReport, now: Now) -> String {
    let (due, red) = (report.count(Level::Due), report.count(Level::Red));
    let answer = match (due, red) {
        (0, 0) => "Nothing asks for attention.".to_owned(),
        (due, 0) => format!("**{due} due.**"),
        (due, red) => format!("**{red} red, {due} due.**"),
    };
    let mut text = format!("# {}\n\nAs of {}. {answer}\n\n", plain(&escaped(&report.authority)), report.at);
    text.push_str("| state | what | name | ends | | life used | next |\n|---|---|---|---|---|---|---|\n");
    text.extend(report.items.iter().map(|item| row(item, now)));
    text.push_str(&format!("\n{}\n", sentences(report).join("\n")));
    text
}

fn row(item: &Item, now: Now) -> String {
    let state = match item.level {
        Level::Fine => "fine",
        Level::Notice => "notice",
        Level::Due => "**due**",
        Level::Red => "**RED**",
    };
    format!(
        "| {state} | {} | {} | {} | {} | {} | {} |\n",
        plain(what(item)),
        plain(&item.name),
        item.end().map_or(String::new(), day),
        plain(&item.says),
        item.percent_used(now).map_or(String::new(), |used| format!("{used} %")),
        item.next.as_deref().map_or(String::new(), code),
    )
}

/// Text in which nothing is taken for markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// What is typed. A code span cannot hold its own fence, and a bar ends a cell even in one.
fn code(text: &str) -> String {
    if text.contains(['`', '\\']) { plain(text) } else { format!("`{}`", text.replace('|', "\\|")) }
}
