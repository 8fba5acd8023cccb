//! Every file of a CA directory is taken away, cut off at every tenth, and spoiled in a byte, and every main
//! command meets it: it ends as it may, names the file, and changes nothing; or it does its work right.

mod session;
mod terminal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use session::{Session, serials_in};
use terminal::harmless;

/// What is typed in a session with a CA in `ca`, its parent in `root`, the request `x.csr`, and the
/// certificate `a`.
const COMMANDS: [(&str, &[&str]); 9] = [
    ("sign", &["sign", "x.csr", "--out", "new.crt"]),
    ("renew", &["renew", "a.crt", "--out", "new.crt"]),
    ("revoke", &["revoke", "a", "--reason", "superseded"]),
    ("crl", &["crl", "build"]),
    ("ocsp", &["ocsp", "build", "--out", "answers"]),
    ("backup", &["backup", "new.tar"]),
    ("list", &["list", "--status", "all"]),
    ("status", &["status"]),
    ("check", &["check"]),
];

/// The files of the CA directory, those of SQLite among them.
const FILES: usize = 12;

enum Damage {
    Missing,
    /// So many tenths are left.
    CutOff(usize),
    /// A bit of the byte at so many thousandths is another.
    Flipped(usize),
}

impl Damage {
    fn all() -> Vec<Self> {
        let flips = if session::is_long() { (0..1000).step_by(25).collect() } else { vec![1, 333, 500, 666, 999] };
        let cuts = (0..10).map(Self::CutOff);
        std::iter::once(Self::Missing).chain(cuts).chain(flips.into_iter().map(Self::Flipped)).collect()
    }

    fn name(&self) -> String {
        match self {
            Self::Missing => "missing".to_owned(),
            Self::CutOff(tenths) => format!("cut off at {tenths}/10"),
            Self::Flipped(thousandths) => format!("flipped at {thousandths}/1000"),
        }
    }

    fn to(&self, file: &Path) {
        let mut bytes = fs::read(file).unwrap();
        match self {
            Self::Missing => return fs::remove_file(file).unwrap(),
            Self::CutOff(tenths) => bytes.truncate(bytes.len() * tenths / 10),
            Self::Flipped(thousandths) => {
                let at = bytes.len() * thousandths / 1000;
                bytes[at] ^= 0x04;
            }
        }
        fs::write(file, bytes).unwrap();
    }
}

/// How many ways there are to damage a file: it is missing, cut off at ten places, and spoiled at some.
fn damages() -> usize {
    1 + 10 + if session::is_long() { 40 } else { 5 }
}

#[test]
fn some_commands_meet_each_damage() {
    let tried = meet(|number| number % 9);
    assert_eq!(tried, FILES * damages());
}

#[test]
#[ignore = "run by ./tests/run.sh hostile"]
fn every_command_meets_each_damage() {
    let mut tried = 0;
    for offset in 0..COMMANDS.len() {
        tried += meet(|number| (number + offset) % COMMANDS.len());
    }
    assert_eq!(tried, COMMANDS.len() * FILES * damages());
    println!("COUNTED damage: {tried} times, each met as it should be");
}

/// Does each damage to a copy, and lets the command of the number that `choose` says meet it.
fn meet(choose: impl Fn(usize) -> usize + Sync) -> usize {
    let base = base();
    let files: Vec<PathBuf> = base.files("ca").into_iter().filter(|path| path.is_file()).collect();
    let points: Vec<(usize, &PathBuf, Damage)> = files
        .iter()
        .flat_map(|file| Damage::all().into_iter().map(move |damage| (file, damage)))
        .enumerate()
        .map(|(number, (file, damage))| (number, file, damage))
        .collect();
    let (first, second) = points.split_at(points.len() / 2);
    let attempt = |points: &[(usize, &PathBuf, Damage)]| -> Vec<String> {
        let tried = points.iter().filter_map(|(number, file, damage)| {
            let (name, words) = COMMANDS[choose(*number)];
            let file = file.strip_prefix(base.path()).unwrap();
            met(&base, file, damage, words)
                .err()
                .map(|wrong| format!("{} {}, {name}: {wrong}", file.display(), damage.name()))
        });
        tried.collect()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let halves = [scope.spawn(|| attempt(first)), scope.spawn(|| attempt(second))];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), points.len(), wrong.join("\n"));
    points.len()
}

