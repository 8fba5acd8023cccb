//! Everybody whom a server or a client with mutual TLS may meet: one that belongs, and strangers of
//! each kind, made when the test runs.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::{self, Access, NewCa};
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::{Act, Authority, KeyOrder, LifetimeWish, Now, Order};

use super::caller::{Caller, Version};
pub use super::case::{Client, Peer};
use super::recipe::recipe;
use super::{Run, Workshop};

const DAY: i64 = 86_400;

/// How many CAs stand above a leaf, and what keys everybody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub tiers: u8,
    pub algorithm: &'static str,
    /// The issuing CA's path length; without one, the usual one of none below it.
    pub path_length: Option<u32>,
}

/// Root, issuing CA, leaf; P-256.
pub const DEEP: Shape = Shape { tiers: 3, algorithm: "ecdsa-p256", path_length: None };
/// Root, leaf; RSA-2048.
pub const FLAT: Shape = Shape { tiers: 2, algorithm: "rsa-2048", path_length: None };

impl Shape {
    /// The same in words for the matrix.
    pub fn said(self) -> String {
        let tiers = if self.tiers == 3 { "root, issuing CA, leaf" } else { "root, leaf" };
        format!("{tiers}, {}", self.algorithm)
    }
}

/// The files of one certificate.
#[derive(Debug, Clone)]
pub struct Identity {
    folder: PathBuf,
}

impl Identity {
    /// Leaf and chain.
    pub fn crt(&self) -> PathBuf {
        self.folder.join("tls.crt")
    }

    /// The key, in PKCS#8.
    pub fn key(&self) -> PathBuf {
        self.folder.join("tls.key")
    }

    /// Key, leaf and chain.
    pub fn combined(&self) -> PathBuf {
        self.folder.join("tls.pem")
    }
}

/// A CA, its strangers, and the folder in which they stand.
pub struct Cast<'a> {
    pub shop: &'a Workshop,
    pub shape: Shape,
    /// Whether `billing` is on the allow-list of the next recipe; nobody else is.
    pub allows: Cell<bool>,
}

impl<'a> Cast<'a> {
    /// Makes them all: the CA in `ca` (and the root in `root` above it), the strangers in `cast`, the
    /// set of CRLs in `published`.
    pub fn make(shop: &'a Workshop, shape: Shape) -> Self {
        let cast = Self { shop, shape, allows: Cell::new(true) };
        let month_ago = ago(30);
        cast.found("", "Fleet", month_ago);
        cast.found("impostor-", "Fleet", month_ago);
        cast.found("other-", "Stranger", month_ago);
        let day = Some("1d");
        cast.issue("ca", "clients/expired", &cast.billing("client"), day, ago(20));
        cast.issue("ca", "servers/expired", &cast.localhost("server"), day, ago(20));
        for (ca, folder) in [("other-ca", "other"), ("impostor-ca", "impostor"), ("ca", "revoked"), ("ca", "leaf")] {
            cast.issue(ca, &format!("clients/{folder}"), &cast.billing("client"), None, ago(1));
            cast.issue(ca, &format!("servers/{folder}"), &cast.localhost("server"), None, ago(1));
        }
        cast.issue("ca", "clients/server-only", &cast.billing("server"), None, ago(1));
        cast.issue("ca", "servers/client-only", &cast.localhost("client"), None, ago(1));
        let elsewhere = cast.order("server", "elsewhere.internal", &["dns:elsewhere.internal"]);
        cast.issue("ca", "servers/wrong-san", &elsewhere, None, ago(1));
        cast.cn_only();
        // A clock of the future is for a copy of the CA alone: its own would not go back afterwards.
        shop.tool("cp", &["-R", "ca", "ca-of-the-future"]).ok();
        cast.issue("ca-of-the-future", "clients/not-yet", &cast.billing("client"), None, ago(-5));
        cast.issue("ca-of-the-future", "servers/not-yet", &cast.localhost("server"), None, ago(-5));
        cast.issue("ca", "clients/another", &cast.order("client", "reports", &["dns:reports.internal"]), None, now());
        cast.issue("ca", "clients/ours", &cast.billing("client"), None, now());
        cast.issue("ca", "servers/good", &cast.localhost("server"), None, now());
        for side in ["clients", "servers"] {
            let text = cast.read(&format!("cast/{side}/leaf/tls.crt"));
            let leaf = pem::encode(&pem::parse_many(text).unwrap()[0]);
            cast.put(&format!("{side}/leaf"), leaf, cast.read(&format!("cast/{side}/leaf/tls.key")));
        }
        cast.publish();
        cast
    }

