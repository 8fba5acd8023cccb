//! Every verb of a certificate's life is killed at points where it changes the disk, is refused such
//! a change, and runs on a disk that fills up: afterwards nothing is lost, `check` says what is open
//! or mends it, and the verb itself works.

mod injected;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use injected::{Ended, Point, Refusal, killed, plain, points, refused, side_by_side, spread};
use serde_json::Value;
use session::{Session, binary, is_long, serials_in};

/// How many points of each verb are stopped in the short form, spread evenly over all that it has.
const KILLED: usize = 16;
/// How many are refused.
const REFUSED: usize = 10;

/// A verb as it is typed, and what has to be there for it.
struct Verb {
    name: &'static str,
    before: &'static str,
    words: &'static [&'static str],
}

/// Verbs that make a CA, hand something over, or bring something back. `before` is run by `sh` in a
/// session with a CA in `ca`, the certificates `a`, `b` and `c`, and requests.
const AROUND: &[Verb] = &[
    Verb { name: "init", before: "rm -r ca* [a-d].*", words: &["init"] },
    Verb { name: "init below", before: "", words: &["--ca-dir", "below", "init", "--parent", "ca", "--name", "Below"] },
    Verb { name: "sign", before: "", words: &["sign", "billing.csr", "--out", "signed.crt"] },
    Verb { name: "sign many", before: "", words: &["sign", "billing.csr", "more-1.csr", "more-2.csr", "more-3.csr"] },
    Verb {
        name: "batch",
        before: "mkdir requests signed && for n in 1 2 3 4 5 6; do \"$M\" csr \"b-$n\" --out requests/$n.csr --quiet; done",
        words: &["sign", "requests", "--out", "signed", "--report", "report.json"],
    },
    Verb {
        name: "table",
        before: "mkdir made && printf 'name,profile\\nt-1,client\\nt-2.internal,server\\nt-3,client\\n' > rows.csv",
        words: &["issue", "--from-csv", "rows.csv", "--out", "made", "--report", "report.json"],
    },
    Verb { name: "issue", before: "", words: &["issue", "new", "--out", "."] },
    Verb { name: "deliver", before: "", words: &["issue", "new", "--deliver", "delivered"] },
    Verb {
        name: "publish",
        before: "mkdir web && printf '[publish]\\ndir = \"../web\"\\n' >> ca/ca.toml",
        words: &["crl", "build"],
    },
    Verb { name: "restore", before: "\"$M\" backup safe.tar", words: &["restore", "safe.tar", "back"] },
    Verb { name: "repair", before: "rm ca/ca.crt ca/issuers/g1/crl.pem", words: &["check", "--repair"] },
    Verb {
        name: "passphrase",
        before: "echo long-enough-and-odd > pass",
        words: &["key", "passphrase", "--issuer", "--new-passphrase-file", "pass"],
    },
    Verb {
        name: "export",
        before: "echo long-enough-and-odd > pass",
        words: &["export", "a.crt", "--format", "pkcs12", "--out", "a.p12", "--store-password-file", "pass"],
    },
];

/// Verbs of a certificate's life, which need the ledger and room for it.
const LIFE: &[Verb] = &[
    Verb { name: "renew", before: "", words: &["renew", "a"] },
    Verb { name: "rekey", before: "", words: &["rekey", "a", "--out", "new"] },
    Verb { name: "revoke", before: "", words: &["revoke", "a", "--reason", "superseded"] },
    Verb { name: "crl", before: "", words: &["crl", "build"] },
    Verb { name: "ocsp", before: "", words: &["ocsp", "build", "--out", "ocsp"] },
    Verb { name: "prepare", before: "", words: &["rotate", "prepare"] },
    Verb { name: "activate", before: "\"$M\" rotate prepare", words: &["rotate", "activate", "--force"] },
    Verb {
        name: "retire",
        before: "\"$M\" rotate prepare && \"$M\" rotate activate --force && \
                 for n in a b c; do \"$M\" revoke \"$n\" --reason superseded; done",
        words: &["rotate", "retire"],
    },
    Verb { name: "undo", before: "\"$M\" rotate prepare", words: &["rotate", "undo"] },
    Verb { name: "checkpoint", before: "", words: &["audit", "checkpoint"] },
    Verb { name: "backup", before: "", words: &["backup", "backup.tar"] },
];

