//! `mtls-ca key`: private keys as files.

use std::path::{Path, PathBuf};

use mtls_ca::authority::{Access, Authority};
use mtls_ca::bundle::deliver::{Role, apart, plan_key};
use mtls_ca::examine::inspect::{Content, inspect, inspect_unlocking};
use mtls_ca::keys::{LockedKey, Passphrase, PrivateKey, Resealing, SealFor, seal_for_peers};
use mtls_ca::store::layout::Layout;
use mtls_ca::x509::algorithm::KeyAlgorithm;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view::key::{Seen, answer};

/// Make a private key, change its passphrase, see what it is
///
/// Examples:
///   mtls-ca key generate --out api.key
///   mtls-ca key show api.key
///   mtls-ca key passphrase api.key --new-passphrase-file new
///   mtls-ca key passphrase --issuer              the keys of the CA itself
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A new private key, in PKCS#8 PEM with mode 0600
    Generate(GenerateArgs),
    /// Set, change or take away the passphrase of a key
    ///
    /// The new file is read back and compared before it takes the place of the old one; owner, mode and what
    /// else is in the file stay. `--issuer` changes all keys of the CA, which share one passphrase.
    Passphrase(ChangeArgs),
    /// The kind of a key, its encryption, its public half and the certificates that it belongs to
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
struct GenerateArgs {
    /// Where it goes; a key never takes the place of another file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM", default_value = "ecdsa-p256")]
    key_algorithm: KeyAlgorithm,
    /// Encrypt it; needs a passphrase
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The file
    #[arg(value_name = "FILE", required_unless_present = "issuer", conflicts_with = "issuer")]
    file: Option<PathBuf>,
    /// The keys of the CA itself
    #[arg(long)]
    issuer: bool,
}

#[derive(Debug, clap::Args)]
struct ChangeArgs {
    #[command(flatten)]
    which: Which,
    /// Read the new passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase")]
    new_passphrase_file: Option<PathBuf>,
    /// Take the passphrase away: the key lies in clear
    #[arg(long)]
    no_passphrase: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    match &args.what {
        What::Generate(args) => generate(args, context),
        What::Passphrase(args) => change(args, context),
        What::Show(args) => show(args, context),
    }
}

fn generate(args: &GenerateArgs, context: &Context) -> Result<Answer, Failure> {
    if args.out == Path::new("-") {
        let failure = Failure::usage("a private key goes to a file, not to standard output");
        return Err(failure.hint("mtls-ca key generate --out api.key"));
    }
    let directory = context.global.ca_dir.as_path();
    let ca = Layout::at(directory).is_there().then_some(directory);
    apart(&context.passphrase_files(&args.passphrase), &[Role::new("the key", &args.out)], ca)?;
    let output = plan_key(args.out.clone()).map_err(Failure::key_place)?;
    let of = format!("`{}`", args.out.display());
    let passphrase = match args.encrypt || args.passphrase.is_given() {
        true => match context.new_passphrase(&args.passphrase, &of, false)? {
            None => return Err(Failure::passphrase_missing("the new key")),
            given => given,
        },
        false => None,
    };
    let key = PrivateKey::generate(args.key_algorithm).map_err(Failure::backend)?;
    let text = seal_for_peers(&key, passphrase.as_ref()).map_err(Failure::backend)?;
    output.write(text.as_bytes()).map_err(Failure::key_place)?;
    answer(&[look(&args.out, passphrase.as_ref(), context)?], None, context)
}

fn change(args: &ChangeArgs, context: &Context) -> Result<Answer, Failure> {
    let new = |of: &str| match args.no_passphrase {
        true => Ok(None),
        false => context.new_passphrase_from(args.new_passphrase_file.as_deref(), of).map(Some),
    };
    let Some(file) = &args.which.file else {
        let mut ca = Authority::open(&context.global.ca_dir, Access::Sign, context.patience())?;
        let of = format!("the CA's keys in `{}`", context.global.ca_dir.display());
        let files = ca.key_files()?;
        let old = match files.iter().map(|file| is_encrypted(file, context)).collect::<Result<Vec<_>, _>>()? {
            encrypted if encrypted.contains(&true) => context.passphrase(&args.passphrase, &of)?,
            _ => None,
        };
        let new = new(&of)?;
        ca.change_passphrase(old.as_ref(), new.as_ref(), &context.act())?;
        let seen = files.iter().map(|file| look(file, new.as_ref(), context)).collect::<Result<Vec<_>, _>>()?;
        return answer(&seen, Some(&ca), context);
    };
    inside_no_ca(file, context)?;
    let of = format!("`{}`", file.display());
    let old = if is_encrypted(file, context)? { context.passphrase(&args.passphrase, &of)? } else { None };
    let new = new(&of)?;
    let change = Resealing::prepare(file, old.as_ref(), new.as_ref(), SealFor::Peers)?;
    change.map_err(|error| Failure::key(file, &error))?.write(new.as_ref())?;
    answer(&[look(file, new.as_ref(), context)?], None, context)
}

/// The CA's own keys belong together, and their changes into its log.
fn inside_no_ca(file: &Path, context: &Context) -> Result<(), Failure> {
    let outputs = [Role::new("the key", file)];
    let directory = context.global.ca_dir.as_path();
    let ca = Layout::at(directory).is_there().then_some(directory);
    apart(&[], &outputs, ca)
        .map_err(|error| Failure { hints: Vec::new(), ..error.into() }.hint("mtls-ca key passphrase --issuer"))
}

fn is_encrypted(file: &Path, context: &Context) -> Result<bool, Failure> {
    let content = zeroize::Zeroizing::new(context.read_input(file)?);
    LockedKey::read(&content).map(|locked| locked.is_encrypted()).map_err(|error| Failure::key(file, &error))
}

fn show(args: &ShowArgs, context: &Context) -> Result<Answer, Failure> {
    // As with `inspect`: only a passphrase that was named is used.
    let passphrase = match args.passphrase.is_given() {
        true => context.passphrase(&args.passphrase, "the key")?,
        false => None,
    };
    let there = Layout::at(&context.global.ca_dir).is_there();
    let ca = match there || args.which.issuer {
        true => Some(Authority::open(&context.global.ca_dir, Access::Read, context.patience())?),
        false => None,
    };
    let files = match (&args.which.file, &ca) {
        (Some(file), _) => vec![file.clone()],
        (None, Some(ca)) => ca.key_files()?,
        (None, None) => Vec::new(),
    };
    let seen: Vec<Seen> =
        files.iter().map(|file| look(file, passphrase.as_ref(), context)).collect::<Result<_, _>>()?;
    answer(&seen, ca.as_ref(), context)
}

/// The one private key of a file.
fn look(file: &Path, passphrase: Option<&Passphrase>, context: &Context) -> Result<Seen, Failure> {
    let content = zeroize::Zeroizing::new(context.read_input(file)?);
    let items = match passphrase {
        Some(passphrase) => inspect_unlocking(&content, passphrase, context.now),
        None => inspect(&content, context.now),
    };
    let items = items.map_err(|error| Failure::of_inspect(error, file))?;
    let report = items.into_iter().find_map(|item| match item.content {
        Content::PrivateKey(report) => Some(report),
        _ => None,
    });
    let report = report
        .ok_or_else(|| Failure::new(Exit::Failed, "no_key", format!("`{}` holds no private key", file.display())))?;
    Ok(Seen { file: file.to_owned(), report })
}