    /// The files of a client; nothing of one that shows none.
    pub fn client(&self, client: Client) -> Option<Identity> {
        let folder = match client {
            Client::Ours => "ours",
            Client::Another => "another",
            Client::Nobody => return None,
            Client::OtherCa => "other",
            Client::Impostor => "impostor",
            Client::Expired => "expired",
            Client::NotYetValid => "not-yet",
            Client::Revoked => "revoked",
            Client::ServerOnly => "server-only",
            Client::LeafOnly => "leaf",
        };
        Some(self.at(&format!("clients/{folder}")))
    }

    /// The files of a server.
    pub fn peer(&self, peer: Peer) -> Identity {
        let folder = match peer {
            Peer::Good => "good",
            Peer::WrongSan => "wrong-san",
            Peer::CnOnly => "cn-only",
            Peer::OtherCa => "other",
            Peer::Impostor => "impostor",
            Peer::Expired => "expired",
            Peer::NotYetValid => "not-yet",
            Peer::Revoked => "revoked",
            Peer::ClientOnly => "client-only",
            Peer::LeafOnly => "leaf",
        };
        self.at(&format!("servers/{folder}"))
    }

    /// The root alone.
    pub fn trust(&self) -> PathBuf {
        self.shop.path("ca/ca.crt")
    }

    /// The CRLs of all CAs of the chain in one file; `published` has each in one of its own as well.
    pub fn crls(&self) -> PathBuf {
        self.shop.path("published/crls.pem")
    }

    /// A PKCS#12 file of this certificate beside it, made by openssl.
    pub fn p12(&self, identity: &Identity, password: &str) -> PathBuf {
        let (path, pass) = (identity.folder.join("tls.p12"), format!("pass:{password}"));
        let files = [identity.key(), identity.crt()].map(|path| path.to_str().unwrap().to_owned());
        let words = ["pkcs12", "-export", "-name", "tls", "-inkey", &files[0], "-in", &files[1], "-passout", &pass];
        self.shop.tool("openssl", &[words.as_slice(), &["-out", path.to_str().unwrap()]].concat()).ok();
        path
    }

    /// A Java key store of this certificate beside it, made by keytool.
    pub fn jks(&self, identity: &Identity, password: &str) -> PathBuf {
        let (from, path) = (self.p12(identity, password), identity.folder.join("tls.jks"));
        let [from, to] = [&from, &path].map(|path| path.to_str().unwrap());
        let words = ["-importkeystore", "-noprompt", "-srcstoretype", "PKCS12", "-deststoretype", "JKS"];
        let stores = ["-srckeystore", from, "-destkeystore", to, "-srcstorepass", password, "-deststorepass", password];
        self.shop.tool("keytool", &[words.as_slice(), &stores].concat()).ok();
        path
    }

    /// `mtls-ca recipe` for this system, with `billing` on the allow-list where the cast allows it.
    pub fn recipe(&self, system: &str, args: &[&str], out: &str) -> Run {
        let allowed = self.client(Client::Ours).unwrap().crt();
        let words = ["--key-algorithm", self.shape.algorithm, "--allow", allowed.to_str().unwrap()];
        let words = if self.allows.get() { &words[..] } else { &words[..2] };
        recipe(self.shop, system, &[words, args].concat(), out)
    }

