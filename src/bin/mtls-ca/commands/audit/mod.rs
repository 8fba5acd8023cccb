//! `mtls-ca audit`: what is on record.

mod checkpoint;
mod export;
mod report;
mod show;
mod verify;

use mtls_ca::audit::filter::Filter;
use mtls_ca::audit::record::Record;
use mtls_ca::authority::Authority;
use mtls_ca::ledger::LedgerError;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// Show, export, sum up and verify the audit log
///
/// Examples:
///   mtls-ca audit show --since 7d --action issue
///   mtls-ca audit export --since 120 --out events.jsonl
///   mtls-ca audit report --since 7d
///   mtls-ca audit checkpoint --out /mnt/elsewhere/checkpoint.json
///   mtls-ca audit verify --since /mnt/elsewhere/checkpoint.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The events, the oldest first
    Show(show::Args),
    /// The events as lines of JSON that another program can verify
    Export(export::Args),
    /// What was issued, refused and revoked, by whom, and what was unusual
    Report(report::Args),
    /// Sign the end of the log; kept elsewhere, that shows later whether the end was cut off
    Checkpoint(checkpoint::Args),
    /// Name the first event that was altered, taken out or moved, and check the checkpoints
    Verify(verify::Args),
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.what {
        What::Show(args) => show::run(args, context),
        What::Export(args) => export::run(args, context),
        What::Report(args) => report::run(args, context),
        What::Checkpoint(args) => checkpoint::run(args, context),
        What::Verify(args) => verify::run(args, context),
    }
}

/// Hands over the events that are wanted. What cannot be read as an event is left to `verify`.
fn wanted(ca: &Authority, filter: &Filter, context: &Context, mut take: impl FnMut(Record)) -> Result<(), Failure> {
    let first = filter.since.map_or(0, mtls_ca::audit::filter::Since::first);
    ca.ledger().events::<LedgerError>(first, |link| {
        if let Some(record) = Record::read(&link).filter(|record| filter.wants(record, context.now)) {
            take(record);
        }
        Ok(())
    })?;
    Ok(())
}
