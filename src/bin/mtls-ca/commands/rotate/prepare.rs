//! `mtls-ca rotate prepare`: makes the next CA certificate, which signs nothing yet.

use std::path::PathBuf;

use mtls_ca::authority::rotate::{Reissue, Successor};
use mtls_ca::authority::{Access, Authority};
use mtls_ca::keys::Passphrase;
use mtls_ca::policy::constraints::parse_subtree;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::constraints::{NameConstraints, Subtree};
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Lifetime, Time};

use crate::commands::init::certificates_of;
use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::{unlock, view};

/// Make the next CA certificate: a new key under a name of its own, NAME G2
///
/// Both roots stand in ca.crt from now on, and the old root certifies the new one too, so that peers
/// who have only the old one accept certificates of the new. What is not said is as in the old one.
/// An intermediate is signed by its parent: --parent, or --request there and --complete back here.
///
/// Examples:
///   mtls-ca rotate prepare
///   mtls-ca --ca-dir issuing rotate prepare --parent ca
///   mtls-ca --ca-dir issuing rotate prepare --request
///   mtls-ca --ca-dir issuing rotate prepare --complete new.crt --chain root.crt
///   mtls-ca rotate prepare --keep-key --lifetime 10y
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = crate::cli::EXIT_CODES)]
pub struct Args {
    /// The common name of the new one
    #[arg(long, value_name = "NAME", conflicts_with_all = ["keep_key", "complete"])]
    name: Option<String>,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, value_name = "ALGORITHM", conflicts_with_all = ["keep_key", "complete"])]
    key_algorithm: Option<KeyAlgorithm>,
    /// How long it holds: 10y, 825d; y is 365 days
    #[arg(long, value_name = "TIME", conflicts_with_all = ["not_after", "request", "complete"])]
    lifetime: Option<Lifetime>,
    /// Its last second: 2036-12-31T23:59:59Z
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["request", "complete"])]
    not_after: Option<Time>,
    /// How many CAs may stand below it, one under the other
    #[arg(long, value_name = "N", conflicts_with_all = ["request", "complete"])]
    path_length: Option<u32>,
    /// What it may certify, in place of what the old one may: dns:svc.internal, ip:10.0.0.0/8
    #[arg(long, value_name = "KIND:NAME", value_parser = parse_subtree, conflicts_with_all = ["request", "complete"])]
    permit: Vec<Subtree>,
    /// What it may not certify, in the same forms
    #[arg(long, value_name = "KIND:NAME", value_parser = parse_subtree, conflicts_with_all = ["request", "complete"])]
    exclude: Vec<Subtree>,
    /// Only a new certificate for the same key and name
    #[arg(long)]
    keep_key: bool,
    /// Do not let the old root certify the new one
    #[arg(long, conflicts_with_all = ["keep_key", "parent", "request", "complete"])]
    no_cross: bool,
    #[command(flatten)]
    parent: super::ParentArgs,
    /// Make a key and a request, for a parent that is elsewhere
    #[arg(long, conflicts_with_all = ["parent", "complete"])]
    request: bool,
    /// The certificate that was made from the request; its chain may be in the same file
    #[arg(long, value_name = "CERT", conflicts_with = "parent")]
    complete: Option<PathBuf>,
    /// The certificates of the CAs above it, up to the root
    #[arg(long, value_name = "FILE", requires = "complete")]
    chain: Vec<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let mut ca = context.open(Access::Alone)?;
    if let Some(file) = &args.complete {
        let certificates = certificates_of(file, &args.chain, context)?;
        return if args.keep_key {
            args.told(ca.complete_reissue(&certificates, &context.act())?, &ca, context)
        } else {
            view::rotate::prepared(&ca.complete_successor(&certificates, &context.act())?, &ca, context)
        };
    }
    let passphrase = unlock::passphrase_of(&ca, &args.passphrase, context)?;
    if args.keep_key {
        args.reissue(&mut ca, passphrase.as_ref(), context)
    } else {
        args.prepare(&mut ca, passphrase.as_ref(), context)
    }
}

/// What was refused has made its key already, which the next try takes up.
fn with_key_left(failure: Failure, ca: &Authority) -> Failure {
    match ca.begun_key().filter(|_| failure.exit == Exit::Refused) {
        Some(key) => failure.hint(format!(
            "a new key waits in `{}` for the next `rotate prepare`; to throw it away: mtls-ca rotate undo",
            key.display()
        )),
        None => failure,
    }
}

impl Args {
    fn prepare(
        &self,
        ca: &mut Authority,
        passphrase: Option<&Passphrase>,
        context: &Context,
    ) -> Result<Answer, Failure> {
        let successor = self.successor();
        if self.request {
            return Ok(view::rotate::requested(&ca.request_successor(&successor, passphrase)?, context));
        }
        let made = match self.parent.open(ca, context)? {
            Some((mut parent, signer)) => {
                let made = ca.prepare_below(&successor, &mut parent, &signer, passphrase, &context.act());
                made.map_err(|error| self.parent.explain(error))
            }
            None => ca.prepare_root(&successor, passphrase, &context.act()).map_err(Failure::from),
        };
        let preparation = made.map_err(|failure| with_key_left(failure, ca))?;
        view::rotate::prepared(&preparation, ca, context)
    }

    fn reissue(
        &self,
        ca: &mut Authority,
        passphrase: Option<&Passphrase>,
        context: &Context,
    ) -> Result<Answer, Failure> {
        if self.request {
            let (request, file) = ca.request_reissue(passphrase)?;
            return Ok(view::rotate::reissue_requested(&request, &file, context));
        }
        let reissue = match self.parent.open(ca, context)? {
            Some((mut parent, signer)) => {
                let made = ca.reissue_below(&self.successor(), &mut parent, &signer, passphrase, &context.act());
                made.map_err(|error| self.parent.explain(error))?
            }
            None => ca.reissue_root(&self.successor(), passphrase, &context.act())?,
        };
        self.told(reissue, ca, context)
    }

    /// What was told of the certificate when the CA was opened is of one that is replaced by now.
    fn told(&self, mut reissue: Reissue, ca: &Authority, context: &Context) -> Result<Answer, Failure> {
        context.note_again(ca);
        self.parent.name_in(&mut reissue.findings);
        view::rotate::reissued(&reissue, ca, context)
    }

    fn successor(&self) -> Successor {
        let constrained = !self.permit.is_empty() || !self.exclude.is_empty();
        let constraints = NameConstraints { permitted: self.permit.clone(), excluded: self.exclude.clone() };
        Successor {
            name: self.name.clone(),
            key_algorithm: self.key_algorithm,
            lifetime: self.lifetime.map(LifetimeWish::For).or(self.not_after.map(LifetimeWish::Until)),
            path_length: self.path_length,
            name_constraints: constrained.then_some(constraints),
            without_cross: self.no_cross,
        }
    }
}
