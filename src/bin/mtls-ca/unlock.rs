//! The CA's keys, opened with the passphrase that they may need. All generations share one.

use std::path::Path;

use mtls_ca::authority::{Authority, AuthorityError, Generation, LockedIssuerKey, Signer, record_failed_unlock};
use mtls_ca::keys::Passphrase;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;

/// The key of the generation that signs.
pub fn active(ca: &Authority, args: &PassphraseArgs, context: &Context) -> Result<Signer, Failure> {
    let locked = ca.locked_key()?;
    let passphrase = passphrase(std::slice::from_ref(&locked), args, context)?;
    locked.unlock(passphrase.as_ref()).map_err(|error| refused(error, context))
}

/// A key that stayed closed; a wrong passphrase is put on record.
fn refused(error: AuthorityError, context: &Context) -> Failure {
    record(error, &context.global.ca_dir, context).into()
}

fn record(error: AuthorityError, directory: &Path, context: &Context) -> AuthorityError {
    record_failed_unlock(directory, &error, &context.act(), context.patience());
    error
}

/// The keys of several generations, in their order; the passphrase is asked for once.
pub fn each(generations: &[Generation], args: &PassphraseArgs, context: &Context) -> Result<Vec<Signer>, Failure> {
    let locked = generations.iter().map(Generation::locked_key).collect::<Result<Vec<_>, _>>()?;
    let passphrase = passphrase(&locked, args, context)?;
    let open = |key: LockedIssuerKey| {
        let own = if key.needs_passphrase() { passphrase.as_ref() } else { None };
        key.unlock(own)
    };
    locked.into_iter().map(open).collect::<Result<_, _>>().map_err(|error| refused(error, context))
}

/// The passphrase of the CA's keys, where they need one: for a key that is made, or opened later.
pub fn passphrase_of(ca: &Authority, args: &PassphraseArgs, context: &Context) -> Result<Option<Passphrase>, Failure> {
    passphrase(&[ca.locked_key()?], args, context)
}

/// The key of a CA that signs another one's certificate.
pub fn parent(
    parent: &Authority,
    directory: &Path,
    passphrase_file: Option<&Path>,
    context: &Context,
) -> Result<Signer, Failure> {
    let locked = parent.locked_key()?;
    let of = format!("the parent's key in `{}`", directory.display());
    let passphrase = match locked.needs_passphrase() {
        true => context.passphrase_from(passphrase_file, &of)?,
        false => None,
    };
    locked.unlock(passphrase.as_ref()).map_err(|error| match record(error, directory, context) {
        AuthorityError::Key { path, source } => Failure::locked(&path, &source, "--parent-passphrase-file FILE"),
        other => other.into(),
    })
}

fn passphrase(
    locked: &[LockedIssuerKey],
    args: &PassphraseArgs,
    context: &Context,
) -> Result<Option<Passphrase>, Failure> {
    passphrase_where(locked.iter().any(LockedIssuerKey::needs_passphrase), args, context)
}

/// The passphrase of the CA's keys, where they need one.
pub fn passphrase_where(needed: bool, args: &PassphraseArgs, context: &Context) -> Result<Option<Passphrase>, Failure> {
    if needed {
        return context.passphrase(args, &format!("the CA's key in `{}`", context.global.ca_dir.display()));
    }
    if args.is_given() {
        return Err(Failure::usage("the passphrase has no effect: the CA's key is not encrypted")
            .hint("leave out --passphrase-file and --passphrase-fd"));
    }
    Ok(None)
}
