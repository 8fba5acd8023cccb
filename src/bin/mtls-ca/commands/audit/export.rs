//! `mtls-ca audit export`: the chain for other programs.

use std::path::{Path, PathBuf};

use mtls_ca::audit::filter::Since;
use mtls_ca::audit::record::Record;
use mtls_ca::authority::Access;
use mtls_ca::ledger::LedgerError;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Write the events as lines of JSON that another program can verify
///
/// Each line has the event as it was hashed, its number, its hash and the hash before it; docs/audit.md
/// has a verifier of a few lines.
///
/// Examples:
///   mtls-ca audit export > events.jsonl
///   mtls-ca audit export --since 7d --out last-week.jsonl
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// From there on: 7d ago, event 120, or 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME|SEQ")]
    since: Option<Since>,
    /// Where they go; without it to standard output
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// Replace a file that is there already
    #[arg(long, requires = "out")]
    force: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let ca = context.open(Access::Read)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let output = out.map(|out| Output::plan(out, Readers::Owner, existing)).transpose()?;
    let (mut lines, mut count, mut begun) = (Vec::new(), 0_u64, false);
    ca.ledger().events::<LedgerError>(args.since.map_or(0, Since::first), |link| {
        // A chain has no gaps: from the first event that is wanted on, all are.
        let fits = |since: Since| Record::read(&link).is_some_and(|record| since.includes(&record, context.now));
        begun = begun || args.since.is_none_or(fits);
        if begun {
            lines.extend_from_slice(link.line().as_bytes());
            lines.push(b'\n');
            count += 1;
        }
        Ok(())
    })?;
    let head = ca.ledger().audit_head()?;
    let json = json!({ "exported": count, "file": out.map(view::path), "head": view::audit::head_json(head) });
    let Some(output) = output else {
        return Ok(match context.global.json {
            true => Answer::new("", json),
            false => Answer::new("", json).with_data(lines),
        });
    };
    output.write(&lines)?;
    Ok(Answer::new(format!("{count} events  {}\n", view::shown(output.path())), json))
}
