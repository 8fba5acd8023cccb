//! Sixteen processes at once do all that a CA does, and are killed at random: afterwards every
//! certificate is known, no number was given twice, what was said to be done is done, and what was
//! revoked stays so.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use mtls_ca::encoding::{certificate, revocation};
use mtls_ca::enroll::csr::{self, Wishes};
use mtls_ca::keys::PrivateKey;
use mtls_ca::ledger::Ledger;
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, Question, verify};
use serde_json::Value;
use session::{Session, is_long, serials_in};

/// How many processes there are at any moment.
const PROCESSES: u32 = 16;
/// One in so many is killed.
const KILLED: u64 = 3;
/// Nothing takes as long as this, however busy the machine is.
const HANGING: Duration = Duration::from_secs(120);

/// What one of the sixteen does, one after the other, and what it was told.
struct Worker<'a> {
    session: &'a Session,
    number: u32,
    dice: u64,
    turn: u32,
    told: Told,
}

/// What was said to be done.
#[derive(Debug, Default)]
struct Told {
    /// Files whose certificate was handed out.
    files: Vec<String>,
    /// Serial numbers that were said to be revoked.
    revoked: BTreeSet<String>,
    /// Files that a backup is in.
    backups: Vec<String>,
    /// How many ended by themselves, and how many were killed, by verb.
    ended: BTreeMap<&'static str, (u32, u32)>,
}

const VERBS: [&str; 12] =
    ["sign", "sign", "sign", "issue", "issue", "renew", "renew", "revoke", "crl", "list", "backup", "batch"];

#[test]
#[ignore = "run by ./tests/run.sh faults"]
fn sixteen_processes_do_everything_at_once_and_are_killed_at_random() {
    let session = Session::new();
    session.ok(&["init"]);
    let until = Instant::now() + Duration::from_secs(if is_long() { 120 } else { 15 });
    let all = Mutex::new(Vec::new());
    scope(|scope| {
        for number in 0..PROCESSES {
            let (session, all) = (&session, &all);
            scope.spawn(move || {
                let dice = 0x9e37_79b9_7f4a_7c15 ^ (u64::from(number) << 32 | u64::from(std::process::id()));
                let mut worker = Worker { session, number, dice, turn: 0, told: Told::default() };
                while Instant::now() < until {
                    worker.next();
                }
                all.lock().unwrap().push(worker.told);
            });
        }
    });
    let all = all.into_inner().unwrap();
    let mut sums: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (verb, (ended, killed)) in all.iter().flat_map(|told| &told.ended) {
        let sum = sums.entry(verb).or_default();
        *sum = (sum.0 + ended, sum.1 + killed);
    }
    let (ended, killed) = sums.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(sums.values().all(|(ended, _)| *ended > 0) && killed > 0, "{sums:?}");

    let judged = judge(&session, &all);
    println!("COUNTED storm: {ended} processes ended and {killed} were killed ({sums:?}); {judged}");
}

