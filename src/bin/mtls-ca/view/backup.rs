//! A backup that was made.

use std::path::Path;

use mtls_ca::authority::backup::{Backup, Manifest};
use serde_json::{Value, json};

use crate::context::Context;
use crate::output::Answer;
use crate::view;
use mtls_ca::words::typed::typed_path;

/// What is in it, and how to get it back.
pub fn made(file: &Path, backup: Backup, context: &Context) -> Answer {
    let Backup { manifest, sha256, size, encrypted, bytes } = backup;
    let mut rows = vec![
        ("holds", format!("{} files, {} audit events", manifest.files.len(), manifest.audit_head.seq)),
        ("size", format!("{size} bytes")),
        ("sha256", sha256.to_string()),
    ];
    for issuer in &manifest.issuers {
        let number = issuer.last_crl_number.as_ref().map_or(String::new(), |number| format!(", CRL {number}"));
        rows.push(("issuer", format!("{} {}{number}", issuer.issuer, issuer.subject)));
    }
    let place = if bytes.is_some() { "standard output".to_owned() } else { view::shown(file) };
    let text = format!(
        "backup in {place}\n{}\nbring it back   mtls-ca restore {} DIR\n",
        view::rows(&rows, context.style),
        if bytes.is_some() { "FILE".to_owned() } else { typed_path(file) },
    );
    let json = json!({
        "backup": {
            "file": if bytes.is_some() { Value::Null } else { json!(view::path(file)) },
            "size": size,
            "sha256": sha256,
            "encrypted": encrypted,
            "manifest": shown(&manifest),
        },
    });
    let answer = Answer::new(text, json);
    let answer = match bytes {
        Some(bytes) => answer.with_data(bytes),
        None => answer,
    };
    if encrypted {
        answer
    } else {
        answer.notice("the backup holds the CA's keys as they are, so keep it as safe as them; --encrypt seals it")
    }
}

/// The manifest, for programs.
pub fn shown(manifest: &Manifest) -> Value {
    json!({
        "created": manifest.created,
        "created_by": manifest.created_by,
        "audit_events": manifest.audit_head.seq,
        "audit_hash": manifest.audit_head.hash,
        "issuers": manifest.issuers.iter().map(|issuer| json!({
            "issuer": issuer.issuer,
            "subject": issuer.subject,
            "sha256": issuer.sha256,
            "last_crl_number": issuer.last_crl_number,
        })).collect::<Vec<_>>(),
        "files": manifest.files.iter().map(|file| json!({
            "name": file.name.as_str(),
            "size": file.size,
            "sha256": file.sha256,
        })).collect::<Vec<_>>(),
    })
}
