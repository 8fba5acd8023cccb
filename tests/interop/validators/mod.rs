//! The validators of systems that sign by themselves, or that read SPIFFE IDs: built from their own Go
//! modules in this folder. Each is asked of our layouts, and of files that openssl made; of those, our
//! layout has to say the same.

use std::path::Path;

use mtls_ca::AuthorityError;
use mtls_ca::bundle::layout::{LayoutError, Material, Naming, System, lay_out};
use mtls_ca::encoding::certificate;
use mtls_ca::keys::{LockedKey, PrivateKey};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::{Finding, Now};

use crate::harness::{Run, Workshop};

/// A workshop with the validators and openssl, or `None`, said loudly.
pub fn open(system: &str) -> Option<Workshop> {
    Workshop::open(system, &["validators", "openssl"])
}

/// What a system's validator says of a folder or file.
pub fn ask<S: AsRef<str>>(shop: &Workshop, system: &str, words: &[S]) -> Run {
    let words: Vec<&str> = [system].into_iter().chain(words.iter().map(AsRef::as_ref)).collect();
    shop.tool("validators", &words)
}

/// The version of a module that the validators are built with.
pub fn version(module: &str) -> String {
    let text = include_str!("go.mod");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(module));
    line.and_then(|rest| rest.split_whitespace().next()).unwrap().to_owned()
}

/// Certificates that openssl makes, each in `NAME.crt` with its key in `NAME.key`.
pub struct Openssl<'a>(pub &'a Workshop);

pub const CA: &str = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
                      subjectKeyIdentifier = hash\n";
pub const LEAF: &str = "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\n";

impl Openssl<'_> {
    /// One with a key of this kind (`P-256`, `rsa:3072`), signed by another one, or by itself.
    pub fn make(&self, name: &str, key: &str, issuer: Option<&str>, extensions: &str) {
        let shop = self.0;
        let (kind, option) = match key.strip_prefix("rsa:") {
            Some(bits) => ("RSA", format!("rsa_keygen_bits:{bits}")),
            None => ("EC", format!("ec_paramgen_curve:{key}")),
        };
        let (own_key, request) = (format!("{name}.key"), format!("{name}.csr"));
        shop.tool("openssl", &["genpkey", "-algorithm", kind, "-pkeyopt", &option, "-out", &own_key]).ok();
        let subject = format!("/CN={name}");
        shop.tool("openssl", &["req", "-new", "-key", &own_key, "-subj", &subject, "-out", &request]).ok();
        shop.write(&format!("{name}.ext"), extensions);
        let (certificate, extensions) = (format!("{name}.crt"), format!("{name}.ext"));
        let issuer = issuer.unwrap_or(name);
        let (above, above_key) = (format!("{issuer}.crt"), format!("{issuer}.key"));
        let mut words = vec!["x509", "-req", "-in", &request, "-days", "90", "-extfile", &extensions];
        words.extend(["-out", &certificate]);
        let days = if key == "P-384" { "-sha384" } else { "-sha256" };
        words.push(days);
        match issuer == name {
            true => words.extend(["-signkey", &own_key]),
            false => words.extend(["-CA", &above, "-CAkey", &above_key, "-CAcreateserial"]),
        }
        shop.tool("openssl", &words).ok();
    }

    /// An empty CRL of a CA.
    pub fn list(&self, name: &str) -> String {
        let shop = self.0;
        shop.write("index.txt", "");
        shop.write("crlnumber", "01\n");
        shop.write(
            "crl.cnf",
            "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\n\
             default_crl_days = 7\ncrl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n",
        );
        let (certificate, key, out) = (format!("{name}.crt"), format!("{name}.key"), format!("{name}.crl"));
        let words = ["ca", "-gencrl", "-config", "crl.cnf", "-cert", &certificate, "-keyfile", &key, "-out", &out];
        shop.tool("openssl", &words).ok();
        String::from_utf8(shop.read(&out)).unwrap()
    }

    pub fn text(&self, names: &[&str]) -> String {
        let read = |name: &&str| String::from_utf8(self.0.read(name)).unwrap();
        names.iter().map(read).collect()
    }

    pub fn certificate(&self, name: &str) -> Certificate {
        certificate::read_all(&self.0.read(&format!("{name}.crt"))).unwrap().remove(0)
    }

    pub fn key(&self, name: &str) -> PrivateKey {
        LockedKey::read(&self.0.read(&format!("{name}.key"))).unwrap().open(None).unwrap()
    }
}

/// What our layout says of certificates that openssl made: the codes of its rules, none where it accepts.
pub fn ours(system: System, pki: &Openssl, of: &Parts<'_>) -> Vec<&'static str> {
    let certificates = |names: &[&str]| names.iter().map(|name| pki.certificate(name)).collect::<Vec<_>>();
    let (chain, roots, naming) = (certificates(of.chain), certificates(of.roots), Naming::default());
    let (certificate, key) = (pki.certificate(of.certificate), pki.key(of.key));
    let material = Material {
        certificate: &certificate,
        chain: &chain,
        roots: &roots,
        key: Some(&key),
        crls: of.crls.as_deref(),
        naming: &naming,
        now: Now::from_system(),
    };
    match lay_out(system, &material).map_err(AuthorityError::from) {
        Ok(_) => Vec::new(),
        Err(AuthorityError::Layout(LayoutError::Refused { findings, .. })) => {
            findings.iter().filter(|finding| Finding::is_error(finding)).map(|finding| finding.code).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

/// Which of openssl's files are put together, by their names.
#[derive(Clone, Default)]
pub struct Parts<'a> {
    pub certificate: &'a str,
    pub key: &'a str,
    pub chain: &'a [&'a str],
    pub roots: &'a [&'a str],
    pub crls: Option<String>,
}

/// One of our own commands, which has to work.
pub fn made(shop: &Workshop, words: &str) {
    let words: Vec<&str> = words.split_whitespace().collect();
    shop.mtls_ca(&words).ok();
}

/// A folder of the repository's recipes, deployed for a system that signs by itself.
pub fn recipe(shop: &Workshop, system: &str, words: &[&str]) {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/recipes").join(system);
    let recipe = recipe.to_str().unwrap();
    let words: Vec<&str> = ["recipe", recipe].into_iter().chain(words.iter().copied()).collect();
    shop.mtls_ca(&words).ok();
}

/// Each document of a YAML file as PyYAML reads it, in JSON.
pub fn yaml(shop: &Workshop, file: &str) -> Vec<serde_json::Value> {
    let script = "import json, sys, yaml\nprint(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let read = shop.tool("venv:python", &["-c", script, file]).ok();
    serde_json::from_str(&read.stdout).unwrap()
}
