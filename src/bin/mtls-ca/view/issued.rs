//! What `sign` and `issue` tell about a certificate that they made, or would make.

use std::path::Path;

use mtls_ca::authority::{Issued, Plan};
use mtls_ca::examine::inspect::validity::ValidityReport;
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::general_name::GeneralName;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::view;

/// One certificate, for people: where it is, then what it says.
pub fn text(certificate: &Certificate, profile: &ProfileName, file: Option<&Path>, context: &Context) -> String {
    let validity = ValidityReport::of(certificate.validity(), context.now);
    let names: Vec<String> = certificate.extensions().subject_alt_names().iter().map(GeneralName::to_string).collect();
    let mut rows = Vec::new();
    if !certificate.subject().is_empty() {
        rows.push(("subject", certificate.subject().rfc4514()));
    }
    if !names.is_empty() {
        rows.push(("names", names.join(", ")));
    }
    rows.push(("profile", profile.to_string()));
    // A plan has no place yet, and each run takes another number.
    if !certificate.signature().is_empty() {
        rows.push(("serial", certificate.serial().to_string()));
    }
    rows.push(("valid", format!("until {} ({})", validity.not_after, validity.words)));
    let heading = file.map_or(String::new(), |file| format!("{}\n", view::shown(file)));
    format!("{heading}{}", view::rows(&rows, context.style))
}

/// One certificate that was issued, for programs.
pub fn json(issued: &Issued, files: Map<String, Value>, context: &Context) -> Value {
    let mut members = facts(issued.certificate(), issued.profile(), context);
    members.insert("sha256".to_owned(), json!(issued.certificate().fingerprint()));
    members.insert("certificate".to_owned(), json!(issued.certificate_pem()));
    members.extend(files);
    members.insert("grants".to_owned(), json!(issued.grants()));
    members.insert("findings".to_owned(), json!(issued.findings()));
    Value::Object(members)
}

/// One that would be issued, for programs.
pub fn planned_json(plan: &Plan, context: &Context) -> Value {
    let mut members = facts(plan.preview(), plan.profile(), context);
    // Each run takes another number.
    members.shift_remove("serial");
    members.insert("grants".to_owned(), json!(plan.grants()));
    members.insert("findings".to_owned(), json!(plan.findings()));
    Value::Object(members)
}

fn facts(certificate: &Certificate, profile: &ProfileName, context: &Context) -> Map<String, Value> {
    let validity = ValidityReport::of(certificate.validity(), context.now);
    let members = json!({
        "serial": certificate.serial(),
        "subject": certificate.subject(),
        "names": certificate.extensions().subject_alt_names(),
        "issuer": certificate.issuer(),
        "profile": profile.as_str(),
        "not_before": validity.not_before,
        "not_after": validity.not_after,
        "key": certificate.public_key().to_string(),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
