//! `mtls-ca check`: whether the CA directory is as it should be.

use mtls_ca::authority::check::{Checkup, KeyLook, Orphans, Repaired, check};
use mtls_ca::authority::{Access, Authority};
use mtls_ca::{Finding, Severity};
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::unlock;
use crate::view;

/// Check the CA directory, and repair what is safe to repair
///
/// Looks at modes and owners, keys, leftovers, reservations without a certificate, the ledger, and
/// whether ledger, audit log, CRLs and derived files agree. Exit code 3 where something is wrong.
///
/// Examples:
///   mtls-ca check
///   mtls-ca check --unlock --fail-on error
///   mtls-ca check --repair                       sign what was reserved when a command was ended
///   mtls-ca check --repair --abandon-pending     or give it up
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Open encrypted keys, to compare them with their certificates
    #[arg(long)]
    unlock: bool,
    /// From which severity on the exit code is 3
    #[arg(long, value_enum, default_value = "warning", value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Mend modes, leftovers, derived files and reservations; everything is told and put on record
    #[arg(long)]
    repair: bool,
    /// Give up reservations whose command was ended, instead of signing them
    #[arg(long, requires = "repair")]
    abandon_pending: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Notice,
}

impl FailOn {
    const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Notice => Severity::Notice,
        }
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let repaired = if args.repair { repair(args, context)? } else { Repaired::default() };
    let directory = &context.global.ca_dir;
    let checkup = if args.unlock {
        let ca = Authority::open(directory, Access::Read, context.patience())?;
        let passphrase = unlock::passphrase_of(&ca, &args.passphrase, context)?;
        check(directory, &KeyLook::Open(passphrase.as_ref()), context.now, context.patience())?
    } else {
        check(directory, &KeyLook::Outside, context.now, context.patience())?
    };
    let Checkup { findings, compared, log: _ } = &checkup;
    let typed = |finding: &Finding| Finding {
        hint: finding.hint.as_deref().map(|hint| context.typed(hint)),
        ..finding.clone()
    };
    let findings: Vec<Finding> = findings.iter().map(typed).collect();
    let json = json!({
        "findings": findings,
        "repaired": repaired.done,
        "signed": repaired.signed,
        "abandoned": repaired.abandoned,
        "rows": compared.rows,
        "events": compared.events,
    });
    let answer = Answer::new(view::check::text(&findings, &repaired, compared, context.style), json);
    let grave = findings.iter().find(|finding| finding.severity >= args.fail_on.severity());
    Ok(match grave {
        None => answer,
        Some(first) => {
            let failure = Failure::new(Exit::No, first.code, first.to_string());
            answer.refused(Exit::No, first.hint.iter().fold(failure, |failure, hint| failure.hint(hint.clone())))
        }
    })
}

/// Keys are asked for only where something has to be signed.
fn repair(args: &Args, context: &Context) -> Result<Repaired, Failure> {
    // What other commands would tell of it first is what is about to be mended.
    let mut ca = context.open_untold(&context.global.ca_dir, Access::Alone)?;
    if args.abandon_pending {
        return Ok(ca.repair(&Orphans::Abandon, &context.act())?);
    }
    if !ca.has_orphans()? {
        return Ok(ca.repair(&Orphans::Keep, &context.act())?);
    }
    let signers = unlock::each(&ca.generations()?, &args.passphrase, context)?;
    Ok(ca.repair(&Orphans::Sign(&signers), &context.act())?)
}
