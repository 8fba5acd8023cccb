//! `mtls-ca init`: a new CA.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{self, Access, Adoption, Authority, AuthorityError, NewCa, Past};
use mtls_ca::encoding::{certificate, revocation};
use mtls_ca::examine::container;
use mtls_ca::keys::{LockedKey, OpenKeyError, Passphrase, PrivateKey};
use mtls_ca::policy::TrustDomain;
use mtls_ca::policy::constraints::{NotASubtree, parse_subtree};
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::constraints::{NameConstraints, Subtree};
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::{Lifetime, NameText, Time};

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::{unlock, view};

/// Make a CA: a root, an intermediate, or one that another tool made
///
/// Examples:
///   mtls-ca init --name "Example Root CA" --passphrase-file root.pass
///   mtls-ca init --ca-dir issuing --parent ca --permit dns:svc.internal
///   mtls-ca init --ca-dir issuing --request     (later: --complete issuing.crt --chain root.crt)
///   mtls-ca init --adopt old/ca.crt --adopt-key old/ca.key --crl old/crl.pem
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What people call it, and its common name
    #[arg(long)]
    name: Option<String>,
    /// Its organization (O)
    #[arg(long, conflicts_with = "subject")]
    organization: Option<String>,
    /// Its whole subject in RFC 4514 text: `CN=Example Root CA,O=Example`
    #[arg(long, value_name = "NAME")]
    subject: Option<NameText>,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, value_name = "ALGORITHM")]
    key_algorithm: Option<KeyAlgorithm>,
    /// How long it holds: 10y, 825d; y is 365 days
    #[arg(long, value_name = "TIME", conflicts_with = "not_after")]
    lifetime: Option<Lifetime>,
    /// Its last second: 2036-12-31T23:59:59Z
    #[arg(long, value_name = "WHEN")]
    not_after: Option<Time>,
    /// How many CAs may stand below it, one under the other
    #[arg(long, value_name = "N")]
    path_length: Option<u32>,
    /// What it may certify: dns:svc.internal, ip:10.0.0.0/8, uri:example.org, email:example.org, dn:O=Example
    #[arg(long, value_name = "KIND:NAME", value_parser = parse_subtree_text)]
    permit: Vec<Subtree>,
    /// What it may not certify, in the same forms
    #[arg(long, value_name = "KIND:NAME", value_parser = parse_subtree_text)]
    exclude: Vec<Subtree>,
    /// The one SPIFFE trust domain of its workloads
    #[arg(long, value_name = "DOMAIN")]
    trust_domain: Option<TrustDomain>,
    /// Make an intermediate, signed by the CA in this directory
    #[arg(long, value_name = "DIR", group = "way")]
    parent: Option<PathBuf>,
    /// The passphrase of the parent's key
    #[arg(long, value_name = "FILE", requires = "parent")]
    parent_passphrase_file: Option<PathBuf>,
    /// Make a key and a request, for a parent that is elsewhere
    #[arg(long, group = "way")]
    request: bool,
    /// The certificate that was made from the request; its chain may be in the same file
    #[arg(long, value_name = "CERT", group = "way")]
    complete: Option<PathBuf>,
    /// Take over the CA with this certificate
    #[arg(long, value_name = "CERT", group = "way", requires = "adopt_key")]
    adopt: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "KEY", requires = "adopt")]
    adopt_key: Option<PathBuf>,
    /// The passphrase of that key
    #[arg(long, value_name = "FILE", requires = "adopt")]
    adopt_passphrase_file: Option<PathBuf>,
    /// The certificates of the CAs above it, up to the root
    #[arg(long, value_name = "FILE")]
    chain: Vec<PathBuf>,
    /// Its last CRL: what it revoked so far
    #[arg(long, value_name = "FILE", requires = "adopt", conflicts_with = "without_history")]
    crl: Option<PathBuf>,
    /// Nothing that it issued before has to be known
    #[arg(long, requires = "adopt")]
    without_history: bool,
    /// Store the key unencrypted, with mode 0600
    #[arg(long)]
    no_passphrase: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

fn parse_subtree_text(text: &str) -> Result<Subtree, NotASubtree> {
    parse_subtree(text)
}

