//! `export --layout`: what a system reads, out of a certificate or out of this CA.

use std::path::{Path, PathBuf};

use mtls_ca::authority::kubeadm::{ClusterOrder, Node, kubeadm};
use mtls_ca::authority::{Access, Authority, LayoutOrder};
use mtls_ca::bundle::deliver::{CERTIFICATE, KEY, KeyText, Role, TRUST, apart};
use mtls_ca::bundle::layout::{KubernetesName, Laid, Material, Naming, Placed, System, lay_out, put};
use mtls_ca::encoding::certificate;
use mtls_ca::store::FileError;
use mtls_ca::store::atomic::{Existing, Output, Readers};
use mtls_ca::store::attributes::Kind;
use mtls_ca::store::read::read_limited;
use mtls_ca::store::versions::Versions;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::x509::san::DnsName;
use mtls_ca::{AuthorityError, Lifetime, San};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::context::{Context, PassphraseArgs};
use crate::failure::Failure;
use crate::output::Answer;
use crate::successor::Word;
use crate::{unlock, view, which};

const LARGEST: u64 = 1024 * 1024;

/// What a system is handed.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Layouts")]
pub struct LayoutArgs {
    /// The files that a system reads, under its names: certbot, kubernetes, spiffe (of a certificate);
    /// cert-manager, istio, linkerd, vault, kubeadm, spiffe (of this CA, with its key)
    #[arg(long, value_name = "SYSTEM")]
    pub layout: Option<System>,
    /// The name of the secret; else the one that the system looks for
    #[arg(long, value_name = "NAME", requires = "layout")]
    pub secret_name: Option<KubernetesName>,
    /// The namespace of the secret
    #[arg(long, value_name = "NAME", requires = "layout")]
    pub namespace: Option<KubernetesName>,
    /// With istio: a CRL of every CA of the chain, too
    #[arg(long, requires = "layout")]
    pub crl: bool,
    /// With kubeadm: all certificates of this node of the control plane, and no key of a CA
    #[arg(long, value_name = "NODE", requires = "layout")]
    pub control_plane: Option<String>,
    /// With --control-plane: further names and addresses of the node
    #[arg(long, value_name = "NAME", requires = "control_plane")]
    pub san: Vec<San>,
    /// With --control-plane: where clients find the API server [default: NODE:6443]
    #[arg(long, value_name = "HOST:PORT", requires = "control_plane")]
    pub endpoint: Option<String>,
    /// With --control-plane: how long the certificates hold [default: 365d]
    #[arg(long, value_name = "TIME", requires = "control_plane")]
    pub lifetime: Option<Lifetime>,
}

/// A layout that was asked for, with the rest of the command line.
pub struct Request<'a> {
    pub system: System,
    pub args: &'a LayoutArgs,
    /// The certificate; none means this CA.
    pub which: Option<&'a str>,
    pub key: Option<&'a Path>,
    pub key_passphrase_file: Option<&'a Path>,
    pub out: Option<&'a Path>,
    pub force: bool,
    pub passphrase: &'a PassphraseArgs,
}

