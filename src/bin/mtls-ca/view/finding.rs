//! Remarks as lines for people.

use mtls_ca::x509::general_name::escaped;
use mtls_ca::{Finding, Severity};
use owo_colors::OwoColorize;

use crate::output::Style;

/// `warning: …`, the word in its colour.
pub fn line(finding: &Finding, style: Style) -> String {
    format!("{} {}", label(finding.severity, style), escaped(&finding.to_string()))
}

fn label(severity: Severity, style: Style) -> String {
    let word = match severity {
        Severity::Notice => "note:",
        Severity::Warning => "warning:",
        Severity::Error => "error:",
    };
    match severity {
        _ if !style.color => word.to_owned(),
        Severity::Notice => word.cyan().bold().to_string(),
        Severity::Warning => word.yellow().bold().to_string(),
        Severity::Error => word.red().bold().to_string(),
    }
}