    /// A client of rustls with these files, which trusts the root.
    pub fn caller(&self, client: Client, version: Version) -> Caller {
        let files = self.client(client).map(|identity| (identity.crt(), identity.key()));
        let files = files.as_ref().map(|(crt, key)| (crt.as_path(), key.as_path()));
        Caller::new(files, &self.trust(), version).unwrap()
    }

    /// CRLs of every CA of the chain into `published`.
    fn publish(&self) {
        let mtls_ca = |words: &[&str]| drop(self.shop.mtls_ca(words).ok());
        fs::create_dir(self.shop.path("published")).unwrap();
        let settings = String::from_utf8(self.read("ca/ca.toml")).unwrap();
        self.shop.write("ca/ca.toml", format!("{settings}\n[publish]\ndir = \"../published\"\n"));
        if self.shape.tiers == 3 {
            mtls_ca(&["crl", "build", "--ca-dir", "root"]);
            mtls_ca(&["crl", "import", "root/issuers/g1/crl.pem"]);
        }
        let revoked = [self.client(Client::Revoked).unwrap(), self.peer(Peer::Revoked)];
        for identity in revoked {
            let path = identity.crt().to_str().unwrap().to_owned();
            mtls_ca(&["revoke", &path, "--reason", "keyCompromise"]);
        }
    }

    /// A CA, and the root above it where the shape has one: `ca` and `root`, with a word before.
    fn found(&self, before: &str, name: &str, now: Now) {
        let new = |what: &str| NewCa {
            name: Some(format!("{name} {what}")),
            key_algorithm: self.algorithm(),
            ..NewCa::plain()
        };
        let (root, ca) = (self.shop.path(&format!("{before}root")), self.shop.path(&format!("{before}ca")));
        if self.shape.tiers == 2 {
            authority::init(&ca, &new("Root"), &act(now)).unwrap();
            return;
        }
        authority::init(&root, &new("Root"), &act(now)).unwrap();
        let mut parent = open(&root);
        let signer = parent.unlock(None).unwrap();
        let issuing = NewCa { path_length: self.shape.path_length, ..new("Issuing") };
        authority::intermediate(&ca, &issuing, &mut parent, &signer, &act(now)).unwrap();
    }

    fn issue(&self, ca: &str, folder: &str, order: &KeyOrder, lifetime: Option<&str>, now: Now) {
        let mut ca = open(&self.shop.path(ca));
        let signer = ca.unlock(None).unwrap();
        let lifetime = lifetime.map(|lifetime| LifetimeWish::For(lifetime.parse().unwrap()));
        let order = KeyOrder { order: Order { lifetime, ..order.order.clone() }, ..order.clone() };
        let issued = ca.issue_key(&order, &signer, &act(now)).unwrap();
        self.put(folder, issued.certificate_pem(), issued.key_pem().unwrap().as_bytes());
    }

    fn order(&self, profile: &str, name: &str, sans: &[&str]) -> KeyOrder {
        let sans = sans.iter().map(|san| san.parse().unwrap()).collect();
        let subject = Some(format!("CN={name}").parse().unwrap());
        let order = Order { subject, sans, ..Order::default() };
        KeyOrder { profile: profile.parse().unwrap(), key_algorithm: self.algorithm(), order }
    }

    fn billing(&self, profile: &str) -> KeyOrder {
        self.order(profile, "billing", &["dns:billing.internal"])
    }

    fn localhost(&self, profile: &str) -> KeyOrder {
        self.order(profile, "localhost", &["dns:localhost", "ip:127.0.0.1"])
    }

