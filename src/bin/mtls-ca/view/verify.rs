//! Every check of a validated path, for people.

use std::path::Path;

use mtls_ca::examine::verify::{Answer, Check, Verdict};
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::usage::Purpose;
use owo_colors::OwoColorize;

use crate::output::Style;

/// The path from the certificate upwards, then what was checked.
pub fn text(answer: &Answer, file: &Path, purpose: Purpose, style: Style) -> String {
    let mut text = format!("{}: {}\n", file.display(), sentence(answer, purpose));
    for (depth, link) in answer.chain().iter().enumerate() {
        let name = if link.subject.is_empty() { "(no subject)".to_owned() } else { link.subject.rfc4514() };
        text.push_str(&format!("  {depth}  {}  serial {}\n", escaped(&name), link.serial));
    }
    for check in answer.checks() {
        text.push_str(&line(check, style));
    }
    text
}

fn sentence(answer: &Answer, purpose: Purpose) -> String {
    format!("{}{}", if answer.verdict() { "good" } else { "NOT good" }, role(purpose))
}

/// ` as client`; nothing where any purpose will do.
pub fn role(purpose: Purpose) -> String {
    match purpose {
        Purpose::Any => String::new(),
        Purpose::Ca => " as CA".to_owned(),
        Purpose::Client | Purpose::Server => format!(" as {purpose}"),
    }
}

fn line(check: &Check, style: Style) -> String {
    let word = match check.verdict {
        Verdict::Holds => "ok",
        Verdict::NotApplicable => "-",
        Verdict::Warns => "warn",
        Verdict::Fails => "FAIL",
    };
    let padded = format!("{word:<4}");
    let mark = match (style.color, check.verdict) {
        (true, Verdict::Holds) => padded.green().to_string(),
        (true, Verdict::Warns) => padded.yellow().to_string(),
        (true, Verdict::Fails) => padded.red().bold().to_string(),
        _ => padded,
    };
    let at = check.link.map_or("path".to_owned(), |link| link.to_string());
    let mut text = format!("  {mark} {:<22} {at:<4} {} ({})\n", check.rule, escaped(&check.found), check.clause);
    for (label, detail) in [("why", &check.why), ("hint", &check.hint)] {
        if let Some(detail) = detail {
            text.push_str(&format!("       {label}: {}\n", escaped(detail)));
        }
    }
    text
}
