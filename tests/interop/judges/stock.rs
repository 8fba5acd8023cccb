//! The files that every judge is shown: made once for all of them, and listed in a table that programs in
//! other languages can read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{make, spoilt};
use crate::harness::Workshop;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Certificate,
    Crl,
    Ocsp,
}

/// One file to be judged, with all that a judge needs for it.
#[derive(Debug, Clone)]
pub struct Item {
    /// `ecdsa-p256/server`; what is wrong on purpose begins with `spoilt/`.
    pub id: String,
    pub kind: Kind,
    /// What it is for: `server`, `client`, `ocsp`, `document`, `ca`; of a response what it has to say.
    pub purposes: Vec<&'static str>,
    /// The host whose server it is.
    pub host: Option<&'static str>,
    /// PEM, with the same in DER beside it; a response is in DER alone.
    pub file: PathBuf,
    /// The certificate of the CA that signed it.
    pub issuer: PathBuf,
    /// The CAs between it and the root, the nearest first.
    pub chain: Option<PathBuf>,
    pub root: PathBuf,
    /// The lists of all CAs up to the root.
    pub crls: PathBuf,
    /// Of a list, a certificate that it does not revoke; of a response, the one that was asked about.
    pub about: Option<PathBuf>,
}

/// The certificates above a file, in PEM.
#[derive(Debug, Clone, Default)]
pub struct Above {
    /// The nearest first.
    pub between: Vec<String>,
    pub root: String,
    pub crls: String,
}

/// All files, in a folder below `target/tmp` that stays until they are made again.
pub struct Stock {
    pub items: Vec<Item>,
    pub manifest: PathBuf,
    /// Held until the process ends: two runs do not make them in the same place.
    _lock: fs::File,
}

impl Stock {
    /// The stock of this process.
    pub fn get() -> &'static Self {
        static STOCK: OnceLock<Stock> = OnceLock::new();
        STOCK.get_or_init(Self::make)
    }

    fn make() -> Self {
        let lock = fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("judges.lock")).unwrap();
        lock.lock().unwrap();
        let shop = Workshop::lasting("judges");
        let mut items = make::all(&shop);
        items.extend(spoilt::all(&shop, &items));
        let ids: std::collections::BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids.len(), items.len(), "each file has a name of its own");
        let manifest = shop.write("manifest.tsv", items.iter().map(Item::line).collect::<String>());
        Self { items, manifest, _lock: lock }
    }
}

impl Item {
    /// A certificate in PEM, below these.
    pub fn certificate(shop: &Workshop, id: &str, pem: &str, purposes: &[&'static str], above: &Above) -> Self {
        let item = Self::new(shop, id, Kind::Certificate, purposes, above);
        Self { file: item.put(shop, pem), ..item }
    }

    /// A list in PEM of the CA whose certificate is the first of these, and a certificate of that CA.
    pub fn crl(shop: &Workshop, id: &str, pem: &str, above: &Above, about: &str) -> Self {
        let item = Self::new(shop, id, Kind::Crl, &[], above);
        let about = Some(shop.write(&format!("items/{id}.about.pem"), about));
        Self { file: item.put(shop, pem), about, ..item }
    }

    /// A response in DER about a certificate of the CA that is the first of these.
    pub fn ocsp(shop: &Workshop, id: &str, der: &[u8], says: &'static str, above: &Above, about: &str) -> Self {
        let item = Self::new(shop, id, Kind::Ocsp, &[says], above);
        let about = Some(shop.write(&format!("items/{id}.about.pem"), about));
        Self { file: shop.write(&format!("items/{id}.der"), der), about, ..item }
    }

    pub fn at_host(self, host: &'static str) -> Self {
        Self { host: Some(host), ..self }
    }

    pub fn is_spoilt(&self) -> bool {
        self.id.starts_with("spoilt/")
    }

    /// The same in DER.
    pub fn der(&self) -> PathBuf {
        self.file.with_extension("der")
    }

    fn new(shop: &Workshop, id: &str, kind: Kind, purposes: &[&'static str], above: &Above) -> Self {
        let write = |what: &str, text: &str| shop.write(&format!("items/{id}.{what}.pem"), text);
        let Above { between, root, crls } = above;
        Self {
            id: id.to_owned(),
            kind,
            purposes: purposes.to_vec(),
            host: None,
            file: PathBuf::new(),
            issuer: write("issuer", between.first().unwrap_or(root)),
            chain: (!between.is_empty()).then(|| write("chain", &between.concat())),
            root: write("root", root),
            crls: write("crls", crls),
            about: None,
        }
    }

    fn put(&self, shop: &Workshop, pem: &str) -> PathBuf {
        let [block] = &pem::parse_many(pem).unwrap()[..] else { panic!("{}: not one block", self.id) };
        shop.write(&format!("items/{}.der", self.id), block.contents());
        shop.write(&format!("items/{}.pem", self.id), pem)
    }

    /// Its line of the table: name, kind, purposes, host, then files, with `-` for what it has not.
    fn line(&self) -> String {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let maybe = |file: &Option<PathBuf>| file.as_deref().map_or("-".to_owned(), path);
        let kind = match self.kind {
            Kind::Certificate => "certificate",
            Kind::Crl => "crl",
            Kind::Ocsp => "ocsp",
        };
        let purposes = if self.purposes.is_empty() { "-".to_owned() } else { self.purposes.join(",") };
        let words = [self.id.clone(), kind.to_owned(), purposes, self.host.unwrap_or("-").to_owned()];
        let files = [path(&self.file), path(&self.issuer), maybe(&self.chain), path(&self.root), path(&self.crls)];
        words.into_iter().chain(files).chain([maybe(&self.about)]).collect::<Vec<_>>().join("\t") + "\n"
    }
}
