//! Private keys as files: what they are, and whom they belong to. Nothing of the private half.

use std::path::PathBuf;

use mtls_ca::authority::Authority;
use mtls_ca::examine::inspect::key::PrivateKeyReport;
use mtls_ca::ledger::Entry;
use serde_json::{Value, json};

use super::{path, rows};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// A key file, looked at.
pub struct Seen {
    pub file: PathBuf,
    pub report: PrivateKeyReport,
}

/// A block for each file.
pub fn answer(seen: &[Seen], ca: Option<&Authority>, context: &Context) -> Result<Answer, Failure> {
    let mut text = String::new();
    let mut keys = Vec::new();
    for one in seen {
        let (issuers, certificates) = owners(one, ca)?;
        text.push_str(&block(one, &issuers, &certificates, context));
        keys.push(document(one, &issuers, &certificates));
    }
    Ok(Answer::new(text, json!({ "keys": keys })))
}

/// The generations and the certificates of the ledger that the key belongs to, where its public half is
/// seen.
fn owners(seen: &Seen, ca: Option<&Authority>) -> Result<(Vec<String>, Vec<Entry>), Failure> {
    let (Some(public), Some(ca)) = (&seen.report.public_key, ca) else { return Ok((Vec::new(), Vec::new())) };
    let generations = ca.generations()?;
    let own = generations.iter().filter(|generation| *generation.certificate().public_key() == public.key);
    let issuers = own.map(|generation| generation.number().to_string()).collect();
    Ok((issuers, ca.ledger().by_public_key(&public.key.fingerprint())?))
}

fn block(seen: &Seen, issuers: &[String], certificates: &[Entry], context: &Context) -> String {
    let Seen { file, report } = seen;
    let unseen = if report.encrypted { "not to be seen without the passphrase" } else { "of a kind that is not read" };
    let algorithm = report.algorithm.clone().unwrap_or_else(|| unseen.to_owned());
    let encryption = match (report.encrypted, &report.protection) {
        (false, _) => "none: it lies in clear".to_owned(),
        (true, Some(protection)) => protection.clone(),
        (true, None) => "not known".to_owned(),
    };
    let mut facts = vec![("key", algorithm), ("form", report.container.words().to_owned()), ("encryption", encryption)];
    if let Some(public) = &report.public_key {
        facts.push(("key sha256", public.spki_sha256.hex.clone()));
    }
    facts.extend(issuers.iter().map(|issuer| ("issuer", issuer.clone())));
    facts.extend(certificates.iter().map(|entry| {
        let row = super::entry::Row::of(entry, context);
        ("certificate", format!("{} {} ({}, {})", row.serial, row.name, row.profile, row.status))
    }));
    format!("{}\n{}", super::shown(file), rows(&facts, context.style))
}

fn document(seen: &Seen, issuers: &[String], certificates: &[Entry]) -> Value {
    let Seen { file, report } = seen;
    json!({
        "file": path(file),
        "container": report.container,
        "encrypted": report.encrypted,
        "protection": report.protection,
        "algorithm": report.algorithm,
        "spki_sha256": report.public_key.as_ref().map(|public| &public.spki_sha256.hex),
        "issuers": issuers,
        "certificates": certificates.iter().map(|entry| entry.serial.to_string()).collect::<Vec<_>>(),
    })
}
