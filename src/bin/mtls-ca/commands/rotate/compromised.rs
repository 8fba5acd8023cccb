//! `mtls-ca rotate compromised`: somebody else has the key of a CA certificate.

use mtls_ca::authority::rotate::{RotationError, Successor};
use mtls_ca::authority::{Access, AuthorityError};
use mtls_ca::store::layout::IssuerNumber;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::output::Answer;
use crate::{unlock, view};

/// Replace a CA certificate whose key others have, without waiting
///
/// The next one is made and signs at once, and the compromised one is dropped; this cannot be taken
/// back. An intermediate is revoked by its parent (cACompromise). A root can be revoked by nobody: what
/// peers have to do by hand is printed. Every live certificate is listed, to be issued again.
///
/// Examples:
///   mtls-ca --ca-dir issuing rotate compromised g1 --parent ca
///   mtls-ca rotate compromised g1 --json > reissue.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {
    /// Which one, as `rotate status` has it
    #[arg(value_name = "gN")]
    number: IssuerNumber,
    #[command(flatten)]
    parent: super::ParentArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Alone)?;
    let (number, act) = (args.number, context.act());
    let is_root = ca.generation(number)?.is_root();
    let passphrase = unlock::passphrase_of(&ca, &args.passphrase, context)?;
    let (successor, passphrase) = (Successor::default(), passphrase.as_ref());
    let compromise = match (args.parent.open(&ca, context)?, is_root) {
        (Some((mut parent, signer)), _) => ca
            .compromised_below(number, &successor, &mut parent, &signer, passphrase, &act)
            .map_err(|error| args.parent.explain(error))?,
        (None, true) => ca.compromised_root(number, &successor, passphrase, &act)?,
        (None, false) => match ca.compromised_elsewhere(number, &act) {
            Err(AuthorityError::Rotation(RotationError::NothingPrepared)) => {
                let compromised = ca.generation(number)?;
                let request = ca.request_successor(&successor, passphrase)?;
                return Ok(view::rotate::compromised_waits(&compromised, &request, context));
            }
            made => made?,
        },
    };
    view::rotate::compromised(&compromise, &ca, context)
}