impl Request<'_> {
    /// Lays it out, and brings it to its place.
    pub fn run(&self, context: &Context) -> Result<Answer, Failure> {
        self.fits_together()?;
        if let Some(out) = self.out.filter(|out| *out != Path::new("-")) {
            let mut inputs = context.passphrase_files(self.passphrase);
            inputs.extend(self.key.map(|key| Role::new("the key", key)));
            apart(&inputs, &[Role::new("the layout", out)], Some(&context.global.ca_dir))?;
        }
        match (self.system, self.which) {
            (System::Kubeadm, _) => self.cluster(context),
            (_, Some(which)) => self.certificate(which, context),
            (_, None) => self.authority(context),
        }
    }

    fn fits_together(&self) -> Result<(), Failure> {
        let Self { system, args, which, .. } = self;
        let without_effect = |option: &str, of: &str| {
            Err(Failure::usage(format!("`{option}` has no effect with `--layout {system}`"))
                .hint(format!("it is for {of}")))
        };
        if args.crl && *system != System::Istio {
            return without_effect("--crl", "istio; `mtls-ca crl set` prints them for any other system");
        }
        if args.control_plane.is_some() && *system != System::Kubeadm {
            return without_effect("--control-plane", "kubeadm");
        }
        let named = args.secret_name.is_some() || args.namespace.is_some();
        if named && !matches!(system, System::Kubernetes | System::CertManager | System::Istio | System::Linkerd) {
            return without_effect("--secret-name and --namespace", "kubernetes, cert-manager, istio and linkerd");
        }
        match which {
            Some(_) if !system.takes_a_leaf() => Err(Failure::usage(format!(
                "`--layout {system}` is of a whole CA: name its directory, not a certificate"
            ))
            .hint(format!("mtls-ca --ca-dir DIR export --layout {system} --out DIR"))),
            None if !system.takes_a_ca() && *system != System::Spiffe => {
                Err(Failure::usage(format!("`--layout {system}` is of a certificate: which one?"))
                    .hint(format!("mtls-ca export NAME --layout {system} --key FILE --out DIR"))
                    .hint("mtls-ca list"))
            }
            None if self.key.is_some() => without_effect("--key", "the layouts of a certificate"),
            _ => Ok(()),
        }
    }

    fn naming(&self) -> Naming {
        Naming { name: self.args.secret_name.clone(), namespace: self.args.namespace.clone() }
    }

    fn authority(&self, context: &Context) -> Result<Answer, Failure> {
        let mut ca = context.open(Access::Record)?;
        let order = LayoutOrder { system: self.system, crls: self.args.crl, naming: self.naming() };
        let place = self.place()?;
        let signer = unlock::active(&ca, self.passphrase, context)?;
        let (laid, files) = ca.export_authority(&order, &signer, &context.act(), |laid| place.put(laid, self.force))?;
        self.answer(laid, files, &place)
    }

    fn certificate(&self, which: &str, context: &Context) -> Result<Answer, Failure> {
        let place = self.place()?;
        let found = self.found(which, context)?;
        let key = found.key.as_deref().map(|path| self.open_key(path, context)).transpose()?;
        let naming = self.naming();
        let material = Material {
            certificate: &found.certificate,
            chain: &found.chain,
            roots: &found.roots,
            key: key.as_ref().map(KeyText::key),
            crls: None,
            naming: &naming,
            now: context.now,
        };
        let laid = lay_out(self.system, &material).map_err(AuthorityError::from)?;
        let files = place.put(&laid, self.force)?;
        self.answer(laid, files, &place)
    }

    fn open_key(&self, path: &Path, context: &Context) -> Result<KeyText, Failure> {
        let text = Zeroizing::new(read_limited(path, LARGEST)?);
        let locked = |error| Failure::locked(path, &error, "--key-passphrase-file FILE");
        let is_locked = mtls_ca::keys::LockedKey::read(&text).map_err(locked)?.is_encrypted();
        let of = format!("the key `{}`", path.display());
        let passphrase = if is_locked { context.passphrase_from(self.key_passphrase_file, &of)? } else { None };
        KeyText::read(text, passphrase.as_ref()).map_err(locked)
    }

    fn found(&self, which: &str, context: &Context) -> Result<Found, Failure> {
        let beside = |path: &Path| {
            let named = path.with_extension("key");
            let key = self.key.map(Path::to_owned);
            key.or_else(|| [named, path.with_file_name(KEY)].into_iter().find(|key| key.is_file()))
        };
        match Word::of(which) {
            Word::Folder(folder) => {
                let at = |name| Versions::member(&folder, name);
                let (certificate, chain) = read(&at(CERTIFICATE))?;
                let (root, others) = read(&at(TRUST))?;
                let roots = std::iter::once(root).chain(others).collect();
                Ok(Found { certificate, chain, roots, key: beside(&at(CERTIFICATE)) })
            }
            Word::File(path) => {
                let (certificate, chain) = read(&path)?;
                let roots = context.open(Access::Read)?.trust()?;
                Ok(Found { certificate, chain, roots, key: beside(&path) })
            }
            Word::Ledger => {
                let ca = context.open(Access::Read)?;
                let entry = which::one(which, &ca, context)?;
                let certificate = stored(&entry, &ca)?;
                let chain = ca.generation(entry.issuer)?.chain();
                Ok(Found { certificate, chain, roots: ca.trust()?, key: self.key.map(Path::to_owned) })
            }
        }
    }

    fn cluster(&self, context: &Context) -> Result<Answer, Failure> {
        let Some(folder) = self.out.filter(|out| *out != Path::new("-")) else {
            return Err(Failure::usage("kubeadm's files are a folder").hint("name it: --out k8s"));
        };
        let mut ca = context.open(Access::Sign)?;
        let order = ClusterOrder {
            node: self.node()?,
            lifetime: self.args.lifetime.map(LifetimeWish::For),
            key_algorithm: KeyAlgorithm::EcdsaP256,
        };
        let signer = unlock::active(&ca, self.passphrase, context)?;
        let made = kubeadm(&mut ca, &signer, &order, folder, &context.act(), context.patience())?;
        let mut text = listed(&made.files);
        for (directory, is_new) in &made.authorities {
            let word = if *is_new { "made" } else { "used" };
            text.push_str(&format!("{}  ({word}: a CA directory)\n", view::shown(directory)));
        }
        let authorities: Vec<_> = made.authorities.iter().map(|(path, _)| view::path(path)).collect();
        let answer = Answer::new(
            text,
            json!({ "layout": self.system, "files": json_of(&made.files), "authorities": authorities, "findings": [] }),
        );
        Ok(match &self.args.control_plane {
            Some(_) => answer.notice(
                "the keys of the CAs stay in `authorities`: kubeadm is in its external CA mode, and renews nothing itself",
            ),
            None => answer.notice("the keys of the CAs are in there in clear, for kubeadm makes all other certificates with them"),
        })
    }

    fn node(&self) -> Result<Option<Node>, Failure> {
        let Some(name) = &self.args.control_plane else { return Ok(None) };
        let endpoint = self.args.endpoint.clone().unwrap_or_else(|| format!("{name}:6443"));
        let name = DnsName::parse(name).map_err(|error| Failure::usage(format!("`--control-plane`: {error}")))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if endpoint.is_empty() || !endpoint.chars().all(is_plain) {
            return Err(Failure::usage(format!("`--endpoint {endpoint}` is not of the form HOST:PORT"))
                .hint("--endpoint cp.internal:6443"));
        }
        Ok(Some(Node { name, sans: self.args.san.clone(), endpoint }))
    }

    fn place(&self) -> Result<Place<'_>, Failure> {
        let Some(out) = self.out else {
            let folder = Failure::usage("a layout goes to a folder, or as a document to a file or standard output");
            return Err(folder.hint("--out DIR").hint("--out secret.yaml").hint("--out - | kubectl apply -f -"));
        };
        let is_document = out.extension().is_some_and(|end| end == "yaml" || end == "yml");
        match () {
            () if out == Path::new("-") => Ok(Place::Stdout),
            () if is_document && !out.is_dir() => Ok(Place::Document(out)),
            () => Ok(Place::Folder(out)),
        }
        .and_then(|place| match (&place, self.system) {
            (Place::Folder(_), _) | (_, System::Kubernetes | System::CertManager | System::Istio | System::Linkerd) => {
                Ok(place)
            }
            _ => Err(Failure::usage(format!("`--layout {}` is a folder, and no document of Kubernetes", self.system))
                .hint("--out DIR")),
        })
    }

    fn answer(&self, laid: Laid, files: Vec<Placed>, place: &Place<'_>) -> Result<Answer, Failure> {
        let findings = laid.findings;
        let json = json!({ "layout": self.system, "files": json_of(&files), "findings": findings });
        let answer = Answer::new(listed(&files), json).notices(view::findings(&findings));
        Ok(match (place, laid.manifest) {
            (Place::Stdout, Some(document)) => answer.with_data(document.as_bytes().to_vec()),
            _ => answer,
        })
    }
}

