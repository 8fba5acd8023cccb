//! OCSP answers, and what was made in advance.

use std::path::PathBuf;

use mtls_ca::authority::{BuiltResponses, OcspAnswer};
use mtls_ca::store::atomic::Output;
use mtls_ca::x509::ocsp::{CertStatus, SingleResponse};
use serde_json::{Value, json};

use super::{path, rows};
use crate::context::Context;

/// A line for each certificate that was asked about.
pub fn text(answer: &OcspAnswer, context: &Context) -> String {
    let OcspAnswer::Signed { response, issuer, .. } = answer else { return String::new() };
    let content = response.content();
    let lines: String = content.responses.iter().map(|one| format!("{}: {}\n", serial(one), status(one))).collect();
    let mut facts = vec![("issuer", issuer.to_string()), ("produced", content.produced_at.to_string())];
    if let Some(next) = content.responses.first().and_then(|one| one.next_update) {
        facts.push(("until", next.to_string()));
    }
    facts.push(("nonce", if content.nonce.is_some() { "repeated" } else { "none was asked for" }.to_owned()));
    format!("{lines}{}", rows(&facts, context.style))
}

fn serial(one: &SingleResponse) -> String {
    one.certificate.serial().to_string()
}

fn status(one: &SingleResponse) -> String {
    match one.status {
        CertStatus::Good => "good".to_owned(),
        CertStatus::Revoked { revoked_at, reason } => format!("revoked at {revoked_at} ({reason})"),
        CertStatus::Unknown => "unknown".to_owned(),
    }
}

pub fn json(answer: &OcspAnswer, output: Option<&Output>) -> Value {
    let response = data_encoding::BASE64.encode(answer.der());
    let file = output.map(|output| path(output.path()));
    match answer {
        OcspAnswer::Signed { response: signed, issuer, responder_is_new } => {
            let content = signed.content();
            let one = |one: &SingleResponse| {
                let (status, revoked_at, reason) = match one.status {
                    CertStatus::Good => ("good", None, None),
                    CertStatus::Revoked { revoked_at, reason } => ("revoked", Some(revoked_at), Some(reason)),
                    CertStatus::Unknown => ("unknown", None, None),
                };
                json!({
                    "serial": one.certificate.serial(),
                    "status": status,
                    "revoked_at": revoked_at,
                    "reason": reason,
                    "this_update": one.this_update,
                    "next_update": one.next_update,
                })
            };
            json!({ "answer": {
                "status": "successful",
                "issuer": issuer,
                "responder_is_new": responder_is_new,
                "produced_at": content.produced_at,
                "nonce": content.nonce.is_some(),
                "certificates": content.responses.iter().map(one).collect::<Vec<_>>(),
                "response": response,
                "file": file,
            } })
        }
        OcspAnswer::Refused { why, .. } => {
            json!({ "answer": { "status": why.to_string(), "certificates": [], "response": response, "file": file } })
        }
    }
}

/// A line for each response that was made anew.
pub fn refreshed(files: &[PathBuf]) -> String {
    files.iter().map(|file| format!("OCSP response  {}\n", crate::view::shown(file))).collect()
}

/// A block for each generation.
pub fn built_text(built: &[BuiltResponses], context: &Context) -> String {
    let block = |one: &BuiltResponses| {
        let BuiltResponses { issuer, folder, responder_is_new, responder_until, written, kept, removed } = one;
        let new = if *responder_is_new { ", made now" } else { "" };
        let facts = [
            ("folder", folder.display().to_string()),
            ("written", written.to_string()),
            ("kept", kept.to_string()),
            ("removed", removed.to_string()),
            ("responder", format!("until {responder_until}{new}")),
        ];
        format!("{issuer}\n{}", rows(&facts, context.style))
    };
    built.iter().map(block).collect()
}

pub fn built_json(built: &[BuiltResponses]) -> Value {
    let one = |one: &BuiltResponses| {
        let BuiltResponses { issuer, folder, responder_is_new, responder_until, written, kept, removed } = one;
        json!({
            "issuer": issuer,
            "folder": path(folder),
            "responder_is_new": responder_is_new,
            "responder_until": responder_until,
            "written": written,
            "kept": kept,
            "removed": removed,
        })
    };
    json!({ "built": built.iter().map(one).collect::<Vec<_>>() })
}
