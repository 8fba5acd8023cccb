//! `mtls-ca restore`: a CA from its backup, or from what is left of it.

use std::path::{Path, PathBuf};

use mtls_ca::authority::import::Source;
use mtls_ca::authority::restore::{is_encrypted, published, rebuild, restore};
use mtls_ca::authority::{Access, AuthorityError};

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Bring a CA back: from a backup, or a lost ledger from certificates and CRLs
///
/// A backup is checked before anything is written: digests, ledger, audit log, keys. Nothing is
/// overwritten. Then the CRL that was published last brings the revocations made after the backup.
///
/// Examples:
///   mtls-ca restore /media/safe/ca-2027-01-31.tar ca --crl /srv/pki/g1.crl
///   mtls-ca restore --crl /srv/pki/g1.crl                      (into the CA that is there)
///   mtls-ca restore --from-certs /srv/certs --crl /srv/pki/g1.crl   (its ledger.sqlite is lost)
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The backup
    #[arg(value_name = "FILE", requires = "directory", required_unless_present_any = ["crl", "from_certs"])]
    backup: Option<PathBuf>,
    /// The directory that is made; it must not be there yet
    #[arg(value_name = "DIR", id = "directory")]
    directory: Option<PathBuf>,
    /// Make the ledger of the CA directory again from these certificates
    #[arg(long, value_name = "FILE|DIR", num_args = 1.., conflicts_with = "backup")]
    from_certs: Vec<PathBuf>,
    /// A CRL of this CA as it was published: what it revokes is revoked here
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// There is no CRL, for nothing was ever revoked
    #[arg(long, requires = "from_certs", conflicts_with = "crl")]
    nothing_revoked: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The passphrase of the CA's key in the backup, to check that it is the right one
    #[arg(long, value_name = "FILE", requires = "backup")]
    key_passphrase_file: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    if let (Some(backup), Some(directory)) = (&args.backup, &args.directory) {
        return from_backup(args, backup, directory, context);
    }
    if args.passphrase.is_given() {
        return Err(Failure::usage("--passphrase-file and --passphrase-fd are for a backup that is encrypted"));
    }
    let directory = &context.global.ca_dir;
    if args.from_certs.is_empty() {
        return merge(args, directory, view::restore::merged(directory), context);
    }
    let source = Source::certificates(&args.from_certs)?;
    let source = args.crl.iter().try_fold(source, |source, crl| source.with_crl(crl))?;
    let source = if args.nothing_revoked { source.with_nothing_revoked() } else { source };
    let rebuilt = rebuild(directory, source, context.patience(), &context.act())?;
    Ok(view::restore::rebuilt(directory, &rebuilt, context))
}

fn from_backup(args: &Args, backup: &Path, directory: &Path, context: &Context) -> Result<Answer, Failure> {
    let passphrase = match is_encrypted(backup)? {
        true => context.passphrase(&args.passphrase, &format!("the backup `{}`", backup.display()))?,
        false if args.passphrase.is_given() => {
            return Err(Failure::usage(format!("`{}` is not encrypted, and no passphrase opens it", backup.display()))
                .hint("the passphrase of the CA's key has its own option: --key-passphrase-file FILE"));
        }
        false => None,
    };
    let key_passphrase = match &args.key_passphrase_file {
        Some(file) => context.passphrase_from(Some(file), "the CA's key")?,
        None => None,
    };
    let restored = restore(backup, passphrase.as_ref(), key_passphrase.as_ref(), directory, &context.act());
    let restored = restored.map_err(|error| match error {
        AuthorityError::NotEmpty(_) => Failure { hints: Vec::new(), ..error.into() }
            .hint("give DIR another name, or move away what is there; nothing was changed"),
        other => other.into(),
    })?;
    merge(args, directory, view::restore::restored(&restored, context), context)
}

/// Takes in what the published CRLs revoke.
fn merge(args: &Args, directory: &Path, mut answer: Answer, context: &Context) -> Result<Answer, Failure> {
    if args.crl.is_empty() {
        return Ok(answer);
    }
    let mut ca = context.open_at(directory, Access::Record)?;
    for file in &args.crl {
        for list in published(file)? {
            let imported = ca.merge_own_crl(&list, &context.act())?;
            view::restore::add(&mut answer, file, &list, &imported);
        }
    }
    Ok(answer)
}
