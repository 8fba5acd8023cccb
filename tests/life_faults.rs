//! Every verb of a certificate's life is killed at points where it changes the disk, and runs on a
//! disk that fills up: afterwards nothing is lost, `check` says what is open or mends it, and the
//! verb itself works.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use session::{Session, binary, serials_in};

/// System calls that change the disk.
const CALLS: [&str; 10] =
    ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "linkat", "unlink", "symlinkat"];

/// How many points of each verb are tried, spread evenly over all that it has.
const POINTS: usize = 24;

/// A verb as it is typed, and what has to be there for it.
struct Verb {
    name: &'static str,
    before: &'static str,
    words: &'static [&'static str],
}

/// Run by `sh` in a session with a CA in `ca` and the certificates `a`, `b` and `c`.
const VERBS: &[Verb] = &[
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
    Verb { name: "backup", before: "rm -f backup.tar", words: &["backup", "backup.tar"] },
];

#[test]
#[ignore = "run by ./tests/run.sh life: needs strace"]
fn every_verb_is_killed_at_points_where_it_changes_the_disk() {
    let base = base();
    for verb in VERBS {
        let ready = prepared(&base, verb);
        let counts = calls_of(&copy(&ready), verb.words);
        let points: Vec<(&str, usize)> =
            counts.iter().flat_map(|(call, count)| (1..=*count).map(move |n| (*call, n))).collect();
        let step = points.len().div_ceil(POINTS).max(1);
        let mut tried = 0;
        for (call, n) in points.iter().step_by(step) {
            let session = copy(&ready);
            let before = known(&session);
            let inject = format!("inject={call}:signal=KILL:when={n}");
            strace(&session, &["-e", &format!("trace={call}"), "-e", &inject], verb.words);
            survives(&session, verb, &before, &format!("killed at {call} {n}"));
            tried += 1;
        }
        eprintln!("{}: {tried} of {} points, all survived", verb.name, points.len());
    }
}

#[test]
#[ignore = "run by ./tests/run.sh life: needs strace"]
fn every_verb_tells_of_a_full_disk_and_works_on_an_empty_one() {
    let base = base();
    for verb in VERBS {
        let ready = prepared(&base, verb);
        let counts = calls_of(&copy(&ready), verb.words);
        let mut tried = 0;
        for (call, count) in
            counts.iter().filter(|(call, _)| ["write", "pwrite64", "fsync", "fdatasync"].contains(call))
        {
            for n in (1..=*count).step_by(count.div_ceil(POINTS / 4).max(1)) {
                let session = copy(&ready);
                let before = known(&session);
                // From here on the disk has no room, for as long as the verb runs.
                let inject = format!("inject={call}:error=ENOSPC:when={n}+");
                let (status, told) = strace(&session, &["-e", &format!("trace={call}"), "-e", &inject], verb.words);
                let what = format!("no room at {call} {n}");
                assert_ne!(status, Some(70), "{} ({what}): {told}", verb.name);
                assert_ne!(status, Some(101), "{} ({what}): {told}", verb.name);
                survives(&session, verb, &before, &what);
                tried += 1;
            }
        }
        eprintln!("{}: {tried} full disks, all survived", verb.name);
    }
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
    for verb in VERBS {
        let session = copy(&prepared(&base, verb));
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
                  \"$M\" revoke d --reason keyCompromise --quiet";
    sh(&session, script);
    session
}

fn prepared(base: &Session, verb: &Verb) -> Session {
    let session = copy(base);
    if !verb.before.is_empty() {
        sh(&session, verb.before);
    }
    session
}

fn copy(of: &Session) -> Session {
    let session = Session::new();
    let all = format!("cp -a '{}'/. .", of.path().display());
    let output = session.command("sh", &["-c", &all]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    session
}

fn sh(session: &Session, script: &str) {
    let output = session.command("sh", &["-ec", script]).env("M", binary()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What may not be lost: rows that are settled, with their state.
fn known(session: &Session) -> BTreeSet<(String, String)> {
    session.ledger().into_iter().filter(|(_, status)| status != "pending").collect()
}

/// Nothing that was known is lost, nothing unknown exists, `check` has an explanation for what is
/// open and mends it, and then the verb works.
fn survives(session: &Session, verb: &Verb, before: &BTreeSet<(String, String)>, what: &str) {
    let context = format!("{} {what}", verb.name);
    let after = session.ledger();
    for (serial, status) in before {
        let still = after.iter().find(|(other, _)| other == serial);
        let (_, now) = still.unwrap_or_else(|| panic!("{context}: {serial} is lost"));
        assert!(now == status || now == "revoked", "{context}: {serial} was {status} and is {now}");
    }
    nothing_unknown(session, &after, &context);
    let (status, findings) = check(session, &["check"]);
    assert!([Some(0), Some(3)].contains(&status), "{context}: check ended with {status:?}: {findings:?}");
    if status != Some(0) {
        let (status, left) = check(session, &["check", "--repair"]);
        assert!([Some(0), Some(3)].contains(&status), "{context}: repair ended with {status:?}: {left:?}");
        // What repair leaves alone says what to type.
        for error in errors(session) {
            let hint = error["hint"].as_str().and_then(|hint| hint.strip_prefix("mtls-ca "));
            let words = hint.unwrap_or_else(|| panic!("{context}: nothing to type for {error}"));
            sh(session, &format!("\"$M\" {words} --quiet"));
        }
        assert_eq!(errors(session), Vec::<Value>::new(), "{context}: at first {findings:?}");
    }
    let output = session.mtls_ca(verb.words).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let done_already =
        ["exists already", "--force", "there is no step to take back"].iter().any(|said| told.contains(said));
    assert!(output.status.success() || done_already, "{context}, again: {}: {told}", output.status);
}

fn errors(session: &Session) -> Vec<Value> {
    let (_, findings) = check(session, &["check"]);
    findings.into_iter().filter(|finding| finding["severity"] == "error").collect()
}

fn check(session: &Session, words: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = session.mtls_ca(&[words, &["--json"]].concat()).output().unwrap();
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

/// How often a whole run makes each of the system calls.
fn calls_of(session: &Session, words: &[&str]) -> BTreeMap<&'static str, usize> {
    let trace = format!("trace={}", CALLS.join(","));
    let mut all = vec!["-f", "-qq", "-o", "calls", "-e", &trace, binary()];
    all.extend(words);
    let output = session.command("strace", &all).output().expect("strace is needed (see tests/packages.txt)");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(session.path().join("calls")).unwrap();
    let count = |call: &str| text.lines().filter(|line| line.contains(&format!(" {call}("))).count();
    CALLS.into_iter().map(|call| (call, count(call))).filter(|(_, count)| *count > 0).collect()
}

fn strace(session: &Session, options: &[&str], words: &[&str]) -> (Option<i32>, String) {
    let mut all = vec!["-f", "-qq", "-o", "/dev/null"];
    all.extend(options);
    all.push(binary());
    all.extend(words);
    let output = session.command("strace", &all).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn du(folder: &Path) -> u64 {
    let mut sum = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        sum += if path.is_dir() { du(&path) } else { path.metadata().unwrap().len().div_ceil(4096) * 4096 };
    }
    sum
}
