//! Where input is looked at: one moment, one CA in memory, one key of whoever asks. Made once for each thread.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use mtls_ca::authority::{Access, NewCa, init};
use mtls_ca::enroll::csr::{self, Wishes};
use mtls_ca::keys::{LockedKey, PrivateKey};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::request::Request;
use mtls_ca::{Act, Authority, KeyOrder, Now, Serial, Time};
use tempfile::TempDir;

use crate::cli::Cli;
use crate::context::Context;
use crate::output::Style;

/// Who is there.
pub struct Stage {
    /// A CA with the built-in profiles and no settings.
    pub ca: Authority,
    /// What the CA on the disk stands in.
    folder: TempDir,
    /// The context of a command that prints text.
    pub context: Context,
    /// The key of another CA, on the disk, for what has to be signed anew.
    pub key: PrivateKey,
    /// The certificate of that CA.
    pub root: Certificate,
    /// A certificate that it issued.
    pub leaf: Certificate,
    /// What others want certified: a client, and a server of several names.
    pub requests: Vec<Request>,
    /// The number of a certificate of the CA.
    pub serial: Serial,
    /// What the CA has answered.
    answers: u32,
}

/// The moment that everything happens at, 2026-09-21.
pub fn now() -> Now {
    Now::at(Time::from_unix(1_790_000_000).expect("a time of this century"))
}

/// Whoever acts.
pub fn act() -> Act {
    Act::of_process("fuzz", now())
}

/// Text without colours, as wide as it is.
pub fn plain() -> Style {
    Style { color: false, width: None }
}

/// Does something on the stage of this thread.
pub fn with<T>(done: impl FnOnce(&mut Stage) -> T) -> T {
    thread_local! {
        static STAGE: RefCell<Stage> = RefCell::new(Stage::new());
    }
    STAGE.with_borrow_mut(done)
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mtls-ca-fuzz-").tempdir().expect("a folder");
        let directory = folder.path().join("ca");
        let root = init(&directory, &NewCa::plain(), &act()).expect("a CA").certificate;
        let key = std::fs::read(directory.join("issuers/g1/issuer.key")).expect("the key's file");
        let key = LockedKey::read(&key).and_then(|key| key.open(None)).expect("a key in clear");
        let mut own = Authority::open(&directory, Access::Sign, Duration::ZERO).expect("the CA");
        let leaf = issued(&mut own, &KeyOrder::server("api.internal").expect("a name"));
        let requests = vec![request(&key, "CN=billing,O=Example", &[]), request(&key, "CN=api.internal", &SERVER)];
        let (ca, serial) = authority();
        Self { ca, folder, context: context(), key, root, leaf, requests, serial, answers: 0 }
    }

    /// The CA on the disk.
    pub fn directory(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    /// The CA keeps in memory what it has answered: after many answers there is another one.
    pub fn renew_after_many(&mut self) {
        self.answers += 1;
        if self.answers.is_multiple_of(20_000) {
            (self.ca, self.serial) = authority();
        }
    }
}

/// The names of a server.
const SERVER: [&str; 3] = ["api.internal", "10.0.0.5", "spiffe://example.org/api"];

fn authority() -> (Authority, Serial) {
    let mut ca = Authority::ephemeral(now()).expect("a CA in memory");
    let serial = issued(&mut ca, &KeyOrder::client("billing").expect("a name")).serial().clone();
    (ca, serial)
}

fn issued(ca: &mut Authority, order: &KeyOrder) -> Certificate {
    let signer = ca.unlock(None).expect("its key");
    ca.issue_key(order, &signer, &act()).expect("a certificate").issued().certificate().clone()
}

fn request(key: &PrivateKey, subject: &str, names: &[&str]) -> Request {
    let sans = names.iter().map(|name| name.parse().expect("a name")).collect();
    let subject = subject.parse().expect("a subject");
    csr::request(key, &Wishes { subject, sans, usages: Vec::new() }).expect("a request")
}

fn context() -> Context {
    let parsed = <Cli as clap::Parser>::try_parse_from(["mtls-ca", "list", "--color", "never"]);
    let mut context = Context::new(&parsed.expect("a command line"));
    (context.now, context.style) = (now(), plain());
    context
}
