//! Handshakes, for people: the verdict first, then what was tried, then why.

pub mod pair;
pub mod server;
pub mod visit;

use mtls_ca::Severity;
use mtls_ca::examine::handshake::{Cause, Side};
use mtls_ca::x509::general_name::escaped;
use owo_colors::OwoColorize;

use crate::output::Style;

/// The headline, in the colour of its verdict.
fn headline(text: &str, accepted: bool, style: Style) -> String {
    let text = escaped(text);
    match (style.color, accepted) {
        (false, _) => format!("{text}\n"),
        (true, true) => format!("{}\n", text.green()),
        (true, false) => format!("{}\n", text.red().bold()),
    }
}

/// Each cause with what proves it and what to type.
fn causes(causes: &[Cause], style: Style) -> String {
    let mut text = String::new();
    for cause in causes {
        let word = match cause.severity {
            Severity::Error => "cause:",
            Severity::Warning => "warning:",
            Severity::Notice => "note:",
        };
        let word = match (style.color, cause.severity) {
            (false, _) => word.to_owned(),
            (true, Severity::Error) => word.red().bold().to_string(),
            (true, Severity::Warning) => word.yellow().bold().to_string(),
            (true, Severity::Notice) => word.cyan().bold().to_string(),
        };
        let side = match cause.side {
            Side::Connection => "connection",
            Side::Server => "server",
            Side::Client => "client",
        };
        text.push_str(&format!("\n{word} {} ({side}, {})\n", escaped(&cause.sentence), cause.code));
        for line in &cause.evidence {
            text.push_str(&format!("  because {}\n", escaped(line)));
        }
        for line in &cause.fix {
            text.push_str(&format!("  type    {}\n", escaped(line)));
        }
    }
    text
}
