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

/// One line for a terminal, while it goes on.
pub fn line(counts: &Counts, spent: Duration) -> String {
    let rate = counts.rows() as f64 / spent.as_secs_f64().max(0.001);
    let failed = if counts.failed > 0 { format!(", {} failed", counts.failed) } else { String::new() };
    format!("{}{failed}, {rate:.0} a second", view::count_of(counts.rows(), "row"))
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
