//! CRLs of one or more generations, and OCSP responses, made with one passphrase, and what runs after
//! them.

use std::ffi::OsString;
use std::path::PathBuf;

use mtls_ca::Lifetime;
use mtls_ca::authority::{Authority, CrlOrder, Signer};
use mtls_ca::keys::Passphrase;
use mtls_ca::ledger::{CrlRecord, Entry};
use mtls_ca::store::hook::Hook;
use mtls_ca::store::layout::IssuerNumber;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::unlock;

/// How CRLs are built, wherever they are.
#[derive(Debug, Clone, clap::Args)]
pub struct RebuildArgs {
    /// How long the CRL holds; else what ca.toml says, else 7d, or 180d for a root that signs CAs only
    #[arg(long, value_name = "TIME")]
    pub crl_lifetime: Option<Lifetime>,
    /// Run this after CRLs were brought out, without a shell; it and its arguments come last
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true)]
    pub publish_exec: Vec<OsString>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// Builds the CRLs of these generations and brings them out; then runs what is to run.
pub fn crls(
    ca: &mut Authority,
    issuers: &[IssuerNumber],
    args: &RebuildArgs,
    context: &Context,
) -> Result<Vec<CrlRecord>, Failure> {
    if issuers.is_empty() {
        return Ok(Vec::new());
    }
    let generations = issuers.iter().map(|issuer| ca.generation(*issuer)).collect::<Result<Vec<_>, _>>()?;
    let signers = unlock::each(&generations, &args.passphrase, context)?;
    let records = build(ca, issuers, &signers, args, context)?;
    after(ca, args, context)?;
    Ok(records)
}

/// What peers are to hear of a revocation: CRLs, and OCSP responses where those are published. The first
/// may be there where the second could not be made.
#[derive(Debug, Default)]
pub struct BroughtOut {
    pub crls: Vec<CrlRecord>,
    /// Why the CRLs were not rebuilt.
    pub no_crls: Option<Failure>,
    pub responses: Vec<PathBuf>,
    /// Why the responses were not made anew.
    pub no_responses: Option<Failure>,
}

/// Builds the CRLs of these generations, and makes the published responses about these certificates anew.
pub fn all(
    ca: &mut Authority,
    behind: &[IssuerNumber],
    entries: &[Entry],
    args: &RebuildArgs,
    context: &Context,
) -> BroughtOut {
    let mut done = BroughtOut::default();
    let published: Vec<Entry> = entries.iter().filter(|entry| ca.publishes_ocsp(entry.issuer)).cloned().collect();
    if behind.is_empty() && published.is_empty() {
        return done;
    }
    let passphrase = match passphrase(ca, behind, !published.is_empty(), args, context) {
        Ok(passphrase) => passphrase,
        Err(failure) => return BroughtOut { no_crls: Some(failure), ..done },
    };
    let signers = behind.iter().map(|issuer| Ok(ca.generation(*issuer)?.locked_key()?.unlock(passphrase.as_ref())?));
    let built =
        signers.collect::<Result<Vec<_>, Failure>>().and_then(|signers| build(ca, behind, &signers, args, context));
    match built {
        Ok(records) => done.crls = records,
        Err(failure) => done.no_crls = Some(failure),
    }
    match ca.refresh_ocsp(&published, passphrase.as_ref(), &context.act()) {
        Ok(paths) => done.responses = paths,
        Err(error) => done.no_responses = Some(error.into()),
    }
    if done.no_crls.is_none()
        && let Err(failure) = after(ca, args, context)
    {
        done.no_crls = Some(failure);
    }
    done
}

/// The passphrase of the keys that are used, asked for once.
fn passphrase(
    ca: &Authority,
    behind: &[IssuerNumber],
    responds: bool,
    args: &RebuildArgs,
    context: &Context,
) -> Result<Option<Passphrase>, Failure> {
    let mut needed = responds && ca.answering_takes_passphrase(context.now)?;
    for issuer in behind {
        needed |= ca.generation(*issuer)?.locked_key()?.needs_passphrase();
    }
    unlock::passphrase_where(needed, &args.passphrase, context)
}

fn build(
    ca: &mut Authority,
    issuers: &[IssuerNumber],
    signers: &[Signer],
    args: &RebuildArgs,
    context: &Context,
) -> Result<Vec<CrlRecord>, Failure> {
    let mut records = Vec::new();
    for (issuer, signer) in issuers.iter().zip(signers) {
        let order = CrlOrder { issuer: *issuer, lifetime: args.crl_lifetime };
        records.push(*ca.build_crl(&order, signer, &context.act())?.record());
    }
    Ok(records)
}

/// Runs what is to run after files were brought out.
pub fn after(ca: &mut Authority, args: &RebuildArgs, context: &Context) -> Result<(), Failure> {
    match Hook::exec(args.publish_exec.iter().cloned()) {
        Some(hook) => Ok(ca.after_publishing(&hook, &context.act())?),
        None => Ok(()),
    }
}
