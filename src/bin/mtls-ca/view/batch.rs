//! What a batch tells: each row in the report, a line while it goes on, the sum at its end.

use std::path::Path;
use std::time::Duration;

use mtls_ca::authority::batch::{Answer as RowAnswer, KeyRow};
use mtls_ca::x509::certificate::Certificate;
use serde_json::{Map, Value, json};

use crate::batch::{Counts, Named};
use crate::failure::Failure;
use crate::output::Style;
use crate::view;

/// A row of the report: what was asked, and what became of it.
pub fn row_json(mut members: Map<String, Value>, result: &Result<RowAnswer, Failure>) -> Value {
    let mut tell = |outcome: &str, certificate: Option<&Certificate>| {
        members.insert("outcome".to_owned(), json!(outcome));
        if let Some(certificate) = certificate {
            members.insert("serial".to_owned(), json!(certificate.serial()));
            members.insert("not_after".to_owned(), json!(certificate.validity().not_after));
            members.insert("sha256".to_owned(), json!(certificate.fingerprint()));
        }
    };
    match result {
        Ok(answer @ RowAnswer::Issued(_)) => tell("issued", answer.certificate()),
        Ok(answer @ RowAnswer::Delivered(_)) => tell("delivered", answer.certificate()),
        Ok(RowAnswer::Stood(digest)) => {
            tell("stood", None);
            members.insert("sha256".to_owned(), json!(digest));
        }
        Err(failure) => {
            tell("failed", None);
            members.insert("error".to_owned(), failure.to_json());
        }
    }
    Value::Object(members)
}

pub fn counts_json(counts: &Counts) -> Value {
    let Counts { issued, delivered, stood, failed } = counts;
    json!({
        "rows": counts.rows(),
        "issued": issued,
        "delivered": delivered,
        "stood": stood,
        "failed": failed,
    })
}

/// The sum, for programs.
pub fn batch_json(counts: &Counts, stopped: bool, report: Option<&Path>) -> Value {
    let mut members = counts_json(counts);
    if let Some(members) = members.as_object_mut() {
        members.insert("stopped".to_owned(), json!(stopped));
        members.insert("report".to_owned(), json!(report.map(view::path)));
    }
    members
}

/// The sum, for people.
pub fn summary(counts: &Counts, report: Option<&Path>, style: Style) -> String {
    let Counts { issued, delivered, stood, failed } = counts;
    let mut rows = vec![("issued", issued.to_string())];
    for (label, count) in [("delivered", delivered), ("answered", stood), ("failed", failed)] {
        let words = match label {
            "delivered" => " by an earlier run, whose files were missing",
            "answered" => " already",
            _ => "",
        };
        if *count > 0 {
            rows.push((label, format!("{count}{words}")));
        }
    }
    rows.extend(report.map(|path| ("report", path.display().to_string())));
    format!("{}\n{}", view::count_of(counts.rows(), "row"), view::rows(&rows, style))
}

/// So wide the bar is.
const BAR: u64 = 20;

/// One line for a terminal, while it goes on: with a bar and the time that is left where the total is known.
pub fn line(counts: &Counts, total: Option<u64>, spent: Duration) -> String {
    let rows = counts.rows();
    let rate = rows as f64 / spent.as_secs_f64().max(0.001);
    let failed = if counts.failed > 0 { format!(", {} failed", grouped(counts.failed)) } else { String::new() };
    let speed = format!("{failed}, {} a second", grouped(rate.round() as u64));
    let Some(total) = total else { return format!("{} row{}{speed}", grouped(rows), view::plural(rows)) };
    let done = (rows.min(total).saturating_mul(BAR)).checked_div(total).unwrap_or(BAR);
    let bar = "#".repeat(done as usize) + &"-".repeat((BAR - done) as usize);
    let left = match total.saturating_sub(rows) {
        0 => String::new(),
        _ if rows == 0 => String::new(),
        rest => format!(", {} left", time(rest as f64 / rate)),
    };
    format!("[{bar}]  {} of {} row{}{speed}{left}", grouped(rows), grouped(total), view::plural(total))
}

/// `3 s`, `12 min`, `5 h`: never less than it is.
fn time(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// `1,234`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let has_comma = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    let digit = |(place, digit)| if has_comma(place) { format!(",{digit}") } else { String::from(digit) };
    digits.chars().enumerate().map(digit).collect()
}

impl Named for KeyRow {
    fn name(&self) -> String {
        format!("line {}", self.line)
    }

    fn members(&self) -> Map<String, Value> {
        Map::from_iter([
            ("line".to_owned(), json!(self.line)),
            ("name".to_owned(), json!(self.name)),
            ("file".to_owned(), json!(view::path(&self.certificate))),
            ("key_file".to_owned(), json!(view::path(&self.key))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_how_long_it_takes() {
        let counts = |issued, failed| Counts { issued, failed, ..Counts::default() };
        for (counts, total, seconds, said) in [
            (
                counts(8_000, 0),
                Some(20_000),
                2,
                "[########------------]  8,000 of 20,000 rows, 4,000 a second, 3 s left",
            ),
            (counts(0, 0), Some(20_000), 1, "[--------------------]  0 of 20,000 rows, 0 a second"),
            (counts(1, 0), Some(1), 1, "[####################]  1 of 1 row, 1 a second"),
            // A list that grew while it was read.
            (counts(12, 0), Some(10), 1, "[####################]  12 of 10 rows, 12 a second"),
            (
                counts(999_000, 1_000),
                Some(3_000_000),
                1_000,
                "[######--------------]  1,000,000 of 3,000,000 rows, 1,000 failed, 1,000 a second, 34 min left",
            ),
            (counts(10, 0), Some(100_000), 10, "[--------------------]  10 of 100,000 rows, 1 a second, 28 h left"),
            (counts(1_234, 1), None, 1, "1,235 rows, 1 failed, 1,235 a second"),
            (counts(1, 0), None, 1, "1 row, 1 a second"),
        ] {
            assert_eq!(line(&counts, total, Duration::from_secs(seconds)), said);
        }
    }
}