/// A CA below a root, with a certificate, a CRL, a responder and a profile of its own.
fn base() -> Session {
    let session = Session::new();
    session.ok(&["--ca-dir", "root", "init", "--name", "Root"]);
    session.ok(&["init", "--parent", "root", "--name", "Issuing"]);
    let profile = "extends = \"client\"\n[names]\ndns = [\"*.internal\"]\nuri = []\nip = []\nemail = []\n";
    fs::write(session.path().join("ca/profiles/strict.toml"), profile).unwrap();
    session.ok(&["csr", "x"]);
    session.ok(&["issue", "a"]);
    session.ok(&["ocsp", "build", "--out", "answers"]);
    fs::remove_dir_all(session.path().join("answers")).unwrap();
    session
}

fn met(base: &Session, file: &Path, damage: &Damage, words: &[&str]) -> Result<(), String> {
    let session = base.copy();
    let whole = fs::read(session.path().join(file)).unwrap();
    damage.to(&session.path().join(file));
    let is_same = fs::read(session.path().join(file)).is_ok_and(|spoiled| spoiled == whole);
    let before = tree(&session);
    let Output { status, stdout, stderr } = session.mtls_ca(words).output().unwrap();
    let what = format!("{} {}", file.display(), damage.name());
    let told = harmless(&what, &stderr);
    let shown = harmless(&what, &stdout);
    let code = status.code().ok_or(format!("a signal: {status}"))?;
    match code {
        0 => did_its_work(base, &session, words),
        // The answer of `status` and `check` is that something is wrong.
        3 if ["status", "check"].contains(&words[0]) => Ok(()),
        1 | 2 | 4 if is_same => Err(format!("exit {code} of a file that is whole: {told}")),
        // Without the end of its log SQLite has an earlier state, as after a crash; which of them the ledger
        // had is known to checkpoints and sinks of the audit log alone.
        1 if file.ends_with("ledger.sqlite-wal")
            && (told.contains("no certificate here is") || told.contains("is pending")) =>
        {
            Ok(())
        }
        1 | 2 | 4 => {
            let named = names(file).iter().any(|name| told.contains(name) || shown.contains(name));
            if !named {
                return Err(format!("exit {code} without the file's name: {told}"));
            }
            if !told.contains("hint:") && !told.contains("caused by:") {
                return Err(format!("exit {code}, and nothing says what to do: {told}"));
            }
            let after = tree(&session);
            if after == before {
                Ok(())
            } else {
                Err(format!("exit {code}, and files are others: {}", changed(&before, &after)))
            }
        }
        other => Err(format!("exit {other}: {told}")),
    }
}

/// By what names a message may call a file.
fn names(file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    // SQLite's own files are a part of the ledger, and above.crt of the CA's chain.
    let ledger = name.starts_with("ledger.sqlite").then(|| "ledger".to_owned());
    ledger.into_iter().chain([name]).collect()
}

/// All files with their contents, but for the ledger, where refusals and events are written.
fn tree(session: &Session) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = session.files(".").into_iter().filter(|path| path.is_file());
    let others = files.filter(|path| !path.to_string_lossy().contains("ledger.sqlite"));
    others.map(|path| (path.strip_prefix(session.path()).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
    format!("{:?}", before.keys().chain(after.keys()).filter(differs).collect::<Vec<_>>())
}

/// Whatever was made is right, by the trust and the ledger as they were before the damage.
fn did_its_work(base: &Session, session: &Session, words: &[&str]) -> Result<(), String> {
    let made = session.path().join("new.crt");
    if !made.exists() {
        let is_wanted = words.contains(&"new.crt");
        return if is_wanted { Err("exit 0 without the certificate that was asked for".to_owned()) } else { Ok(()) };
    }
    let (trust, issuer) = (base.path().join("ca/ca.crt"), base.path().join("ca/chain.crt"));
    let (trust, issuer) = (trust.to_str().unwrap(), issuer.to_str().unwrap());
    let verified = session.mtls_ca(&["verify", "new.crt", issuer, "--ca", trust, "--as", "client"]).output().unwrap();
    if !verified.status.success() {
        return Err(format!("what it made does not verify: {}", String::from_utf8_lossy(&verified.stderr)));
    }
    let known: Vec<String> = session.ledger().into_iter().map(|(serial, _)| serial).collect();
    // Among those of its chain.
    match serials_in(&fs::read(&made).unwrap()).iter().any(|serial| known.contains(serial)) {
        true => Ok(()),
        false => Err("it is not in the ledger".to_owned()),
    }
}
