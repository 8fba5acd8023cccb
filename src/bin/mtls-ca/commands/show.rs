//! `mtls-ca show`: one certificate of the ledger.

use clap::builder::NonEmptyStringValueParser;
use mtls_ca::authority::Access;
use mtls_ca::bundle::pem;
use mtls_ca::encoding::certificate;
use mtls_ca::ledger::Entry;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;
use crate::which;

/// Show one certificate that was issued here
///
/// Examples:
///   mtls-ca show 4f0c11…                   by serial number, fingerprint or name
///   mtls-ca show api.internal
///   mtls-ca show api.internal --pem > api.crt
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A serial number, a SHA-256 fingerprint, or a name
    #[arg(value_name = "SERIAL|FINGERPRINT|NAME", value_parser = NonEmptyStringValueParser::new())]
    which: String,
    /// Print the certificate with its chain, in PEM
    #[arg(long)]
    pem: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let entry = which::one(&args.which, &ca, context)?;
    let stored = ca.ledger().certificate(entry.id)?;
    let certificate = match &stored {
        Some(der) => Some(certificate::read(der).map_err(|error| Failure::unreadable(ca.ledger().path(), &error))?),
        None => None,
    };
    let chain = ca.generation(entry.issuer)?.chain();
    let whole = certificate.as_ref().map(|leaf| pem::certificates(std::iter::once(leaf).chain(&chain)));
    if args.pem && whole.is_none() {
        let message =
            format!("certificate {} was {} and has no bytes", entry.serial, view::entry::status(&entry, context));
        return Err(Failure::new(Exit::Failed, "no_certificate", message));
    }
    let text = if args.pem { whole.clone().unwrap_or_default() } else { text(&entry, context) };
    let mut json = json!({ "certificate": view::entry::json(&entry, context) });
    if let (Some(members), Some(whole)) =
        (json.pointer_mut("/certificate").and_then(|certificate| certificate.as_object_mut()), whole)
    {
        members.insert("certificate".to_owned(), json!(whole));
    }
    Ok(Answer::new(text, json))
}

fn text(entry: &Entry, context: &Context) -> String {
    let row = view::entry::Row::of(entry, context);
    let mut rows = vec![("status", row.status), ("subject", entry.subject.clone().unwrap_or_default())];
    let names: Vec<String> = entry
        .names
        .iter()
        .filter(|name| name.kind != "cn")
        .map(|name| format!("{}:{}", name.kind, name.value))
        .collect();
    if !names.is_empty() {
        rows.push(("names", names.join(", ")));
    }
    rows.push(("profile", entry.profile.clone().unwrap_or_default()));
    rows.push(("issuer", entry.issuer.to_string()));
    match view::entry::origin(entry) {
        Some(origin) => rows.push(("origin", origin)),
        None => rows.push(("requester", entry.requester.clone().unwrap_or_default())),
    }
    rows.push(("issued", entry.reserved_at.to_string()));
    rows.push(("expires", row.expires));
    if let Some(fingerprint) = entry.fingerprint {
        rows.push(("sha256", fingerprint.to_string()));
    }
    if let Some(revocation) = &entry.revocation {
        rows.push(("revoked", format!("{} ({})", revocation.revoked_at, revocation.reason)));
    }
    format!("{}\n{}", entry.serial, view::rows(&rows, context.style))
}
