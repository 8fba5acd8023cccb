//! `mtls-ca doctor`: why do these files not work?

use std::path::{Path, PathBuf};

use mtls_ca::encoding::certificate;
use mtls_ca::examine::papers::gather;
use mtls_ca::keys::Passphrase;
use mtls_ca::recipe::doctor::{Wish, examine};
use mtls_ca::recipe::{self, Shelved};
use mtls_ca::store::layout::Layout;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::san::{DnsName, San};
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, Time};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Answer;
use crate::view;

/// Say why certificate files do not work, offline: cause, evidence, and what to type
///
/// Finds out what each file is, puts key, chain, trust and CRLs together, and names what any peer would
/// refuse. With --for, also what that system refuses: encodings, key forms, modes, algorithms, depth,
/// CRLs; and the name under which it knows the peer. Folders of versions (DIR/current) are understood.
///
/// Examples:
///   mtls-ca doctor server.crt server.key ca.crt --name api.internal
///   mtls-ca doctor --for nginx server.crt server.key ca.crt crl.pem
///   mtls-ca doctor --for envoy --as client billing.crt billing.key ca.crt
///   mtls-ca doctor --for kafka /etc/kafka/tls --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Certificates, keys, trust, CRLs, stores, in any order; or folders with them
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// The system: a name that `mtls-ca recipe` lists, or the folder of a recipe, with a slash
    #[arg(long = "for", value_name = "SYSTEM")]
    system: Option<String>,
    /// As what the certificate is presented; else what the system or the certificate says
    #[arg(long = "as", value_enum, value_name = "ROLE")]
    role: Option<RoleWord>,
    /// The name that the other side looks for
    #[arg(long, value_name = "HOST")]
    name: Option<String>,
    /// The password of PKCS#12 and Java key stores
    #[arg(long, value_name = "FILE")]
    store_password_file: Option<PathBuf>,
    /// Judge for this moment instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum RoleWord {
    /// It is connected to
    Server,
    /// It connects
    Client,
}

impl From<RoleWord> for Purpose {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Server => Self::Server,
            RoleWord::Client => Self::Client,
        }
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let system = args.system.as_deref().map(recipe::find).transpose()?;
    let name = args.name.as_deref().map(host).transpose()?;
    let password = password(args.store_password_file.as_deref(), context)?;
    let now = args.at.map_or(context.now, Now::at);
    let papers = gather(&args.files, password.as_ref(), now)?;
    let trust = trusted(context);
    let wish = Wish {
        system: system.as_ref(),
        role: args.role.map(Purpose::from),
        name: name.as_ref(),
        trust: &trust,
        deployment: None,
    };
    Ok(view::doctor::answer(&examine(&papers, &wish, now), system.as_ref().map(title), context))
}

/// The same over the folder of a deployment: `recipe --check`.
pub fn check(system: &Shelved, folder: &Path, context: &Context) -> Result<Answer, Failure> {
    let papers = gather(&[folder.to_owned()], None, context.now)?;
    let trust = trusted(context);
    let wish = Wish { system: Some(system), role: None, name: None, trust: &trust, deployment: Some(folder) };
    Ok(view::doctor::answer(&examine(&papers, &wish, context.now), Some(title(system)), context))
}

fn title(system: &Shelved) -> &str {
    &system.recipe.title
}

/// A host name, an address, or a name with its kind.
pub fn host(text: &str) -> Result<San, Failure> {
    let wrong = |error: mtls_ca::x509::san::NotASan| Failure::usage(error.to_string());
    match (text.parse(), text.contains(':')) {
        (Ok(address), _) => Ok(San::Ip(address)),
        (Err(_), true) => text.parse().map_err(wrong),
        (Err(_), false) => DnsName::parse(text).map(San::Dns).map_err(wrong),
    }
}

/// The password of stores.
fn password(file: Option<&Path>, context: &Context) -> Result<Option<Passphrase>, Failure> {
    file.map_or(Ok(None), |file| context.passphrase_from(Some(file), "the key store"))
}

/// Whom the CA directory says to trust, where there is one: for file sets without a trust file.
pub fn trusted(context: &Context) -> Vec<Certificate> {
    let trust = Layout::at(&context.global.ca_dir).trust();
    let read = trust.is_file().then(|| context.read_input(&trust).ok()).flatten();
    read.and_then(|bytes| certificate::read_all(&bytes).ok()).unwrap_or_default()
}
