//! Which certificate of the ledger somebody means who wrote a serial number, fingerprint or name.

use mtls_ca::authority::Authority;
use mtls_ca::ledger::Entry;
use mtls_ca::words::typed::typed_word;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::view;

/// How many candidates are named where the answer is not clear.
const CANDIDATES: usize = 8;

/// Exactly one, or the candidates.
pub fn one(which: &str, ca: &Authority, context: &Context) -> Result<Entry, Failure> {
    let mut found = ca.ledger().find(which, CANDIDATES + 1)?;
    let line = |entry: &Entry| {
        let row = view::entry::Row::of(entry, context);
        format!("{}  # {}: {}, expires {}", row.serial, row.name, row.status, row.expires)
    };
    if found.len() > 1 {
        let message = format!("`{which}` means several certificates");
        let failure = Failure::new(Exit::Failed, "ambiguous", message);
        let failure = found
            .iter()
            .take(CANDIDATES)
            .fold(failure, |failure, entry| failure.hint(format!("{} {}", typed(context), line(entry))));
        let more = found.len() > CANDIDATES;
        return Err(if more {
            failure.hint(format!("and more: mtls-ca list --name {} --status all", typed_word(which)))
        } else {
            failure
        });
    }
    if let Some(entry) = found.pop() {
        return Ok(entry);
    }
    let failure = Failure::new(Exit::Failed, "unknown_certificate", format!("no certificate here is `{which}`"));
    let near = ca.ledger().candidates(which, CANDIDATES)?;
    Err(near
        .iter()
        .fold(failure, |failure, entry| failure.hint(format!("{} {}", typed(context), line(entry))))
        .hint("mtls-ca list --status all"))
}

/// The command as it was typed, which a candidate's number can be put behind.
fn typed(context: &Context) -> String {
    format!("mtls-ca {}", context.command)
}
