//! One command, one file: its options, whose doc comments are the help, and a `run` that calls one
//! verb of the library.

pub mod audit;
pub mod backup;
pub mod bundle;
pub mod check;
pub mod completions;
pub mod crl;
pub mod csr;
pub mod doctor;
pub mod export;
pub mod fingerprint;
pub mod handshake;
pub mod import;
pub mod init;
pub mod inspect;
pub mod issue;
pub mod key;
pub mod lint;
pub mod list;
pub mod man;
pub mod needs_renewal;
pub mod ocsp;
pub mod profile;
pub mod recipe;
pub mod rekey;
pub mod renew;
pub mod restore;
pub mod revoke;
pub mod rotate;
pub mod show;
pub mod sign;
pub mod status;
pub mod verify;

use crate::cli::Command;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;

/// Runs the command that was typed.
pub fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
    match command {
        Command::Backup(args) => backup::run(&args, context),
        Command::Restore(args) => restore::run(&args, context),
        Command::Init(args) => init::run(args, context),
        Command::Csr(args) => csr::run(&args, context),
        Command::Sign(args) => sign::run(&args, context),
        Command::Issue(args) => issue::run(&args, context),
        Command::Renew(args) => renew::run(&args, context),
        Command::Rekey(args) => rekey::run(&args, context),
        Command::Revoke(args) => revoke::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::Bundle(args) => bundle::run(&args, context),
        Command::Crl(args) => crl::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Profile(args) => profile::run(&args, context),
        Command::Recipe(args) => recipe::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Audit(args) => audit::run(&args, context),
        Command::Rotate(args) => rotate::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Completions(args) => completions::run(&args),
        Command::Fingerprint(args) => fingerprint::run(&args, context),
        Command::Handshake(args) => handshake::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Inspect(args) => inspect::run(&args, context),
        Command::NeedsRenewal(args) => needs_renewal::run(&args, context),
        Command::Key(args) => key::run(&args, context),
        Command::Lint(args) => lint::run(&args, context),
        Command::Ocsp(args) => ocsp::run(&args, context),
        Command::Man(args) => man::run(args, context),
    }
}