pub fn run(args: Args, context: &Context) -> Result<Answer, Failure> {
    args.check()?;
    let directory = context.global.ca_dir.clone();
    if args.adopt.is_some() {
        return adopt(args, &directory, context);
    }
    if let Some(file) = &args.complete {
        let certificates = certificates_of(file, &args.chain, context)?;
        let report = authority::complete(&directory, &certificates, &context.act())?;
        return Ok(view::ca::report(&report, "completed", context));
    }
    if args.request {
        let waiting = authority::request(&directory, &args.new_ca(context, &directory)?)?;
        return Ok(view::ca::waiting(&waiting));
    }
    let Some(parent_directory) = &args.parent else {
        let report = authority::init(&directory, &args.new_ca(context, &directory)?, &context.act())?;
        return Ok(view::ca::report(&report, "root", context));
    };
    let mut parent = context.open_at(parent_directory, Access::Sign)?;
    let signer = unlock::parent(&parent, parent_directory, args.parent_passphrase_file.as_deref(), context)?;
    let new = args.new_ca(context, &directory)?;
    let report = authority::intermediate(&directory, &new, &mut parent, &signer, &context.act())
        .map_err(|error| Failure::from(error).for_directory(parent_directory))?;
    // Servers that check CRLs want the parent's, too; a parent that cannot make one is told of later.
    let mut below = Authority::open(&directory, Access::Record, context.patience())?;
    let handed = parent.hand_down_crls(&mut below, &signer, &context.act());
    let answer = view::ca::report(&report, "intermediate", context);
    Ok(match handed {
        Ok(()) => answer,
        Err(error) => answer.notice(format!("the CRL of the parent is not here: {error}")),
    })
}

impl Args {
    /// Flags that would have no effect are refused.
    fn check(&self) -> Result<(), Failure> {
        let taken = self.adopt.is_some() || self.complete.is_some();
        let constrained = !self.permit.is_empty() || !self.exclude.is_empty() || self.path_length.is_some();
        let without_effect = [
            ("--subject", self.subject.is_some() && taken),
            ("--organization", self.organization.is_some() && taken),
            ("--key-algorithm", self.key_algorithm.is_some() && taken),
            (
                "--lifetime or --not-after",
                (self.lifetime.is_some() || self.not_after.is_some()) && (taken || self.request),
            ),
            ("--permit, --exclude or --path-length", constrained && (taken || self.request)),
            ("--name", self.name.is_some() && self.complete.is_some()),
            ("--trust-domain", self.trust_domain.is_some() && self.complete.is_some()),
            ("--no-passphrase", self.no_passphrase && self.complete.is_some()),
            ("--passphrase-file or --passphrase-fd", self.passphrase.is_given() && self.complete.is_some()),
        ];
        if !self.chain.is_empty() && !taken {
            return Err(Failure::usage("--chain has no effect without --complete or --adopt"));
        }
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Failure::usage("--name is empty"));
        }
        match without_effect.iter().find(|(_, idle)| *idle) {
            Some((flag, _)) if self.request => Err(Failure::usage(format!("{flag} has no effect with --request"))
                .hint("the parent decides: mtls-ca --ca-dir PARENT sign CSR --profile intermediate")),
            Some((flag, _)) => {
                Err(Failure::usage(format!("{flag} has no effect here: the certificate exists already")))
            }
            None => Ok(()),
        }
    }

    fn new_ca(&self, context: &Context, directory: &Path) -> Result<NewCa, Failure> {
        let of = format!("the CA's key in `{}`", directory.display());
        Ok(NewCa {
            name: self.name.clone(),
            organization: self.organization.clone(),
            subject: self.subject.clone(),
            key_algorithm: self.key_algorithm.unwrap_or(KeyAlgorithm::EcdsaP256),
            lifetime: self.lifetime.map(LifetimeWish::For).or(self.not_after.map(LifetimeWish::Until)),
            path_length: self.path_length,
            name_constraints: NameConstraints { permitted: self.permit.clone(), excluded: self.exclude.clone() },
            trust_domain: self.trust_domain.as_ref().map(ToString::to_string),
            passphrase: context.new_passphrase(&self.passphrase, &of, self.no_passphrase)?,
        })
    }
}

/// The certificates of the main file, then those of the chain's.
pub fn certificates_of(main: &Path, more: &[PathBuf], context: &Context) -> Result<Vec<Certificate>, Failure> {
    let mut certificates = Vec::new();
    for file in std::iter::once(main).chain(more.iter().map(PathBuf::as_path)) {
        let bytes = context.read_input(file)?;
        certificates.extend(certificate::read_all(&bytes).map_err(|error| Failure::unreadable(file, &error))?);
    }
    Ok(certificates)
}

