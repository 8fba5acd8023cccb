//! `mtls-ca crl import`: CRLs that others built.

use std::path::PathBuf;

use mtls_ca::authority::{Access, Authority, Imported};
use mtls_ca::encoding::revocation;
use mtls_ca::store::read::read_limited;
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// The largest CRL file that is read.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Take in a CRL of a CA above this one, or of this CA from before it was adopted or restored
///
/// Its signature is checked with the certificate of the CA that it names. The CRL of a CA above goes
/// into the set that peers need (`crl set`) and is watched for its end; one that is older than the
/// known one is refused. Of a CRL of this CA the revocations are recorded that the ledger does not know.
///
/// Examples:
///   mtls-ca crl import root.crl
///   mtls-ca crl import /srv/pki/g1.crl     after an old backup was restored
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A file with CRLs, in DER or PEM
    file: PathBuf,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let lists = revocation::read_all(&read_limited(&args.file, LARGEST)?)
        .map_err(|error| Failure::unreadable(&args.file, &error))?;
    let mut ca = Authority::open(&context.global.ca_dir, Access::Record, context.patience())?;
    let (mut text, mut imported) = (String::new(), Vec::<Value>::new());
    for list in &lists {
        let done = ca.import_crl(list, &context.act())?;
        text.push_str(&words(&done));
        imported.push(match done {
            Imported::Above { subject } => json!({ "issuer": subject, "next_update": list.next_update() }),
            Imported::Own { issuer, new } => {
                json!({ "issuer": issuer, "next_update": list.next_update(), "new_revocations": new })
            }
        });
    }
    // The set for peers may be whole now.
    ca.publish(context.now)?;
    Ok(Answer::new(text, json!({ "imported": imported })).notices(view::findings(&ca.warnings(context.now))))
}

fn words(imported: &Imported) -> String {
    match imported {
        Imported::Above { subject } => format!("CRL of {}\n", mtls_ca::x509::general_name::escaped(subject)),
        Imported::Own { issuer, new: 1 } => format!("CRL of {issuer}: 1 revocation was not known yet\n"),
        Imported::Own { issuer, new } => format!("CRL of {issuer}: {new} revocations were not known yet\n"),
    }
}