#[test]
#[ignore = "run by ./tests/run.sh life: needs strace"]
fn every_verb_is_killed_at_points_where_it_changes_the_disk() {
    let base = base();
    let (mut tried, mut whole, mut failed) = (0, 0, Vec::new());
    for verb in AROUND.iter().chain(LIFE) {
        let ready = prepared(&base, verb);
        let done = ready.copy();
        let all = points(&done, verb.words);
        let done = state(&done);
        let some = spread(&all, KILLED);
        let reached = AtomicUsize::new(0);
        let here = side_by_side(&some, |point| {
            let session = ready.copy();
            let before = known(&session);
            let ended = killed(&session, verb.words, point);
            if ended.status.is_none() {
                reached.fetch_add(1, Ordering::Relaxed);
            }
            let what = format!("killed at {}", point.told());
            survives(&session, verb, &before, &what);
            is_taken_up(&session, verb, &done, &what);
        });
        let reached = reached.into_inner();
        // A serial number may take a page more or less.
        assert!(!some.is_empty(), "{}: no system call of it changes the disk", verb.name);
        assert!(reached * 10 >= some.len() * 9, "{}: {reached} of {} points were reached", verb.name, some.len());
        println!("{}: killed at {reached} of {} points, {} failed", verb.name, all.len(), here.len());
        failed.extend(here);
        (tried, whole) = (tried + reached, whole + all.len());
    }
    assert!(failed.is_empty(), "{} of {tried} points did not survive, the first: {}", failed.len(), failed[0]);
    println!("COUNTED killed: {tried} of {whole} points of {} verbs, all survived", AROUND.len() + LIFE.len());
}

#[test]
#[ignore = "run by ./tests/run.sh life: needs strace"]
fn a_batch_that_was_killed_and_taken_up_leaves_a_repair_nothing_to_sign() {
    let base = base();
    let mut failed = Vec::new();
    let mut tried = 0;
    for verb in AROUND.iter().filter(|verb| ["batch", "table"].contains(&verb.name)) {
        let ready = prepared(&base, verb);
        let some = spread(&points(&ready.copy(), verb.words), KILLED);
        tried += some.len();
        failed.extend(side_by_side(&some, |point| {
            let session = ready.copy();
            killed(&session, verb.words, point);
            let what = format!("{} killed at {}", verb.name, point.told());
            session.ok(verb.words);
            let after = live(&session);
            assert!(after.values().all(|count| *count == 1), "{what}: {after:?}");
            // The same once more, and anew.
            let forced = session.mtls_ca(&[verb.words, &["--force"]].concat()).output().unwrap();
            assert!(forced.status.success(), "{what}, by force: {}", String::from_utf8_lossy(&forced.stderr));
            let after = live(&session);
            session.ok(&["check", "--repair"]);
            assert_eq!(live(&session), after, "{what}, repaired");
            let left = session.files("").into_iter().filter(|path| path.extension().is_some_and(|end| end == "part"));
            assert_eq!(left.collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new(), "{what}: in the making");
        }));
    }
    assert!(failed.is_empty(), "{} of {tried} points failed, the first: {}", failed.len(), failed[0]);
    println!("COUNTED taken up: {tried} points, none with two certificates");
}

/// How many certificates in force there are of each set of names.
fn live(session: &Session) -> BTreeMap<String, usize> {
    let document: Value = serde_json::from_slice(&session.ok(&["list", "--json"]).stdout).unwrap();
    let mut live = BTreeMap::new();
    for row in document["certificates"].as_array().unwrap() {
        *live.entry(row["names"].to_string()).or_default() += 1;
    }
    live
}

