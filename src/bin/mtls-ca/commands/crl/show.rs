//! `mtls-ca crl show`: where each CRL stands, or what a file says.

use std::path::{Path, PathBuf};

use mtls_ca::authority::Access;
use mtls_ca::encoding::revocation;
use mtls_ca::examine::inspect::crl::CrlReport;
use mtls_ca::examine::inspect::{Content, Form, Item};
use mtls_ca::lint::crl::check;
use mtls_ca::store::read::read_limited;
use mtls_ca::x509::revocation::RevocationList;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// The largest CRL file that is read: a million entries are about 70 MB in PEM.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Show where the CRLs of this CA and of those above it stand, or what a CRL file says
///
/// Examples:
///   mtls-ca crl show
///   mtls-ca crl show /srv/pki/g1.crl
///   mtls-ca crl show --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A CRL in DER or PEM; without it, the CRLs of the CA
    file: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if let Some(file) = &args.file {
        return of_file(file, context);
    }
    let ca = context.open(Access::Read)?;
    let (own, above) = (ca.crl_states(context.now)?, ca.crl_states_above(context.now)?);
    let findings: Vec<mtls_ca::Finding> = own
        .iter()
        .flat_map(|state| &state.findings)
        .chain(above.iter().flat_map(|state| &state.findings))
        .cloned()
        .collect();
    let json = json!({ "generations": own, "above": above });
    Ok(Answer::new(view::crl::states(&own, &above, context), json).notices(view::findings(&findings)))
}

fn of_file(file: &Path, context: &Context) -> Result<Answer, Failure> {
    let bytes = if file == Path::new("-") { context.read_input(file)? } else { read_limited(file, LARGEST)? };
    let lists = revocation::read_all(&bytes).map_err(|error| Failure::unreadable(file, &error))?;
    let form = if bytes.starts_with(&[0x30]) { Form::Der } else { Form::Pem };
    let item = |list: RevocationList| {
        let remarks = check(&list);
        Item { content: Content::Crl(Box::new(CrlReport::of(list, context.now))), form, label: None, remarks }
    };
    let items: Vec<Item> = lists.into_iter().map(item).collect();
    Ok(Answer::new(view::inspect::text(&items, context.style), json!({ "items": items })))
}
