//! Digests for people.

use mtls_ca::examine::fingerprint::{Fingerprinted, Spellings};

use super::fields::Fields;
use crate::output::Style;

/// Each thing a block, an empty line between.
pub fn text(all: &[Fingerprinted], style: Style) -> String {
    all.iter().map(|one| block(one, style)).collect::<Vec<_>>().join("\n")
}

fn block(one: &Fingerprinted, style: Style) -> String {
    let kind = one.kind.replace('_', " ");
    let heading = one.subject.as_ref().map_or_else(|| kind.clone(), |subject| format!("{kind} {subject}"));
    // A digest that is broken in two cannot be copied.
    let mut fields = Fields::new(style, heading.trim_end(), 11);
    if let Some(spellings) = &one.sha256 {
        three(&mut fields, "SHA-256", spellings);
    }
    if let Some(spellings) = &one.spki_sha256 {
        three(&mut fields, "key SHA-256", spellings);
    }
    fields.finish()
}

fn three(fields: &mut Fields, label: &str, spellings: &Spellings) {
    fields.painted(label, &spellings.hex);
    fields.painted("", &spellings.colons);
    fields.painted("", &spellings.base64);
}