impl Worker<'_> {
    /// One process of one verb.
    fn next(&mut self) {
        self.turn += 1;
        let verb = self.one_of(&VERBS).copied().unwrap_or_default();
        let name = format!("p{}-{}", self.number, self.turn);
        let files = std::mem::take(&mut self.told.files);
        let mine = self.one_of(&files).cloned();
        self.told.files = files;
        let file = format!("{name}.crt");
        match (verb, mine) {
            ("issue", _) => self.hands_out(verb, &["issue", &name, "--out", "."], &[&file]),
            ("renew", Some(mine)) => self.renew(verb, &mine, &file),
            ("revoke", Some(mine)) => self.revoke(verb, &mine),
            ("crl", _) => drop(self.run(verb, &["crl", "build"])),
            ("list", _) => self.list(verb),
            ("backup", _) => {
                let archive = format!("{name}.tar");
                if self.run(verb, &["backup", &archive]).is_some() {
                    // The disk of a test machine is not a safe.
                    let old = std::mem::replace(&mut self.told.backups, vec![archive]);
                    old.iter().for_each(|old| fs::remove_file(self.session.path().join(old)).unwrap());
                }
            }
            ("batch", _) => {
                let (requests, folder) = (format!("{name}.requests"), format!("{name}.d"));
                self.make_requests(&requests, &name);
                fs::create_dir(self.session.path().join(&folder)).unwrap();
                let words = ["sign", &requests, "--out", &folder];
                let files: Vec<String> = (0..4).map(|n| format!("{folder}/{n}.crt")).collect();
                // One that was killed is taken up again, as often as it takes.
                while self.run(verb, &words).is_none() {}
                self.told.files.extend(files);
            }
            _ => self.hands_out("sign", &["sign", "billing.csr", "--out", &file], &[&file]),
        }
    }

    /// A batch answers each request once, so that each has requests of its own.
    fn make_requests(&self, folder: &str, name: &str) {
        let folder = self.session.path().join(folder);
        fs::create_dir(&folder).unwrap();
        for n in 0..4 {
            let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
            let subject = format!("CN={name}-{n}").parse().unwrap();
            let request = csr::request(&key, &Wishes { subject, ..Wishes::default() }).unwrap();
            fs::write(folder.join(format!("{n}.csr")), request.der()).unwrap();
        }
    }

    fn hands_out(&mut self, verb: &'static str, words: &[&str], files: &[&str]) {
        if self.run(verb, words).is_some() {
            self.told.files.extend(files.iter().map(|file| (*file).to_owned()));
        }
    }

    fn renew(&mut self, verb: &'static str, mine: &str, file: &str) {
        let serial = self.serial(mine);
        // What was revoked has no successor, and says so.
        if !self.told.revoked.contains(&serial) {
            self.hands_out(verb, &["renew", &serial, "--out", file, "--force"], &[file]);
        }
    }

    fn revoke(&mut self, verb: &'static str, mine: &str) {
        let serial = self.serial(mine);
        if self.run(verb, &["revoke", &serial, "--reason", "superseded"]).is_some() {
            self.told.revoked.insert(serial);
        } else {
            // Killed, it may be revoked or not; it is not used any more.
            self.told.files.retain(|file| file != mine);
        }
    }

    /// Whatever this one was told of is in the list from then on.
    fn list(&mut self, verb: &'static str) {
        let Some(output) = self.run(verb, &["list", "--status", "all", "--json"]) else { return };
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = document["certificates"].as_array().unwrap();
        let states: BTreeMap<&str, &str> =
            rows.iter().map(|row| (row["serial"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
        assert_eq!(states.len(), rows.len(), "a number is there twice");
        for file in &self.told.files {
            let serial = self.serial(file);
            let known = states.get(serial.as_str()).copied();
            let expected = if self.told.revoked.contains(&serial) { "revoked" } else { "valid" };
            assert_eq!(known, Some(expected), "{file} ({serial})");
        }
    }

    fn serial(&self, file: &str) -> String {
        leaf(self.session, file)
    }

    /// Runs it to its end, or kills it on the way: then there is no output.
    fn run(&mut self, verb: &'static str, words: &[&str]) -> Option<Output> {
        let patient = [words, &["--lock-timeout", "100s"]].concat();
        let mut child = self.session.mtls_ca(&patient).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let is_killed = self.roll(KILLED) == 0;
        let moment = self.roll(usual());
        let counts = self.told.ended.entry(verb).or_default();
        if is_killed {
            counts.1 += 1;
            sleep(Duration::from_micros(moment));
            let _ = child.kill();
            child.wait().unwrap();
            return None;
        }
        let began = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(began.elapsed() < HANGING, "{words:?} took {:?}", began.elapsed());
        note(began.elapsed());
        counts.0 += 1;
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {}\n{told}", output.status);
        Some(output)
    }

    fn one_of<'b, T>(&mut self, all: &'b [T]) -> Option<&'b T> {
        let chosen = self.roll(all.len().max(1) as u64);
        all.get(usize::try_from(chosen).unwrap())
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }
}

/// Microseconds that a process takes here at the moment, so that kills fall into its whole life.
static USUAL: AtomicU32 = AtomicU32::new(100_000);

fn usual() -> u64 {
    u64::from(USUAL.load(Ordering::Relaxed)).max(1)
}

fn note(took: Duration) {
    let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX).min(2_000_000);
    USUAL.store(USUAL.load(Ordering::Relaxed) / 8 * 7 + took / 8, Ordering::Relaxed);
}