    /// Our rules do not allow such a server; openssl signs it with our CA's key.
    fn cn_only(&self) {
        self.issue("ca", "servers/cn-only", &self.localhost("server"), None, ago(1));
        let (folder, issuer) = ("cast/servers/cn-only", "ca/issuers/g1/issuer");
        let [key, request, leaf] = ["tls.key", "tls.csr", "leaf.crt"].map(|name| format!("{folder}/{name}"));
        let [ca, ca_key] = ["crt", "key"].map(|end| format!("{issuer}.{end}"));
        self.shop
            .write("cast/cn-only.cnf", "[leaf]\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
        let openssl = |words: &[&str]| drop(self.shop.tool("openssl", words).ok());
        openssl(&["req", "-new", "-key", &key, "-subj", "/CN=localhost", "-out", &request]);
        let words = ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-days", "30", "-out", &leaf];
        openssl(&[words.as_slice(), &["-extfile", "cast/cn-only.cnf", "-extensions", "leaf"]].concat());
        let mut blocks = pem::parse_many(self.read(&format!("{folder}/tls.crt"))).unwrap();
        blocks[0] = pem::parse(self.read(&leaf)).unwrap();
        self.put("servers/cn-only", pem::encode_many(&blocks), self.read(&key));
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.shape.algorithm.parse().unwrap()
    }

    fn at(&self, folder: &str) -> Identity {
        Identity { folder: self.shop.path(&format!("cast/{folder}")) }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        self.shop.read(name)
    }

    fn put(&self, folder: &str, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let combined = [key, chain].concat();
        for (name, content, mode) in [("tls.crt", chain, 0o644), ("tls.key", key, 0o600), ("tls.pem", &combined, 0o600)]
        {
            let path = self.shop.write(&format!("cast/{folder}/{name}"), content);
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

fn now() -> Now {
    Now::from_system()
}

/// So many days before now; after it, where negative.
fn ago(days: i64) -> Now {
    Now::at(now().time().plus_seconds(-days * DAY))
}

fn act(now: Now) -> Act {
    Act::of_process("test", now)
}

fn open(directory: &Path) -> Authority {
    Authority::open(directory, Access::Sign, Duration::from_secs(20)).unwrap()
}

#[test]
#[ignore = "run by ./tests/run.sh interop cast"]
fn cast_stands_as_openssl_sees_it() {
    let Some(shop) = Workshop::open("cast", &["openssl"]) else { return };
    let cast = Cast::make(&shop, DEEP);
    let judge = |identity: &Identity, purpose: &str, name: &[&str]| {
        let [trust, crls] = [cast.trust(), cast.crls()].map(|path| path.to_str().unwrap().to_owned());
        let crt = identity.crt().to_str().unwrap().to_owned();
        let words = ["verify", "-CAfile", &trust, "-CRLfile", &crls, "-crl_check_all", "-purpose", purpose];
        let run = shop.tool("openssl", &[words.as_slice(), name, &["-untrusted", &crt, &crt]].concat());
        if run.code == Some(0) { "ok".to_owned() } else { run.stderr }
    };
    for (client, said) in [
        (Client::Ours, "ok"),
        (Client::Another, "ok"),
        (Client::OtherCa, "unable to get local issuer certificate"),
        (Client::Impostor, "unable to get local issuer certificate"),
        (Client::Expired, "certificate has expired"),
        (Client::NotYetValid, "certificate is not yet valid"),
        (Client::Revoked, "certificate revoked"),
        (Client::ServerOnly, "unsuitable certificate purpose"),
        (Client::LeafOnly, "unable to get local issuer certificate"),
    ] {
        let seen = judge(&cast.client(client).unwrap(), "sslclient", &[]);
        assert!(seen.contains(said), "{client:?}: {seen}");
    }
    for (peer, said) in [
        (Peer::Good, "ok"),
        (Peer::CnOnly, "ok"),
        (Peer::WrongSan, "hostname mismatch"),
        (Peer::OtherCa, "unable to get local issuer certificate"),
        (Peer::Impostor, "unable to get local issuer certificate"),
        (Peer::Expired, "certificate has expired"),
        (Peer::NotYetValid, "certificate is not yet valid"),
        (Peer::Revoked, "certificate revoked"),
        (Peer::ClientOnly, "unsuitable certificate purpose"),
        (Peer::LeafOnly, "unable to get local issuer certificate"),
    ] {
        let seen = judge(&cast.peer(peer), "sslserver", &["-verify_hostname", "localhost"]);
        assert!(seen.contains(said), "{peer:?}: {seen}");
    }
}
