//! Keys for people. Nothing of a private key is shown but its public half.

use mtls_ca::examine::inspect::key::{PrivateKeyReport, PublicKeyReport};

use super::LABELS;
use crate::output::Style;
use crate::view::fields::Fields;

pub(super) fn private(number: &str, report: &PrivateKeyReport, style: Style) -> Fields {
    let locked = if report.encrypted { "Encrypted private key" } else { "Private key" };
    let mut fields = Fields::new(style, &format!("{number}{locked}"), LABELS);
    let words = report.public_key.as_ref().map(|key| key.words.as_str()).or(report.algorithm.as_deref());
    match words {
        Some(words) => fields.field("key", words),
        None if report.encrypted => fields.field("key", "not to be seen without the passphrase (`--passphrase-file`)"),
        None => fields.field("key", "of a kind that is not read here"),
    }
    fields.field("form", report.container.words());
    if report.encrypted {
        fields.field("encryption", report.protection.as_deref().unwrap_or("not known"));
    }
    if let Some(key) = &report.public_key {
        fields.painted("key SHA-256", &key.spki_sha256.hex);
    }
    fields
}

pub(super) fn public(number: &str, report: &PublicKeyReport, style: Style) -> Fields {
    let mut fields = Fields::new(style, &format!("{number}Public key"), LABELS);
    fields.field("key", &report.words);
    fields.painted("key SHA-256", &report.spki_sha256.hex);
    fields
}
