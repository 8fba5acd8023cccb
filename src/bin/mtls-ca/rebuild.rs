//! CRLs of one or more generations, built with one passphrase, and what runs after them.

use std::ffi::OsString;

use mtls_ca::Lifetime;
use mtls_ca::authority::{Authority, CrlOrder};
use mtls_ca::ledger::CrlRecord;
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
    let mut records = Vec::new();
    for (issuer, signer) in issuers.iter().zip(&signers) {
        let order = CrlOrder { issuer: *issuer, lifetime: args.crl_lifetime };
        records.push(*ca.build_crl(&order, signer, &context.act())?.record());
    }
    after(ca, args, context)?;
    Ok(records)
}

/// Runs what is to run after files were brought out.
pub fn after(ca: &mut Authority, args: &RebuildArgs, context: &Context) -> Result<(), Failure> {
    match Hook::exec(args.publish_exec.iter().cloned()) {
        Some(hook) => Ok(ca.after_publishing(&hook, &context.act())?),
        None => Ok(()),
    }
}