#[test]
#[ignore = "run by ./tests/run.sh life: needs strace"]
fn every_verb_tells_of_a_write_that_is_refused_and_leaves_nothing_half_done() {
    let base = base();
    let (mut tried, mut told, mut failed) = (0, 0, Vec::new());
    for verb in AROUND.iter().chain(LIFE) {
        let ready = prepared(&base, verb);
        let done = ready.copy();
        let all = points(&done, verb.words);
        let done = state(&done);
        let all: Vec<Point> = all.into_iter().filter(|point| !point.is_talk()).collect();
        // A full disk stays full and a bad block stays bad; a cable that is put right does not.
        let kinds =
            [[Refusal::Lasting("ENOSPC"), Refusal::Once("EIO")], [Refusal::Once("ENOSPC"), Refusal::Lasting("EIO")]];
        let mut tasks: Vec<(Point, Refusal)> = Vec::new();
        for (n, point) in spread(&all, REFUSED).into_iter().enumerate() {
            // Both errors at each point in the long form; and in the short one, each kind at every fourth.
            let chosen = kinds[n % 2];
            let chosen = if is_long() { &chosen[..] } else { &chosen[n / 2 % 2..][..1] };
            tasks.extend(chosen.iter().map(|refusal| (point.clone(), *refusal)));
        }
        let errors = AtomicUsize::new(0);
        let here = side_by_side(&tasks, |(point, refusal)| {
            let session = ready.copy();
            let before = known(&session);
            let ended = refused(&session, verb.words, point, *refusal);
            let what = format!("{} {}", refusal.told(), point.told());
            if ended.status == Some(0) {
                let mut now = state(&session);
                if point.removes() {
                    // What cannot be taken away is left behind, and harms nobody.
                    now.0.retain(|name| !name.contains(".mtls-ca-"));
                }
                assert_eq!(now, done, "{} ({what}) says that all is done: {}", verb.name, ended.stderr);
            } else {
                errors.fetch_add(1, Ordering::Relaxed);
                tells(&ended, point, *refusal, &all, &format!("{} ({what})", verb.name));
            }
            survives(&session, verb, &before, &what);
            is_taken_up(&session, verb, &done, &what);
        });
        let errors = errors.into_inner();
        println!(
            "{}: {} refusals at {} points, {errors} told, {} failed",
            verb.name,
            tasks.len(),
            all.len(),
            here.len()
        );
        failed.extend(here);
        (tried, told) = (tried + tasks.len(), told + errors);
    }
    assert!(failed.is_empty(), "{} of {tried} refusals went wrong, the first: {}", failed.len(), failed[0]);
    println!("COUNTED refused: {tried} system calls of {} verbs, {told} told, all survived", AROUND.len() + LIFE.len());
}

/// The error names the file and says what to do, and the exit code is the documented one.
fn tells(ended: &Ended, point: &Point, refusal: Refusal, all: &[Point], context: &str) {
    let Ended { status, stdout: _, stderr } = ended;
    // 3: `check` answers; 7: some of many.
    assert!([Some(1), Some(3), Some(7)].contains(status), "{context} ended with {status:?}: {stderr}");
    if point.silences(refusal) {
        return;
    }
    // What is refused for good is told of where the run ends: SQLite goes on without the owner of its files, and then
    // it is a later file that is told of.
    let is_hit = |other: &&Point| match refusal {
        Refusal::Once(_) => *other == point,
        Refusal::Lasting(_) => *other == point || other.follows(point) && has_name(other),
    };
    let names_it = all.iter().filter(is_hit).any(|hit| is_named(hit, stderr));
    assert!(stderr.contains("error: ") && names_it, "{context} does not name `{}`: {stderr}", point.file);
    assert!(stderr.contains("hint: "), "{context} does not say what to do: {stderr}");
}

/// Whether the user knows the file: one in the making may be `#` and a number, and of the folder that all is in, it is
/// the files that are told of.
fn has_name(point: &Point) -> bool {
    !["#", "mtls-ca-session-"].iter().any(|start| name_of(point).starts_with(start))
}

