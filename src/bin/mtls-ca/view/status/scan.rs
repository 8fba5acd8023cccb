//! What servers serve, for people: a line for each, and what is wrong below it.

use mtls_ca::Severity;
use mtls_ca::authority::status::scan::ScanResult;
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;

use super::day;
use crate::output::Style;

/// A line for each server.
pub fn table(results: &[ScanResult], style: Style) -> String {
    let width = results.iter().map(|result| result.target.to_string().len()).max().unwrap_or(0);
    results.iter().map(|result| lines(result, width, style)).collect()
}

fn lines(result: &ScanResult, width: usize, style: Style) -> String {
    let served = result
        .served
        .as_ref()
        .map(|leaf| format!("{}, ends {}, serial {}", escaped(&leaf.subject), day(leaf.not_after), leaf.serial));
    let word = match (result.fine, result.served.is_some()) {
        (true, _) => "fine",
        (false, true) => "wrong",
        (false, false) => "unseen",
    };
    let word = match result.fine {
        _ if !style.color => format!("{word:<6}"),
        true => format!("{word:<6}").green().to_string(),
        false => format!("{word:<6}").red().bold().to_string(),
    };
    let first = format!("{word}  {:<width$}  {}", result.target.to_string(), served.unwrap_or_default());
    let below = result.findings.iter().map(|finding| {
        let label = match finding.severity {
            Severity::Notice => "note",
            Severity::Warning | Severity::Error => "  ->",
        };
        format!("    {label} {}\n", escaped(&finding.to_string()))
    });
    format!("{}\n{}", first.trim_end(), below.collect::<String>())
}