fn adopt(args: Args, directory: &Path, context: &Context) -> Result<Answer, Failure> {
    let (Some(certificate), Some(key_file)) = (&args.adopt, &args.adopt_key) else {
        return Err(Failure::usage("--adopt and --adopt-key belong together"));
    };
    let content = zeroize::Zeroizing::new(context.read_input(key_file)?);
    let (certificates, key, old) = match container::store_kind(&content) {
        Some(_) => adopt_store(certificate, key_file, &content, &args, context)?,
        None => {
            let locked = LockedKey::read(&content).map_err(|error| Failure::key(key_file, &error))?;
            let old = match locked.is_encrypted() {
                true => {
                    let of = format!("`{}`", key_file.display());
                    context.passphrase_from(args.adopt_passphrase_file.as_deref(), &of)?
                }
                false => None,
            };
            let key = locked.open(old.as_ref());
            let key = key.map_err(|error| Failure::locked(key_file, &error, "--adopt-passphrase-file FILE"))?;
            (certificates_of(certificate, &args.chain, context)?, key, old)
        }
    };
    let passphrase = adopted_passphrase(&args, directory, context, old)?;
    let past = match &args.crl {
        Some(file) => {
            let mut lists =
                revocation::read_all(&context.read_input(file)?).map_err(|e| Failure::unreadable(file, &e))?;
            match (lists.pop(), lists.len()) {
                (Some(list), 0) => Past::Revoked(Box::new(list)),
                _ => {
                    return Err(Failure::new(
                        Exit::Failed,
                        "several_crls",
                        format!("`{}` holds several CRLs", file.display()),
                    ));
                }
            }
        }
        None if args.without_history => Past::Waived,
        None => Past::Unknown,
    };
    let past_is_unknown = matches!(past, Past::Unknown);
    let adoption = Adoption {
        certificates,
        key,
        passphrase,
        past,
        name: args.name.clone(),
        trust_domain: args.trust_domain.as_ref().map(ToString::to_string),
    };
    let report = authority::adopt(directory, adoption, &context.act()).map_err(|error| match error {
        AuthorityError::KeyMismatch(_) => AuthorityError::KeyMismatch(key_file.clone()).into(),
        other => Failure::from(other),
    })?;
    let answer = view::ca::report(&report, "adopted", context);
    Ok(if past_is_unknown {
        answer.notice(
            "what this CA revoked before is not known here; no CRL will be built until it is \
             (take in its records with `mtls-ca import`; or adopt it with --crl FILE or --without-history)",
        )
    } else {
        answer
    })
}

/// A CA out of a PKCS#12 or Java key store, with the certificates that are in it or beside it.
fn adopt_store(
    certificate: &Path,
    store: &Path,
    content: &[u8],
    args: &Args,
    context: &Context,
) -> Result<(Vec<Certificate>, PrivateKey, Option<Passphrase>), Failure> {
    let password = context.passphrase_from(args.adopt_passphrase_file.as_deref(), &format!("`{}`", store.display()))?;
    let opened = container::open(content, password.as_ref())
        .map_err(|error| Failure::contained(store, error, "--adopt-passphrase-file FILE"))?;
    let mut certificates = opened.certificates;
    if certificate != store {
        certificates = certificates_of(certificate, &args.chain, context)?;
    } else if !args.chain.is_empty() {
        let (first, more) =
            args.chain.split_first().map_or((certificate, &[][..]), |(first, more)| (first.as_path(), more));
        certificates.extend(certificates_of(first, more, context)?);
    }
    let key = opened.key.ok_or_else(|| Failure::key(store, &OpenKeyError::NoKey))?;
    Ok((certificates, key, password))
}

/// A key that came encrypted stays encrypted: with the new passphrase where one is given, else with
/// its old one.
fn adopted_passphrase(
    args: &Args,
    directory: &Path,
    context: &Context,
    old: Option<Passphrase>,
) -> Result<Option<Passphrase>, Failure> {
    let of = format!("the CA's key in `{}`", directory.display());
    if old.is_some() && !args.no_passphrase && !context.has_passphrase(&args.passphrase) {
        return Ok(old);
    }
    context.new_passphrase(&args.passphrase, &of, args.no_passphrase)
}