fn name_of(point: &Point) -> String {
    let name = Path::new(&point.file).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Whether the file of this call is told of, by a name that its user knows.
fn is_named(point: &Point, stderr: &str) -> bool {
    let name = name_of(point);
    // SQLite's files beside a ledger.
    let name = ["-wal", "-shm", "-journal"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(&name);
    // Of a file in the making the user knows its folder; and which of many comes first is open.
    let kind = Path::new(name).extension().map_or_else(|| name.to_owned(), |kind| format!(".{}`", kind.display()));
    // Nor do all runs make the same folders for responses: their names are base64 of numbers drawn anew.
    let kind = if point.file.contains("ocsp/g1/") { "`ocsp/g1/".to_owned() } else { kind };
    let name = if has_name(point) { name } else { "cannot " };
    [name, &kind, ".mtls-ca-", "cannot sync `", "/versions/"].iter().any(|part| stderr.contains(part))
}

/// Of a batch that was run again, each row has its file and exactly one certificate.
fn is_taken_up(session: &Session, verb: &Verb, done: &State, what: &str) {
    if ["batch", "table"].contains(&verb.name) {
        let now = state(session);
        assert_eq!(now.1.get("valid"), done.1.get("valid"), "{} {what}: rows of the ledger", verb.name);
        let missing: Vec<&String> = done.0.difference(&now.0).collect();
        assert!(missing.is_empty(), "{} {what}: {missing:?} are missing", verb.name);
    }
}

type State = (BTreeSet<String>, BTreeMap<String, usize>);

/// Files by name, and how many rows of the ledger are in each state.
fn state(session: &Session) -> State {
    let (mut files, mut rows) = (BTreeSet::new(), BTreeMap::new());
    for path in session.files("") {
        let name = plain(&path.strip_prefix(session.path()).unwrap().display().to_string());
        if name.starts_with("ocsp/") {
            // Called by the request for a serial number, in which there may be a `/`.
            *rows.entry("ocsp".to_owned()).or_default() += usize::from(name.ends_with(".ocsp"));
        } else if !name.ends_with("-wal") && !name.ends_with("-shm") {
            files.insert(name);
        }
    }
    for (_, status) in session.ledger() {
        *rows.entry(status).or_default() += 1;
    }
    (files, rows)
}

#[test]
#[ignore = "run by ./tests/run.sh life: mounts a small file system"]
fn every_verb_runs_on_a_small_file_system_until_it_is_full() {
    // In a name space of its own, which needs no privilege where the kernel allows it.
    let script = r#"
        set -e
        mount -t tmpfs -o size="$SIZE" none small
        cp -a ca a.* b.* c.* small/
        cd small
        set +e
        for n in $(seq 400); do
            "$M" issue "full-$n" --out . > ../told 2>&1 || break
        done
        status=$?
        "$M" list --status all --json > ../listed
        eval "$VERB" >> ../told 2>&1
        echo "$?" > ../status
        mount -o remount,size="$((SIZE + 4194304))" .
        "$M" check --json > ../checked
        echo "$?" >> ../status
        eval "$VERB" >> ../told 2>&1
        echo "$?" >> ../status
    "#;
    let base = base();
    for verb in LIFE {
        let session = prepared(&base, verb).copy();
        fs::create_dir(session.path().join("small")).unwrap();
        let size = du(&session.path().join("ca")) + 300 * 1024;
        let line = format!("\"$M\" {}", verb.words.join(" "));
        let output = session
            .command("unshare", &["-rm", "sh", "-c", script])
            .env("M", binary())
            .env("SIZE", size.to_string())
            .env("VERB", line)
            .output()
            .unwrap();
        let refused = String::from_utf8_lossy(&output.stderr).into_owned();
        if refused.contains("unshare failed") || refused.contains("mount:") {
            eprintln!("SKIPPED system a small file system cannot be mounted here: {refused}");
            return;
        }
        let told = fs::read_to_string(session.path().join("told")).unwrap();
        let status = fs::read_to_string(session.path().join("status")).unwrap();
        let status: Vec<&str> = status.lines().collect();
        assert!(told.contains("No space left on device") || told.contains("is full"), "{}: {told}", verb.name);
        assert!(!["70", "101"].contains(&status[0]), "{}: {told}", verb.name);
        assert_eq!(status[2], "0", "{} with room again: {told}", verb.name);
    }
}

/// A CA that issued, revoked, and built its CRL.
fn base() -> Session {
    let session = Session::new();
    let script = "\"$M\" init --quiet && for n in a b c d; do \"$M\" issue \"$n\" --out . --quiet; done && \
                  printf '[urls]\\ncrl = \"http://pki.internal/{issuer}.crl\"\\n' >> ca/ca.toml && \
                  \"$M\" revoke d --reason keyCompromise --quiet && \
                  for n in 1 2 3; do \"$M\" csr \"more-$n\" --quiet; done";
    sh(&session, script);
    session
}

fn prepared(base: &Session, verb: &Verb) -> Session {
    let session = base.copy();
    if !verb.before.is_empty() {
        sh(&session, verb.before);
    }
    session
}

fn sh(session: &Session, script: &str) {
    let output = session.command("sh", &["-ec", script]).env("M", binary()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What may not be lost: rows that are settled, with their state. None before there is a CA.
fn known(session: &Session) -> BTreeSet<(String, String)> {
    if !is_there(session, "ca") {
        return BTreeSet::new();
    }
    session.ledger().into_iter().filter(|(_, status)| status != "pending").collect()
}

fn is_there(session: &Session, name: &str) -> bool {
    session.path().join(name).symlink_metadata().is_ok()
}

/// Nothing that was known is lost, nothing unknown exists, `check` has an explanation for what is
/// open and mends it, and then the verb works.
fn survives(session: &Session, verb: &Verb, before: &BTreeSet<(String, String)>, what: &str) {
    let context = format!("{} {what}", verb.name);
    if is_there(session, "ca") {
        let after = session.ledger();
        for (serial, status) in before {
            let still = after.iter().find(|(other, _)| other == serial);
            let (_, now) = still.unwrap_or_else(|| panic!("{context}: {serial} is lost"));
            assert!(now == status || now == "revoked", "{context}: {serial} was {status} and is {now}");
        }
        nothing_unknown(session, &after, &context);
    }
    // A CA is there whole or not at all.
    for directory in ["ca", "below", "back"].into_iter().filter(|name| is_there(session, name)) {
        is_in_order(session, directory, &context);
    }
    let output = session.mtls_ca(verb.words).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let done_already = ["exists already", "--force", "there is no step to take back", "is encrypted"];
    let done_already = done_already.iter().any(|said| told.contains(said));
    assert!(output.status.success() || done_already, "{context}, again: {}: {told}", output.status);
    assert!(is_there(session, "ca"), "{context}: there is no CA in the end");
}

/// `check` finds nothing, or mends what it finds, or says what to type.
fn is_in_order(session: &Session, directory: &str, context: &str) {
    let (status, findings) = check(session, directory, &[]);
    assert!([Some(0), Some(3)].contains(&status), "{context}: check ended with {status:?}: {findings:?}");
    if status == Some(0) {
        return;
    }
    let (status, left) = check(session, directory, &["--repair"]);
    assert!([Some(0), Some(3)].contains(&status), "{context}: repair ended with {status:?}: {left:?}");
    // What repair leaves alone says what to type.
    for error in errors(session, directory) {
        let hint = error["hint"].as_str().and_then(|hint| hint.strip_prefix("mtls-ca "));
        let words = hint.unwrap_or_else(|| panic!("{context}: nothing to type for {error}"));
        sh(session, &format!("\"$M\" --ca-dir {directory} {words} --quiet"));
    }
    assert_eq!(errors(session, directory), Vec::<Value>::new(), "{context}: at first {findings:?}");
}

fn errors(session: &Session, directory: &str) -> Vec<Value> {
    let (_, findings) = check(session, directory, &[]);
    findings.into_iter().filter(|finding| finding["severity"] == "error").collect()
}

fn check(session: &Session, directory: &str, words: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = session.mtls_ca(&[&["--ca-dir", directory, "check", "--json"], words].concat()).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = document["findings"].as_array().cloned().unwrap_or_default();
    (output.status.code(), findings)
}

fn nothing_unknown(session: &Session, ledger: &[(String, String)], context: &str) {
    let mut known: BTreeSet<String> = ledger.iter().map(|(serial, _)| serial.clone()).collect();
    // Roots sign themselves, and stand in the ledger's table of CA certificates.
    let output = session.ok(&["rotate", "status", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let generations = document["generations"].as_array().unwrap().iter();
    known.extend(generations.map(|each| each["generation"]["serial"].as_str().unwrap().to_owned()));
    for path in session.files("") {
        let name = path.to_string_lossy();
        if path.is_file() && !name.contains("ledger.sqlite") && !name.ends_with(".tar") {
            for serial in serials_in(&fs::read(&path).unwrap()) {
                assert!(known.contains(&serial), "{context}: {name} holds {serial}, unknown to the ledger");
            }
        }
    }
}

fn du(folder: &Path) -> u64 {
    let mut sum = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        sum += if path.is_dir() { du(&path) } else { path.metadata().unwrap().len().div_ceil(4096) * 4096 };
    }
    sum
}
