//! What ends when, for a calendar program: iCalendar (RFC 5545).

use mtls_ca::Time;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind};
use mtls_ca::x509::general_name::escaped;

use super::what;

/// One event for each end.
pub fn calendar(report: &StatusReport) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:-//mtls-ca//mtls-ca {}//EN", env!("CARGO_PKG_VERSION")),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("X-WR-CALNAME:{}", text(&format!("Ends of {}", escaped(&report.authority)))),
    ];
    for item in &report.items {
        lines.extend(event(item, report));
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn event(item: &Item, report: &StatusReport) -> Vec<String> {
    let Some(end) = item.end() else { return Vec::new() };
    let verb = if matches!(item.kind, Kind::Crl | Kind::CrlAbove) { "is stale" } else { "expires" };
    let summary = format!("{} {} {verb}", what(item), item.name);
    let mut said = vec![item.says.clone()];
    said.extend(item.serial.as_ref().map(|serial| format!("serial {serial}")));
    said.extend(item.next.clone());
    vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", uid(item, report)),
        format!("DTSTAMP:{}", moment(report.at)),
        format!("DTSTART:{}", moment(end)),
        format!("SUMMARY:{}", text(&summary)),
        format!("DESCRIPTION:{}", text(&said.join("\n"))),
        format!("CATEGORIES:{}", item.level.word().to_uppercase()),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ]
}

/// The same for the same thing in every report, so that a calendar moves an event instead of making a
/// second one (RFC 5545 section 3.8.4.7): a certificate by its digest, a CRL by whose it is.
fn uid(item: &Item, report: &StatusReport) -> String {
    let whose = || {
        let certificate = report.chain.iter().find(|link| link.issuer.is_some() && link.issuer == item.issuer);
        certificate.map_or_else(|| hex(&item.name), |link| link.sha256.to_string())
    };
    match (item.kind, item.sha256) {
        (Kind::Crl | Kind::CrlAbove, _) | (_, None) => format!("{}-{}@mtls-ca.invalid", item.kind.code(), whose()),
        (_, Some(sha256)) => format!("{sha256}@mtls-ca.invalid"),
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// `20270131T000000Z` (RFC 5545 section 3.3.5, form 2).
fn moment(time: Time) -> String {
    time.to_string().replace(['-', ':'], "")
}

/// RFC 5545 section 3.3.11: backslash, semicolon, comma and line breaks are escaped.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

/// RFC 5545 section 3.1: at most 75 octets to a line, what is more goes on behind a space; CRLF.
fn folded(line: &str) -> String {
    const ROOM: usize = 75;
    let mut out = String::with_capacity(line.len() + 2);
    let mut used = 0;
    for character in line.chars() {
        if used + character.len_utf8() > ROOM {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(character);
        used += character.len_utf8();
    }
    out + "\r\n"
}
