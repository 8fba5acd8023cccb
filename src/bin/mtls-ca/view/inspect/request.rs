//! A certification request for people.

use mtls_ca::examine::inspect::request::{AttributeReport, RequestReport};

use super::{LABELS, extensions, some};
use crate::output::Style;
use crate::view::fields::Fields;

pub(super) fn fields(number: &str, report: &RequestReport, style: Style) -> Fields {
    let title = report.subject.common_name.clone().or_else(|| report.names.first().map(ToString::to_string));
    let heading = format!("{number}Certification request {}", title.unwrap_or_default());
    let mut fields = Fields::new(style, heading.trim_end(), LABELS);
    let subject = &report.subject.rfc4514;
    fields.field("subject", if subject.is_empty() { "(empty)" } else { subject });
    fields.list("names", some(&report.names).iter().map(String::as_str));
    fields.field("asks for", report.usage.as_ref().map_or("no extension", |usage| usage.words.as_str()));
    fields.field("key", &report.key.words);
    let proof = match &report.proof_of_possession.reason {
        None => format!("{}, made by its own key", report.signature_algorithm),
        Some(_) => format!("{}, which proves nothing", report.signature_algorithm),
    };
    fields.field("signature", &proof);
    fields.painted("SHA-256", &report.sha256.hex);
    fields.painted("key SHA-256", &report.key.spki_sha256.hex);
    extensions(&mut fields, &report.extensions, style);
    if !report.attributes.is_empty() {
        let lines: Vec<String> = report.attributes.iter().map(attribute).collect();
        fields.list("attributes", some(&lines).iter().map(String::as_str));
    }
    fields
}

fn attribute(report: &AttributeReport) -> String {
    const LONGEST: usize = 128;
    let name = report.name.unwrap_or_else(|| report.oid.dotted());
    match &report.value {
        None => format!("{name}: (a secret, not shown)"),
        Some(hex) => match hex.get(..LONGEST) {
            Some(head) if hex.len() > LONGEST => format!("{name}: {head}… ({} octets)", hex.len() / 2),
            _ => format!("{name}: {hex}"),
        },
    }
}
