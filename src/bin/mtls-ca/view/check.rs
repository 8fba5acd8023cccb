//! What `check` found and mended.

use mtls_ca::Finding;
use mtls_ca::authority::check::Repaired;
use mtls_ca::ledger::Compared;
use mtls_ca::x509::general_name::escaped;

use crate::output::Style;
use crate::view;

pub fn text(findings: &[Finding], repaired: &Repaired, compared: &Compared, style: Style) -> String {
    let mut text: String = repaired.done.iter().map(|done| format!("repaired: {}\n", escaped(done))).collect();
    for finding in findings {
        text.push_str(&format!("{}\n", view::finding::line(finding, style)));
        if let Some(hint) = &finding.hint {
            text.push_str(&format!("  hint: {}\n", escaped(hint)));
        }
    }
    let Compared { rows, events } = compared;
    let counted = |count: &u64, what: &str| format!("{count} {what}{}", if *count == 1 { "" } else { "s" });
    text.push_str(&format!("looked at {} and {}", counted(rows, "certificate"), counted(events, "event")));
    text.push_str(if findings.is_empty() { ": all is well\n" } else { "\n" });
    text
}
