//! A certificate for people: whom, by whom, what for, how long.

use mtls_ca::examine::inspect::certificate::CertificateReport;
use mtls_ca::examine::inspect::validity::ValidityReport;
use mtls_ca::x509::validity::Standing;
use owo_colors::OwoColorize;

use super::{LABELS, extensions, some};
use crate::output::Style;
use crate::view::fields::Fields;

/// Cells of the bar.
const CELLS: usize = 20;

pub(super) fn fields(number: &str, report: &CertificateReport, style: Style) -> Fields {
    let kind = match (report.usage.ca, report.self_signed) {
        (true, true) => "Root certificate",
        (true, false) => "CA certificate",
        (false, true) => "Self-signed certificate",
        (false, false) => "Certificate",
    };
    let mut fields = Fields::new(style, &format!("{number}{kind} {}", report.title()), LABELS);
    fields.field("subject", or_empty(&report.subject.rfc4514));
    if !report.names.is_empty() {
        fields.list("names", some(&report.names).iter().map(String::as_str));
    }
    fields.field("issuer", if report.self_signed { "itself" } else { or_empty(&report.issuer.rfc4514) });
    fields.field("usage", &report.usage.words);
    fields.painted("validity", &validity(&report.validity, style));
    fields.field("", &format!("{} to {}", report.validity.not_before, report.validity.not_after));
    fields.field("key", &report.key.words);
    fields.field("serial", &report.serial.to_string());
    fields.field("signature", &report.signature_algorithm);
    fields.painted("SHA-256", &report.sha256.hex);
    fields.painted("key SHA-256", &report.key.spki_sha256.hex);
    if report.version != 3 {
        fields.field("version", &report.version.to_string());
    }
    extensions(&mut fields, &report.extensions, style);
    fields
}

fn or_empty(name: &str) -> &str {
    if name.is_empty() { "(empty)" } else { name }
}

/// The words, and on a terminal how much is left as a bar.
pub(super) fn validity(report: &ValidityReport, style: Style) -> String {
    if !style.color {
        return report.words.clone();
    }
    if report.standing != Standing::Valid {
        return report.words.red().bold().to_string();
    }
    let percent = report.percent_left;
    let filled = (usize::from(percent) * CELLS).div_ceil(100).min(CELLS);
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(CELLS - filled));
    let text = format!("{}  {bar} {percent} %", report.words);
    if report.ends_soon() { text.yellow().to_string() } else { text.green().to_string() }
}
