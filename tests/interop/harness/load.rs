//! Clients in a loop: each request with a connection and a full handshake of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mtls_ca::encoding::certificate;

use super::caller::{Caller, TLS12, TLS13, Version};

/// How many requests there are around each step at least.
pub const AROUND_EACH_STEP: usize = 200;

/// Whom the clients call, and what they want to hear.
#[derive(Clone)]
pub struct Target {
    pub port: u16,
    pub path: &'static str,
    /// The clients' folder of versions: key, chain and trust are read anew for each request, as by a
    /// process that is started for it.
    pub client: PathBuf,
    /// What the body of each answer has to contain: who the client was to the server.
    pub wanted: &'static str,
}

/// What the clients saw.
#[derive(Default)]
struct Seen {
    failed: Vec<String>,
    served: BTreeSet<String>,
    presented: BTreeSet<String>,
    bodies: BTreeMap<String, usize>,
}

/// Clients in a loop, one for each version of TLS.
pub struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    seen: Arc<Mutex<Seen>>,
    threads: Vec<JoinHandle<()>>,
    steps: Vec<(String, usize)>,
}

/// What came of it in the end.
pub struct Figures {
    pub requests: usize,
    /// How many requests there were around each step.
    pub steps: Vec<(String, usize)>,
    /// Serial numbers of the certificates that the server showed.
    pub served: BTreeSet<String>,
    /// Serial numbers of the certificates that the clients showed.
    pub presented: BTreeSet<String>,
    /// Each different body, and how often it came.
    pub bodies: BTreeMap<String, usize>,
}

impl Load {
    pub fn start(target: &Target) -> Self {
        let (stop, done, seen) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::default());
        let threads = [TLS12, TLS13].map(|version| {
            let (stop, done, target) = (Arc::clone(&stop), Arc::clone(&done), target.clone());
            let seen: Arc<Mutex<Seen>> = Arc::clone(&seen);
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let visit = visit(&target, version);
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    match visit {
                        Ok((served, presented, body)) => {
                            seen.served.insert(served);
                            seen.presented.insert(presented);
                            *seen.bodies.entry(body).or_default() += 1;
                        }
                        Err(error) => seen.failed.push(format!("{version:?}: {error}")),
                    }
                    drop(seen);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self { stop, done, seen, threads: threads.into(), steps: Vec::new() }
    }

    /// Takes a step while requests go on, and lets them go on for a while; none may have failed.
    pub fn around(&mut self, step: &str, take: impl FnOnce()) {
        let before = self.done();
        take();
        let after = self.done();
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.done() < after + AROUND_EACH_STEP {
            assert!(Instant::now() < deadline, "{step}: requests do not go on");
            thread::sleep(Duration::from_millis(5));
        }
        let failed = &self.seen.lock().unwrap_or_else(PoisonError::into_inner).failed;
        assert!(failed.is_empty(), "{step}: {} of {} failed: {}", failed.len(), self.done(), failed[0]);
        self.steps.push((step.to_owned(), self.done() - before));
    }

    /// Ends it; none may have failed.
    pub fn end(mut self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
        let requests = self.done();
        let Seen { failed, served, presented, bodies } =
            std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(failed.is_empty(), "{failed:?}");
        Figures { requests, steps: self.steps, served, presented, bodies }
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }
}

/// One request: the serial numbers of server and client, and the body.
fn visit(target: &Target, version: Version) -> Result<(String, String, String), String> {
    let Target { port, path, client, wanted } = target;
    let caller = of_folder(client, version)?;
    let mut line = caller.connect(*port)?;
    let page = line.get(path, false)?;
    if page.status != 200 || !page.body.contains(wanted) {
        return Err(format!("{} {}", page.status, page.body.chars().take(300).collect::<String>()));
    }
    Ok((serial(&line.certificate())?, serial(caller.certificate())?, page.body))
}

/// A client with the set that stands in a folder of versions now; `current` is followed once.
pub fn of_folder(folder: &Path, version: Version) -> Result<Caller, String> {
    let set = folder.join("current").canonicalize().map_err(|error| error.to_string())?;
    let [chain, key, trust] = ["tls.crt", "tls.key", "ca.crt"].map(|name| set.join(name));
    Caller::new(Some((&chain, &key)), &trust, version)
}

/// The serial number of the first certificate of a file.
pub fn serial_of(path: &Path) -> String {
    serial(&std::fs::read(path).unwrap()).unwrap()
}

pub fn serial(bytes: &[u8]) -> Result<String, String> {
    let certificates = certificate::read_all(bytes).map_err(|error| error.to_string())?;
    certificates.first().map(|leaf| leaf.serial().to_string()).ok_or_else(|| "no certificate".to_owned())
}
