//! A CA that was brought back, and what nobody can bring back.

use std::path::Path;

use mtls_ca::authority::Imported;
use mtls_ca::authority::restore::{Rebuilt, Restored};
use mtls_ca::words::typed::typed_path;
use mtls_ca::x509::general_name::escaped;
use mtls_ca::x509::revocation::RevocationList;
use serde_json::{Value, json};

use crate::context::Context;
use crate::output::Answer;
use crate::view;

/// What a ledger knows and certificates do not tell.
const NOT_KNOWN: [&str; 5] = [
    "certificates that are not among the files: hand them in later with `mtls-ca import certs`",
    "the requests, who asked, and by which profile: profiles are guessed from the extended key usages",
    "numbers that were reserved and never signed",
    "revocations that are on no CRL that was given",
    "the audit log until now: it begins anew with this restoration",
];

/// From a backup.
pub fn restored(restored: &Restored, context: &Context) -> Answer {
    let Restored { directory, manifest, unchecked_keys } = restored;
    let rows = [
        ("from", manifest.created.clone()),
        ("files", format!("{}, their digests as they should be", manifest.files.len())),
        ("audit log", format!("{} events, whole", manifest.audit_head.seq)),
    ];
    let option =
        if directory == Path::new("ca") { String::new() } else { format!(" --ca-dir {}", typed_path(directory)) };
    let text = format!("CA restored in {}\n{}", view::shown(directory), view::rows(&rows, context.style));
    let json = json!({
        "directory": view::path(directory),
        "manifest": view::backup::shown(manifest),
        "unchecked_keys": unchecked_keys.iter().map(|path| view::path(path)).collect::<Vec<_>>(),
        "merged": [],
    });
    let answer = Answer::new(text, json);
    let answer = unchecked_keys.iter().fold(answer, |answer, path| {
        answer.notice(format!(
            "`{}` is encrypted, and was not compared with its certificate; --key-passphrase-file does that",
            view::shown(path)
        ))
    });
    answer.notice(format!(
        "what was done after the backup is not here; take in the CRL that was published last: \
         mtls-ca{option} restore --crl CRL"
    ))
}

/// Into a CA that is there.
pub fn merged(directory: &Path) -> Answer {
    Answer::new(String::new(), json!({ "directory": view::path(directory), "merged": [] }))
}

/// Adds what a published CRL brought.
pub fn add(answer: &mut Answer, file: &Path, list: &RevocationList, imported: &Imported) {
    let Imported::Own { issuer, new } = imported else { return };
    let number = list.extensions().crl_number();
    let called = number.map_or(String::new(), |number| format!(" {number}"));
    answer.text.push_str(&format!(
        "CRL{called} of {issuer} in {}: {new} of its {} revocations were not known\n",
        view::shown(file),
        list.entries().len()
    ));
    let merged = json!({
        "file": view::path(file),
        "issuer": issuer,
        "number": number,
        "entries": list.entries().len(),
        "new": new,
    });
    if let Some(Value::Array(all)) = answer.json.get_mut("merged") {
        all.push(merged);
    }
    // The notice that asks for this has been obeyed.
    answer.notices.retain(|notice| !notice.contains("restore --crl"));
}

/// A ledger that was made again.
pub fn rebuilt(directory: &Path, rebuilt: &Rebuilt, context: &Context) -> Answer {
    let Rebuilt { issuers, active, inheritance, merged: _ } = rebuilt;
    let report = view::import::report(inheritance, false, context);
    let heads: String = issuers
        .iter()
        .map(|(number, certificate)| {
            let signs = if number == active { "  (signs)" } else { "" };
            format!("  {number}  {}{signs}\n", escaped(&certificate.subject().rfc4514()))
        })
        .collect();
    let gone: String = NOT_KNOWN.iter().map(|what| format!("  {what}\n")).collect();
    let text = format!(
        "ledger made again in {}\n{heads}\n{}\nnot to be known any more\n{gone}",
        view::shown(directory),
        report.text
    );
    let mut json = json!({ "directory": view::path(directory), "merged": [], "not_known": NOT_KNOWN });
    if let Some(members) = json.as_object_mut() {
        members.insert("rebuilt".to_owned(), Value::Object(report.json.clone()));
    }
    Answer { text, json: json.as_object().cloned().unwrap_or_default(), ..report }
}