/// The number of the leaf in a file that holds its chain, too.
fn leaf(session: &Session, file: &str) -> String {
    let read = certificate::read_all(&fs::read(session.path().join(file)).unwrap()).unwrap();
    read.first().unwrap().serial().to_string()
}

/// What has to hold when all is quiet again.
fn judge(session: &Session, all: &[Told]) -> String {
    let began = Instant::now();
    session.mtls_ca(&["check", "--repair"]).output().unwrap();
    let output = session.mtls_ca(&["check", "--json"]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let errors: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
    // A kill between the ledger and the files of a CRL: built again, as its hint says.
    assert!(errors.iter().all(|error| error["code"] == "check.crl_differs"), "{errors:#?}");
    session.ok(&["crl", "build"]);
    session.ok(&["check"]);
    let ledger = Ledger::open_for_reading(&session.path().join("ca/ledger.sqlite"), Duration::from_secs(10)).unwrap();
    assert_eq!(ledger.check().unwrap(), [], "what the ledger finds in itself");

    // Every certificate on the disk is known, and each was handed out once.
    let states: BTreeMap<String, String> = session.ledger().into_iter().collect();
    let root = serials_in(&fs::read(session.path().join("ca/ca.crt")).unwrap());
    for path in session.files("") {
        if path.is_file() && path.extension().is_some_and(|extension| extension == "crt" || extension == "part") {
            for serial in serials_in(&fs::read(&path).unwrap()).difference(&root) {
                assert!(states.contains_key(serial), "{} holds {serial}, unknown to the ledger", path.display());
            }
        }
    }
    let told: Vec<&String> = all.iter().flat_map(|told| &told.files).collect();
    let serials: BTreeSet<String> = told.iter().map(|file| leaf(session, file)).collect();
    assert_eq!(serials.len(), told.len(), "a number was given twice");

    // What was said to be revoked is, and the CRL says so too; everything else holds.
    let crl = revocation::read(&fs::read(session.path().join("ca/issuers/g1/crl.der")).unwrap()).unwrap();
    let standing = ledger.crl_standing(IssuerNumber::FIRST).unwrap();
    assert_eq!((standing.pending, standing.last.map(|last| last.number)), (0, crl.number()));
    let listed: BTreeSet<String> = crl.entries().iter().map(|entry| entry.serial.to_string()).collect();
    let revoked: BTreeSet<&String> = all.iter().flat_map(|told| &told.revoked).collect();
    for serial in &revoked {
        assert_eq!(states.get(*serial).map(String::as_str), Some("revoked"), "{serial}");
    }
    let in_ledger: BTreeSet<String> =
        states.iter().filter(|(_, state)| *state == "revoked").map(|(serial, _)| serial.clone()).collect();
    assert_eq!(listed, in_ledger, "the CRL and the ledger");
    let trust = certificate::read_all(&fs::read(session.path().join("ca/ca.crt")).unwrap()).unwrap();
    let lists = [crl];
    for file in &told {
        let offered = certificate::read_all(&fs::read(session.path().join(file)).unwrap()).unwrap();
        let question = Question::new(&offered, &trust, Purpose::Client, Now::from_system());
        let answer = verify(&Question { crls: &lists, require_crl: true, ..question });
        let holds = !listed.contains(&leaf(session, file));
        assert_eq!(answer.verdict(), holds, "{file}: {:?}", answer.first_cause());
    }

    // Every backup is one that a CA comes back from.
    let backups: Vec<&String> = all.iter().flat_map(|told| &told.backups).collect();
    for (n, archive) in backups.iter().enumerate() {
        let back = format!("back-{n}");
        session.ok(&["restore", archive, &back]);
        let output = session.mtls_ca(&["--ca-dir", &back, "check", "--repair"]).output().unwrap();
        assert!(output.status.code().is_some_and(|code| [0, 3].contains(&code)), "{archive}");
        session.ok(&["--ca-dir", &back, "crl", "build"]);
        session.ok(&["--ca-dir", &back, "check"]);
        fs::remove_dir_all(session.path().join(&back)).unwrap();
    }
    format!(
        "{} rows, {} certificates handed out, {} revoked, {} backups brought back, judged in {} s",
        states.len(),
        told.len(),
        revoked.len(),
        backups.len(),
        began.elapsed().as_secs()
    )
}
