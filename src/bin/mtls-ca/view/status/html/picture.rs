//! What ends when, as a picture: a bar for each CA, CRL and responder, and columns for the
//! certificates, over one scale from a month ago to thirty years from now.

use std::fmt::Write as _;

use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::timeline::{Bucket, place};
use mtls_ca::authority::status::{Item, Kind, Level};
use mtls_ca::x509::lifetime::Threshold;
use mtls_ca::{Now, Time};

use super::{short, text};
use crate::view::status::day;

const WIDTH: f64 = 1_110.0;
const LEFT: f64 = 290.0;
const RIGHT: f64 = 1_010.0;
const TOP: f64 = 34.0;
const ROW: f64 = 28.0;
/// Room for the columns of certificates.
const COLUMNS: f64 = 130.0;
/// How many bars have room.
const BARS: usize = 24;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const TICKS: [(i64, &str); 10] = [
    (-30 * DAY, "30 days ago"),
    (-3 * DAY, "3 days ago"),
    (0, "now"),
    (DAY, "1 day"),
    (7 * DAY, "1 week"),
    (30 * DAY, "1 month"),
    (90 * DAY, "3 months"),
    (365 * DAY, "1 year"),
    (3_650 * DAY, "10 years"),
    (10_950 * DAY, "30 years"),
];

pub(super) fn svg(report: &StatusReport, ends: &[Bucket], now: Now) -> String {
    let bars: Vec<&Item> =
        report.items.iter().filter(|item| item.kind != Kind::Leaf && item.end().is_some()).take(BARS).collect();
    let rows = f64::from(u32::try_from(bars.len()).unwrap_or(0)) * ROW;
    let floor = TOP + rows + 16.0 + COLUMNS;
    let height = floor + 34.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"What ends when\">\n"
    );
    zones(&mut out, report, floor, now);
    scale(&mut out, floor, now);
    for (row, item) in bars.iter().enumerate() {
        bar(&mut out, item, TOP + f64::from(u32::try_from(row).unwrap_or(0)) * ROW, now);
    }
    columns(&mut out, report, ends, floor, now);
    out.push_str("</svg>\n");
    out
}

/// Where a time stands.
fn x(time: Time, now: Now) -> f64 {
    LEFT + place(time, now) * (RIGHT - LEFT)
}

/// The past, and the window.
fn zones(out: &mut String, report: &StatusReport, floor: f64, now: Now) {
    let (here, height) = (x(now.time(), now), floor - TOP + 6.0);
    let top = TOP - 6.0;
    let _ = writeln!(
        out,
        "<rect class=\"past\" x=\"{LEFT}\" y=\"{top}\" width=\"{:.1}\" height=\"{height}\"/>",
        here - LEFT
    );
    if let Threshold::Remaining(window) = report.window {
        let width = x(now.time().plus_seconds(window.seconds()), now) - here;
        let _ = writeln!(
            out,
            "<rect class=\"window\" x=\"{here:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{height}\"/>"
        );
    }
}

fn scale(out: &mut String, floor: f64, now: Now) {
    for (seconds, words) in TICKS {
        let x = x(now.time().plus_seconds(seconds), now);
        let (class, strong) = if seconds == 0 { ("now", " strong") } else { ("grid", " soft") };
        let _ = writeln!(
            out,
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{floor:.1}\"/>\
             <text class=\"mid small{strong}\" x=\"{x:.1}\" y=\"{:.1}\">{words}</text>\
             <text class=\"mid small{strong}\" x=\"{x:.1}\" y=\"{:.1}\">{words}</text>",
            TOP - 6.0,
            TOP - 14.0,
            floor + 18.0
        );
    }
}

fn bar(out: &mut String, item: &Item, top: f64, now: Now) {
    let Some(end) = item.end() else { return };
    let (here, there, middle) = (x(now.time(), now), x(end, now), top + ROW / 2.0);
    let (from, width) = (here.min(there), (there - here).abs().max(1.0));
    let level = item.level.word();
    let issuer = item.issuer.map_or(String::new(), |issuer| format!("{issuer} "));
    let label = format!("{issuer}{} {}", item.kind.words(), item.name);
    let _ = writeln!(
        out,
        "<g><title>{}</title>\
         <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
         <rect class=\"f-{level}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"8\" rx=\"4\"/>\
         <circle class=\"f-{level}\" cx=\"{there:.1}\" cy=\"{middle:.1}\" r=\"6\"/>\
         <text class=\"small soft\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
        text(&format!("{label}: {}", item.says)),
        LEFT - 12.0,
        middle + 4.0,
        short(&label, 36),
        middle - 4.0,
        there.max(here) + 12.0,
        middle + 4.0,
        day(end),
    );
}

/// A column for each stretch of time, as high as the root of the number that ends in it, so that one
/// among thousands is seen.
fn columns(out: &mut String, report: &StatusReport, ends: &[Bucket], floor: f64, now: Now) {
    let most = ends.iter().map(|bucket| bucket.count).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">certificates</text>\
         <text class=\"end small soft\" x=\"{:.1}\" y=\"{:.1}\">{} live</text>\
         <line class=\"grid\" x1=\"{LEFT}\" y1=\"{floor:.1}\" x2=\"{RIGHT}\" y2=\"{floor:.1}\"/>",
        LEFT - 12.0,
        floor - 22.0,
        LEFT - 12.0,
        floor - 5.0,
        report.leaves.live,
    );
    let here = place(now.time(), now);
    let window = match report.window {
        Threshold::Remaining(window) => place(now.time().plus_seconds(window.seconds()), now),
        Threshold::Percent(_) => here,
    };
    for bucket in ends.iter().filter(|bucket| bucket.count > 0) {
        let height = (f64::from(bucket.count) / f64::from(most.max(1))).sqrt() * (COLUMNS - 34.0) + 3.0;
        let middle = f64::midpoint(bucket.from, bucket.to);
        let level = match middle {
            m if m < here => Level::Red,
            m if m < window => Level::Due,
            _ => Level::Fine,
        };
        let (left, width) = (LEFT + bucket.from * (RIGHT - LEFT), (bucket.to - bucket.from) * (RIGHT - LEFT));
        let _ = writeln!(
            out,
            "<g><title>{count} end here</title>\
             <rect class=\"f-{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\"/>\
             <text class=\"mid small\" x=\"{:.1}\" y=\"{:.1}\">{label}</text></g>",
            level.word(),
            left + 1.0,
            floor - height,
            (width - 2.0).max(1.0),
            left + width / 2.0,
            floor - height - 5.0,
            count = bucket.count,
            label = if bucket.count * 4 >= most { bucket.count.to_string() } else { String::new() },
        );
    }
}