struct Found {
    certificate: Certificate,
    chain: Vec<Certificate>,
    roots: Vec<Certificate>,
    key: Option<PathBuf>,
}

enum Place<'a> {
    Folder(&'a Path),
    Document(&'a Path),
    Stdout,
}

impl Place<'_> {
    fn put(&self, laid: &Laid, force: bool) -> Result<Vec<Placed>, FileError> {
        match self {
            Self::Stdout => Ok(Vec::new()),
            Self::Document(path) => {
                let text = laid.manifest.as_ref().map(|text| text.as_bytes()).unwrap_or_default();
                let existing = if force { Existing::Replace } else { Existing::Keep };
                Output::plan(*path, Readers::Owner, existing)?.write(text)?;
                Ok(vec![Placed { path: (*path).to_owned(), kind: Kind::Key }])
            }
            Self::Folder(folder) => put(folder, &laid.files, force),
        }
    }
}

fn listed(files: &[Placed]) -> String {
    files.iter().map(|file| format!("{}\n", view::shown(&file.path))).collect()
}

fn json_of(files: &[Placed]) -> Vec<Value> {
    files.iter().map(|file| json!({ "file": view::path(&file.path), "key": file.kind == Kind::Key })).collect()
}

fn read(path: &Path) -> Result<(Certificate, Vec<Certificate>), Failure> {
    let bytes = read_limited(path, LARGEST)?;
    let mut all = certificate::read_all(&bytes).map_err(|error| Failure::unreadable(path, &error))?;
    if all.is_empty() {
        return Err(AuthorityError::NoCertificate.into());
    }
    let rest = all.split_off(1);
    all.pop().map(|first| (first, rest)).ok_or_else(|| AuthorityError::NoCertificate.into())
}

fn stored(entry: &mtls_ca::ledger::Entry, ca: &Authority) -> Result<Certificate, Failure> {
    let der = ca.ledger().certificate(entry.id)?.ok_or(AuthorityError::NoCertificate)?;
    certificate::read(&der)
        .map_err(|source| AuthorityError::Unreadable { path: ca.ledger().path().to_owned(), source }.into())
}
