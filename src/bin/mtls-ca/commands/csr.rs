//! `mtls-ca csr`: a key and a request, for those without openssl.

use std::path::{Path, PathBuf};

use mtls_ca::bundle::deliver::{Role, apart, means_directory, plan_key, plan_public};
use mtls_ca::bundle::{pem, slug::slug};
use mtls_ca::enroll::csr::{CsrError, Wishes, request};
use mtls_ca::keys::{LockedKey, PrivateKey, seal_for_peers};
use mtls_ca::store::layout::Layout;
use mtls_ca::words::typed::typed_word;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::usage::ExtendedKeyUsage;
use mtls_ca::{NameText, San};
use serde_json::json;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::view;

/// Make a key and a certification request
///
/// Examples:
///   mtls-ca csr svc-a
///   mtls-ca csr api.internal --usage server --san api.internal --san 10.0.0.5 --out tls/
///   mtls-ca csr svc-a --key svc-a.key      (a request for a key that exists)
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What it is called: the common name, the files' name, and, where it is a host, address, URI or
    /// e-mail address and no --san is given, the subject alternative name
    name: String,
    /// A subject alternative name: api.internal, 10.0.0.5, spiffe://example.org/api, dns:…, ip:…, uri:…, email:…
    #[arg(long, value_name = "NAME")]
    san: Vec<San>,
    /// The whole subject in RFC 4514 text instead of CN=NAME
    #[arg(long, value_name = "NAME")]
    subject: Option<NameText>,
    /// What it is to be used for: server, client, or another extended key usage; repeat for both
    #[arg(long, value_name = "USAGE")]
    usage: Vec<ExtendedKeyUsage>,
    /// ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096 or rsa-8192
    #[arg(long, value_name = "ALGORITHM", conflicts_with = "key")]
    key_algorithm: Option<KeyAlgorithm>,
    /// Use this key instead of a new one
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the files go: a directory, or the request's name
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
    /// Replace a request that is there already; a key never is
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Encrypt the new key; needs a passphrase
    #[arg(long, conflicts_with = "key")]
    encrypt: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Answer, Failure> {
    let (request_file, key_file) = args.files();
    args.apart(&request_file, &key_file, context)?;
    let request_output = plan_public(request_file.clone(), args.force)?;
    let wishes = args.wishes()?;
    let (key, new_key) = match &args.key {
        Some(file) => (existing(file, args, context)?, None),
        None => {
            let output = plan_key(key_file.clone()).map_err(Failure::key_place)?;
            let passphrase = args.new_passphrase(&key_file, context)?;
            let key = PrivateKey::generate(args.key_algorithm.unwrap_or(KeyAlgorithm::EcdsaP256))
                .map_err(Failure::backend)?;
            let text = seal_for_peers(&key, passphrase.as_ref()).map_err(Failure::backend)?;
            (key, Some((output, text, passphrase.is_some())))
        }
    };
    let request = request(&key, &wishes).map_err(|error| unmade(&error, args))?;
    let encrypted = new_key.as_ref().map(|(_, _, encrypted)| *encrypted);
    // The key first: a request whose key is lost is worth nothing.
    if let Some((output, text, _)) = new_key {
        output.write(text.as_bytes()).map_err(Failure::key_place)?;
    }
    request_output.write(pem::request(&request).as_bytes())?;
    let names: Vec<String> = wishes.sans.iter().map(ToString::to_string).collect();
    let key_place = args.key.as_deref().unwrap_or(&key_file);
    let mut rows = vec![("subject", request.subject().rfc4514())];
    if !names.is_empty() {
        rows.push(("names", names.join(", ")));
    }
    rows.push(("key", format!("{} in {}", request.public_key(), view::shown(key_place))));
    let text = format!("{}\n{}", view::shown(&request_file), view::rows(&rows, context.style));
    let json = json!({
        "request": {
            "file": view::path(&request_file),
            "key_file": view::path(key_place),
            "key_encrypted": encrypted,
            "subject": request.subject(),
            "names": names,
            "key": request.public_key().to_string(),
            "pem": pem::request(&request),
        },
    });
    Ok(Answer::new(text, json))
}

fn unmade(error: &CsrError, args: &Args) -> Failure {
    match error {
        CsrError::KeyNotSecret(_) => Failure::new(Exit::Refused, "key_not_secret", error.to_string())
            .hint(format!("make a new key: mtls-ca csr {}", typed_word(&args.name))),
        _ => Failure::new(Exit::Failed, "csr", error.to_string()),
    }
}

fn existing(file: &Path, args: &Args, context: &Context) -> Result<PrivateKey, Failure> {
    let content = zeroize::Zeroizing::new(context.read_input(file)?);
    let locked = LockedKey::read(&content).map_err(|error| Failure::key(file, &error))?;
    let passphrase = match locked.is_encrypted() {
        true => context.passphrase(&args.passphrase, &format!("`{}`", file.display()))?,
        false => None,
    };
    locked.open(passphrase.as_ref()).map_err(|error| Failure::key(file, &error))
}

impl Args {
    /// `NAME.csr` and `NAME.key`, in the directory or beside the file that `--out` names.
    fn files(&self) -> (PathBuf, PathBuf) {
        let stem = slug(&self.name);
        match &self.out {
            Some(out) if means_directory(out) => (out.join(format!("{stem}.csr")), out.join(format!("{stem}.key"))),
            Some(out) => (out.clone(), out.with_extension("key")),
            None => (PathBuf::from(format!("{stem}.csr")), PathBuf::from(format!("{stem}.key"))),
        }
    }

    /// The request takes no other file's place, and lands in no CA's directory.
    fn apart(&self, request_file: &Path, key_file: &Path, context: &Context) -> Result<(), Failure> {
        let mut inputs = context.passphrase_files(&self.passphrase);
        let mut outputs = Vec::new();
        match &self.key {
            Some(file) => inputs.push(Role::new("the key", file)),
            None => outputs.push(Role::new("the key", key_file)),
        }
        outputs.push(Role::new("the request", request_file));
        let directory = context.global.ca_dir.as_path();
        // Requests are made where there is no CA; a directory of its name may be anything there.
        let ca = Layout::at(directory).is_there().then_some(directory);
        Ok(apart(&inputs, &outputs, ca)?)
    }

    fn wishes(&self) -> Result<Wishes, Failure> {
        let wishes = Wishes::named(&self.name, self.subject.clone(), self.san.clone())?;
        Ok(Wishes { usages: self.usage.clone(), ..wishes })
    }

    fn new_passphrase(&self, key_file: &Path, context: &Context) -> Result<Option<mtls_ca::keys::Passphrase>, Failure> {
        if !self.encrypt && self.passphrase.passphrase_file.is_none() && self.passphrase.passphrase_fd.is_none() {
            return Ok(None);
        }
        let given = context.new_passphrase(&self.passphrase, &format!("`{}`", key_file.display()), false)?;
        match given {
            None => Err(Failure::passphrase_missing("the new key")),
            some => Ok(some),
        }
    }
}
