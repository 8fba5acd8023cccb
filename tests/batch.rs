//! Batches by the real binary: outcomes in order, what a kill leaves, what a signal leaves, tables.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mtls_ca::enroll::csr;
use mtls_ca::keys::PrivateKey;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use serde_json::Value;
use session::{Session, serials_in};

fn requests(session: &Session, folder: &str, count: usize) {
    let folder = session.path().join(folder);
    fs::create_dir_all(&folder).unwrap();
    for n in 0..count {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let wishes = csr::Wishes::named(&format!("svc-{n}.internal"), None, Vec::new()).unwrap();
        let request = csr::request(&key, &wishes).unwrap();
        fs::write(folder.join(format!("svc-{n:04}.csr")), mtls_ca::bundle::pem::request(&request)).unwrap();
    }
}

fn report(session: &Session) -> Value {
    serde_json::from_slice(&fs::read(session.path().join("report.json")).unwrap()).unwrap()
}

fn outcomes(report: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in report["rows"].as_array().unwrap() {
        *counts.entry(row["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// Numbers of certificates in force by the names that the ledger has for them, the CA's own left out.
fn live(session: &Session) -> BTreeMap<String, BTreeSet<String>> {
    let output = session.ok(&["list", "--json", "--limit", "100000"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut live: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in document["certificates"].as_array().unwrap() {
        if row["profile"] != "root" {
            let names = row["names"].to_string();
            live.entry(names).or_default().insert(row["serial"].as_str().unwrap().to_owned());
        }
    }
    live
}

/// Each row has one certificate in force, and that is the one in its file.
fn one_each(session: &Session, folder: &str, count: usize) {
    let live = live(session);
    assert_eq!(live.len(), count);
    let mut in_force = BTreeSet::new();
    for (names, serials) in &live {
        assert_eq!(serials.len(), 1, "{names} has {serials:?}");
        in_force.extend(serials.clone());
    }
    let mut on_disk = BTreeSet::new();
    let files = session.files(folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "crt"));
    for file in files.filter(|file| file.file_name().unwrap() != "ca.crt") {
        let serials = serials_in(&fs::read(&file).unwrap());
        assert_eq!(serials.len(), 1, "{}", file.display());
        on_disk.extend(serials);
    }
    assert_eq!(on_disk, in_force);
}

#[test]
fn a_folder_has_one_outcome_for_each_request_in_the_order_of_their_names() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 40);
    fs::write(session.path().join("in/svc-0007.csr"), "no request").unwrap();
    fs::write(session.path().join("in/notes.txt"), "no request either").unwrap();
    let first = session.mtls_ca(&["sign", "in", "--report", "report.json"]).output().unwrap();
    assert_eq!(first.status.code(), Some(7), "{}", String::from_utf8_lossy(&first.stderr));
    let told = report(&session);
    let rows: Vec<&str> = told["rows"].as_array().unwrap().iter().map(|row| row["request"].as_str().unwrap()).collect();
    assert_eq!(rows, (0..40).map(|n| format!("in/svc-{n:04}.csr")).collect::<Vec<_>>());
    assert_eq!(outcomes(&told), BTreeMap::from([("issued".to_owned(), 39), ("failed".to_owned(), 1)]));
    assert_eq!(told["rows"][7]["error"]["kind"], "unreadable");

    // One file is lost, one request is mended.
    fs::remove_file(session.path().join("in/svc-0003.crt")).unwrap();
    fs::remove_file(session.path().join("in/svc-0007.csr")).unwrap();
    session.ok(&["sign", "in/*.csr", "--report", "report.json"]);
    assert_eq!(outcomes(&report(&session)), BTreeMap::from([("stood".to_owned(), 38), ("delivered".to_owned(), 1)]));
    one_each(&session, "in", 39);

    // A revoked answer is none.
    session.ok(&["revoke", "in/svc-0001.crt", "--reason", "superseded"]);
    let revoked = session.mtls_ca(&["sign", "in", "--report", "report.json"]).output().unwrap();
    assert_eq!(revoked.status.code(), Some(7));
    assert_eq!(report(&session)["rows"][1]["error"]["kind"], "exists");
    session.ok(&["check"]);
}

#[test]
fn no_hint_leads_to_a_key_that_others_have() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 1);
    fs::write(session.path().join("rows.csv"), "name\nbilling\n").unwrap();
    session.ok(&["sign", "in"]);
    session.ok(&["issue", "--from-csv", "rows.csv", "--out", "out/"]);
    // What `--force` would replace, and what it would not.
    for (reason, kind) in [("superseded", "exists"), ("keyCompromise", "compromised_key")] {
        for (certificate, words) in [
            ("in/svc-0000.crt", &["sign", "in"][..]),
            ("out/billing.crt", &["issue", "--from-csv", "rows.csv", "--out", "out/"]),
        ] {
            session.ok(&["revoke", certificate, "--reason", reason]);
            let told = session.mtls_ca(&[words, &["--json"]].concat()).output().unwrap();
            let told: Value = serde_json::from_slice(&told.stdout).unwrap();
            assert_eq!(told["failed"][0]["error"]["kind"], kind, "{told}");
            assert_eq!(told.to_string().contains("--force"), reason == "superseded", "{told}");
            let forced = session.mtls_ca(&[words, &["--force"]].concat()).output().unwrap();
            assert_eq!(forced.status.success(), reason == "superseded", "{}", String::from_utf8_lossy(&forced.stderr));
        }
    }
    // A key that was moved away is made anew.
    fs::rename(session.path().join("out/billing.key"), session.path().join("old.key")).unwrap();
    session.ok(&["issue", "--from-csv", "rows.csv", "--out", "out/", "--force"]);
}

#[test]
fn a_certificate_is_no_answer_where_its_key_was_revoked_with_another() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 1);
    fs::create_dir(session.path().join("there")).unwrap();
    let again = ["sign", "in", "--out", "there"];
    session.ok(&["sign", "in"]);
    session.ok(&[&again[..], &["--force", "--lifetime", "30d"]].concat());
    let told = |words: &[&str]| {
        let told = session.mtls_ca(&[words, &["--json"]].concat()).output().unwrap();
        serde_json::from_slice::<Value>(&told.stdout).unwrap()
    };
    assert_eq!(told(&again)["batch"]["stood"], 1);
    session.ok(&["revoke", "in/svc-0000.crt", "--reason", "keyCompromise"]);
    let told = told(&again);
    assert_eq!(
        (&told["batch"]["stood"], &told["failed"][0]["error"]["kind"]),
        (&0.into(), &"compromised_key".into()),
        "{told}"
    );
}

/// Starts a batch, ends it by a signal after so long, and returns whether it was still at work.
fn interrupted(session: &Session, words: &[&str], signal: &str, after: Duration) -> Option<i32> {
    let mut batch = session.mtls_ca(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let told = Command::new("kill").args([signal, &batch.id().to_string()]).stderr(Stdio::null()).status().unwrap();
    assert!(told.success() || batch.try_wait().unwrap().is_some());
    batch.wait().unwrap().code()
}

#[test]
fn a_batch_that_is_killed_goes_on_and_no_row_has_two_certificates() {
    let session = Session::new();
    session.ok(&["init"]);
    let count = if session::is_long() { 4_000 } else { 400 };
    requests(&session, "in", count);
    let mut killed = 0;
    for round in 0..12 {
        let code = interrupted(&session, &["sign", "in"], "-KILL", Duration::from_millis(20 + round * 25));
        killed += usize::from(code.is_none());
        session.ok(&["list", "--limit", "1"]);
    }
    println!("{killed} of 12 batches were killed at work");
    session.ok(&["sign", "in", "--report", "report.json"]);
    let told = outcomes(&report(&session));
    assert_eq!(told.values().sum::<usize>(), count, "{told:?}");
    assert!(!told.contains_key("failed"), "{told:?}");
    one_each(&session, "in", count);
    session.ok(&["check", "--repair"]);
    one_each(&session, "in", count);
    let beside = session.files("in").into_iter().filter(|file| file.extension().is_some_and(|end| end == "part"));
    assert_eq!(beside.count(), 0, "files in the making are left");
}

#[test]
fn of_two_batches_of_the_same_rows_one_waits_for_the_other() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 200);
    let table: String = (0..60).map(|n| format!("row-{n}.internal\n")).collect();
    fs::write(session.path().join("t.csv"), format!("name\n{table}")).unwrap();
    fs::create_dir(session.path().join("tls")).unwrap();
    for words in [["sign", "in", "--out", "in"], ["issue", "--from-csv=t.csv", "--out", "tls"]] {
        let start = || session.mtls_ca(&words).stdout(Stdio::null()).spawn().unwrap();
        for mut batch in [start(), start()] {
            assert_eq!(batch.wait().unwrap().code(), Some(0), "{words:?}");
        }
    }
    assert_eq!(live(&session).values().map(BTreeSet::len).sum::<usize>(), 260);
    assert!(live(&session).values().all(|serials| serials.len() == 1));
}

#[test]
fn a_signal_ends_a_batch_between_rows() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 600);
    let code = interrupted(&session, &["sign", "in", "--report", "report.json"], "-TERM", Duration::from_millis(60));
    // On a fast machine it may have come to its end.
    assert!(matches!(code, Some(0 | 7)) || code.is_none(), "{code:?}");
    let pending = session.ledger().into_iter().filter(|(_, state)| state == "pending").count();
    assert_eq!(pending, 0);
    if code == Some(7) {
        let told = report(&session);
        assert_eq!(told["stopped"], true);
        assert!(told["rows"].as_array().unwrap().len() < 600);
    }
    session.ok(&["sign", "in"]);
    one_each(&session, "in", 600);
}

#[test]
fn a_table_becomes_keys_and_certificates() {
    let session = Session::new();
    session.ok(&["init"]);
    let table = "name,profile,san,lifetime,subject,key_algorithm,out\n\
                 api,server,api.internal;10.0.0.5,30d,,,edge\n\
                 billing,,spiffe://example.org/billing,,\"CN=billing,O=Example\",ed25519,\n\
                 broken,server,,soon,,,\n\
                 api,server,api.internal,,,,edge\n";
    fs::write(session.path().join("t.csv"), table).unwrap();
    let run = || {
        session.mtls_ca(&["issue", "--from-csv", "t.csv", "--out", "tls", "--report", "report.json"]).output().unwrap()
    };
    let first = run();
    assert_eq!(first.status.code(), Some(7), "{}", String::from_utf8_lossy(&first.stderr));
    let told = report(&session);
    let lines: Vec<i64> = told["rows"].as_array().unwrap().iter().map(|row| row["line"].as_i64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    assert_eq!(outcomes(&told), BTreeMap::from([("issued".to_owned(), 2), ("failed".to_owned(), 2)]));
    let files: Vec<String> = session
        .files("tls")
        .iter()
        .filter(|path| path.is_file())
        .map(|path| path.strip_prefix(session.path().join("tls")).unwrap().display().to_string())
        .collect();
    assert_eq!(files, ["billing.crt", "billing.key", "ca.crt", "edge/api.crt", "edge/api.key", "edge/ca.crt"]);
    let belongs = |key: &Path, certificate: &Path| {
        let public = |words: &[&str]| Command::new("openssl").args(words).output().unwrap().stdout;
        let of_key = public(&["pkey", "-in", key.to_str().unwrap(), "-pubout"]);
        let of_certificate = public(&["x509", "-in", certificate.to_str().unwrap(), "-noout", "-pubkey"]);
        assert!(!of_key.is_empty() && of_key == of_certificate, "{}", key.display());
    };
    for stem in ["tls/billing", "tls/edge/api"] {
        let at = |end: &str| session.path().join(format!("{stem}.{end}"));
        belongs(&at("key"), &at("crt"));
    }

    // A key without its certificate is taken up again, and so is the certificate that the ledger has.
    let key = fs::read(session.path().join("tls/billing.key")).unwrap();
    fs::remove_file(session.path().join("tls/billing.crt")).unwrap();
    run();
    assert_eq!(outcomes(&report(&session)).get("delivered"), Some(&1));
    assert_eq!(fs::read(session.path().join("tls/billing.key")).unwrap(), key);
    one_each(&session, "tls", 2);

    fs::write(session.path().join("t.csv"), "name,port\n").unwrap();
    let refused = run();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 1: there is no column `port`"));
}

#[test]
fn a_table_that_is_killed_goes_on_with_its_keys() {
    let session = Session::new();
    session.ok(&["init"]);
    let names: String = (0..150).map(|n| format!("svc-{n}.internal,server\n")).collect();
    fs::write(session.path().join("t.csv"), format!("name,profile\n{names}")).unwrap();
    let words = ["issue", "--from-csv", "t.csv", "--out", "tls"];
    for round in 0..6 {
        interrupted(&session, &words, "-KILL", Duration::from_millis(30 + round * 30));
    }
    session.ok(&words);
    one_each(&session, "tls", 150);
}

#[test]
fn a_report_takes_the_place_of_nothing_but_a_report() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 2);
    fs::write(session.path().join("list"), "\u{feff}in/svc-0000.csr\r\n\r\nin/svc-0001.csr").unwrap();
    for place in ["list", "in/svc-0001.csr", "ca/ca.toml", "ca/ledger.sqlite-wal", "ca/new.json"] {
        let at = session.path().join(place);
        let before = fs::read(&at).ok();
        let refused = session.mtls_ca(&["sign", "--from-file", "list", "--report", place]).output().unwrap();
        let wording = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(matches!(refused.status.code(), Some(1 | 2)) && wording.contains(place), "{place}: {wording}");
        if !place.ends_with("-wal") {
            assert_eq!(fs::read(&at).ok(), before, "{place}");
        }
        assert!(live(&session).is_empty(), "{place}");
    }
    // Nor is a certificate made for a place that holds a key.
    let key = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
    fs::write(session.path().join("in/svc-0000.crt"), key).unwrap();
    let kept = session.mtls_ca(&["sign", "in/svc-0000.cs?", "--force"]).output().unwrap();
    assert_eq!(kept.status.code(), Some(1), "{}", String::from_utf8_lossy(&kept.stderr));
    assert!(live(&session).is_empty());
    fs::remove_file(session.path().join("in/svc-0000.crt")).unwrap();
    // Nor do a row's answer and the report share a place.
    let shared = session.mtls_ca(&["sign", "--from-file", "list", "--report", "in/svc-0001.crt"]).output().unwrap();
    assert_eq!(shared.status.code(), Some(7));
    fs::remove_file(session.path().join("in/svc-0001.crt")).unwrap();
    session.ok(&["sign", "--from-file", "list", "--report", "report.json"]);
    session.ok(&["sign", "--from-file", "list", "--report", "report.json"]);
    assert_eq!(outcomes(&report(&session)), BTreeMap::from([("stood".to_owned(), 2)]));
    one_each(&session, "in", 2);
}

#[test]
fn a_line_of_a_table_stays_below_its_folder() {
    let session = Session::new();
    session.ok(&["init"]);
    let table = "name,out\ndeep,a/b/c\nup,../up\nabsolute,/absolute\nca,\nplain,\n";
    fs::write(session.path().join("t.csv"), table).unwrap();
    let run = |out: &str| {
        session.mtls_ca(&["issue", "--from-csv", "t.csv", "--out", out, "--report", "report.json"]).output().unwrap()
    };
    assert_eq!(run("tls").status.code(), Some(7));
    let told = report(&session);
    let rows: Vec<&str> = told["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(rows, ["issued", "failed", "failed", "failed", "issued"], "{told}");
    assert!(!session.path().join("up").exists() && !Path::new("/absolute").exists());
    let trust = fs::read(session.path().join("ca/ca.crt")).unwrap();
    for folder in ["tls", "tls/a/b/c"] {
        assert_eq!(fs::read(session.path().join(folder).join("ca.crt")).unwrap(), trust);
    }
    // Nothing is made in the CA's directory, not even a folder.
    assert_eq!(run("ca/new").status.code(), Some(2));
    assert!(!session.path().join("ca/new").exists());
}

#[test]
fn what_a_killed_batch_had_in_the_making_goes_with_the_next() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 1);
    fs::write(session.path().join("t.csv"), "name,out\na,edge\n").unwrap();
    fs::create_dir_all(session.path().join("tls/edge")).unwrap();
    fs::write(session.path().join("precious"), "1").unwrap();
    for (folder, words) in
        [("in", vec!["sign", "in"]), ("tls/edge", vec!["issue", "--from-csv", "t.csv", "--out", "tls"])]
    {
        let at = |name: &str| session.path().join(folder).join(name);
        let (left, at_work) = (at(".mtls-ca-aB3dE6.part"), at(".mtls-ca-aB3dE7.part"));
        fs::write(&left, "half of something").unwrap();
        // That of a process that is at work is locked.
        let held = fs::File::create(&at_work).unwrap();
        held.lock().unwrap();
        std::os::unix::fs::symlink(session.path().join("precious"), at(".mtls-ca-aB3dE8.part")).unwrap();
        session.ok(&words);
        assert!(!left.exists() && at_work.exists() && at(".mtls-ca-aB3dE8.part").is_symlink(), "{folder}");
    }
    assert!(session.path().join("precious").exists());
}

#[test]
fn a_key_that_others_may_have_is_not_certified() {
    let session = Session::new();
    session.ok(&["init"]);
    fs::write(session.path().join("t.csv"), "name\nopen\nshared\nown\n").unwrap();
    fs::create_dir(session.path().join("tls")).unwrap();
    for (name, mode) in [("open", 0o644), ("shared", 0o640), ("own", 0o600)] {
        session.ok(&["key", "generate", "--out", &format!("tls/{name}.key")]);
        let key = session.path().join(format!("tls/{name}.key"));
        fs::set_permissions(key, fs::Permissions::from_mode(mode)).unwrap();
    }
    let run = || {
        session.mtls_ca(&["issue", "--from-csv", "t.csv", "--out", "tls", "--report", "report.json"]).output().unwrap()
    };
    let first = run();
    assert_eq!(first.status.code(), Some(7));
    let told = String::from_utf8(first.stderr).unwrap();
    assert!(told.contains("the key `tls/open.key` can be read by other users (mode 0644)"), "{told}");
    assert!(told.contains("hint: if nobody else read it: chmod 600 tls/open.key\n"), "{told}");
    let rows = report(&session);
    assert_eq!(rows["rows"][0]["error"]["kind"], "exposed_key");
    assert_eq!(outcomes(&rows), BTreeMap::from([("issued".to_owned(), 2), ("failed".to_owned(), 1)]));
    // What is typed helps, either way.
    let typed = told.lines().find_map(|line| line.strip_prefix("hint: else have a new one made: ")).unwrap();
    assert!(session.command("sh", &["-c", typed]).status().unwrap().success());
    assert_eq!(run().status.code(), Some(0));
    // Of a certificate that is there nothing is made.
    fs::set_permissions(session.path().join("tls/own.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(run().status.code(), Some(0));
}

#[test]
fn a_folder_that_takes_no_trust_is_told_by_its_own_rows() {
    let session = Session::new();
    session.ok(&["init"]);
    fs::write(session.path().join("t.csv"), "name,out\na,one\nb,two\nc,one\nd,two\n").unwrap();
    fs::create_dir_all(session.path().join("tls/two/ca.crt")).unwrap();
    let run = || {
        let words = ["issue", "--from-csv", "t.csv", "--out", "tls", "--report", "report.json"];
        assert_eq!(session.mtls_ca(&words).output().unwrap().status.code(), Some(7));
        let told = report(&session);
        let rows = told["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap().to_owned());
        (rows.collect::<Vec<_>>(), told["rows"][1]["error"]["message"].clone())
    };
    let wrong = Value::from("`tls/two/ca.crt` is a directory, not a file");
    assert_eq!(run(), (["issued", "failed", "issued", "failed"].map(str::to_owned).into(), wrong.clone()));
    assert_eq!(run(), (["stood", "failed", "stood", "failed"].map(str::to_owned).into(), wrong));
    assert!(session.path().join("tls/one/ca.crt").is_file());
}

#[test]
fn one_row_that_fails_is_told_as_one_with_what_to_type() {
    let session = Session::new();
    session.ok(&["init"]);
    fs::create_dir(session.path().join("in")).unwrap();
    let evil = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=evil \
                -addext basicConstraints=critical,CA:TRUE -out in/evil.csr";
    assert!(session.command("sh", &["-c", evil]).stderr(Stdio::null()).status().unwrap().success());
    let output = session.mtls_ca(&["sign", "in"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let (shown, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(shown.starts_with("1 row\n") && told.starts_with("error: 1 of 1 row has no answer\n"), "{shown}{told}");
    assert!(told.contains("hint: see what the profile allows: mtls-ca profile show client\n"), "{told}");
}

/// Windows writes the endings so. One place takes one answer, whatever the request's ending is.
#[test]
fn endings_in_upper_case_are_known() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 4);
    let at = |name: &str| session.path().join("in").join(name);
    for (from, to) in
        [("svc-0000.csr", "a.CSR"), ("svc-0001.csr", "b.Req"), ("svc-0002.csr", "c.P10"), ("svc-0003.csr", "d.CSR.old")]
    {
        fs::rename(at(from), at(to)).unwrap();
    }
    session.ok(&["sign", "in", "--report", "report.json"]);
    assert_eq!(outcomes(&report(&session)), BTreeMap::from([("issued".to_owned(), 3)]));
    for name in ["a.crt", "b.crt", "c.crt"] {
        assert!(at(name).is_file(), "{name}");
    }
    requests(&session, "both", 1);
    fs::copy(session.path().join("both/svc-0000.csr"), session.path().join("both/svc-0000.CSR")).unwrap();
    let output = session.mtls_ca(&["sign", "both", "--report", "report.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let told = report(&session);
    assert_eq!(told["rows"][0]["outcome"], "issued");
    assert_eq!(told["rows"][1]["error"]["kind"], "usage", "{told}");
    assert_eq!(told["rows"][1]["request"], "both/svc-0000.CSR");
    // The day after too: no hint replaces the answer of one by that of the other.
    requests(&session, "other", 1);
    fs::rename(session.path().join("other/svc-0000.csr"), session.path().join("both/svc-0000.CSR")).unwrap();
    let output = session.mtls_ca(&["sign", "both", "--report", "report.json"]).output().unwrap();
    assert_eq!(outcomes(&report(&session)), BTreeMap::from([("stood".to_owned(), 1), ("failed".to_owned(), 1)]));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("--force"));
    // One by one it is said before anything is done.
    let output = session.mtls_ca(&["sign", "both", "--format", "der", "--force"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// A path that is longer than the system takes: root reads it as little as anybody.
#[test]
fn beside_a_folder_that_cannot_be_read_the_others_are_answered() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 2);
    let closed = vec!["n".repeat(250); 17].join("/");
    let pattern = format!("{closed}/*.csr");
    let run = |words: &[&str], exit: i32| {
        let output = session.mtls_ca(&[&["sign"], words].concat()).output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{words:?}: {told}");
        assert!(told.contains("cannot read `nnn") && told.contains("File name too long"), "{words:?}: {told}");
    };
    run(&["in", &pattern, "--dry-run"], 7);
    run(&["in", &pattern, "--report", "report.json"], 7);
    let told = report(&session);
    assert_eq!((&told["rows"][0]["request"], &told["counts"]["rows"]), (&closed.into(), &3.into()));
    assert_eq!(outcomes(&told), BTreeMap::from([("failed".to_owned(), 1), ("issued".to_owned(), 2)]));
    one_each(&session, "in", 2);
    run(&[&pattern, "in", "--format", "der", "--out", "in", "--force"], 7);
    run(&[&pattern], 1);
}

/// A link to itself can be followed by root as little as by anybody, and one to nowhere has no request.
#[test]
fn what_cannot_be_looked_at_is_a_row_and_what_means_nothing_is_told() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "new", 1);
    requests(&session, "in", 1);
    fs::create_dir(session.path().join("empty")).unwrap();
    for (target, link) in [("x.csr", "in/x.csr"), ("nowhere", "in/y.csr")] {
        std::os::unix::fs::symlink(target, session.path().join(link)).unwrap();
    }
    let told = |words: &[&str], code| {
        let output = session.mtls_ca(&[&["sign"], words].concat()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        text
    };
    for word in ["in", "in/*.csr", "i?/*.csr"] {
        let text = told(&[word, "--report", "report.json"], 7);
        assert!(text.contains("cannot read `in/x.csr`") && text.contains("cannot read `in/y.csr`"), "{text}");
        assert_eq!(report(&session)["counts"]["rows"], 3);
        assert!(told(&[word, "--dry-run"], 7).contains("cannot read `in/x.csr`"));
    }
    for word in ["empty", "empty/*.csr"] {
        let note = format!("note: there is no request in `{word}`\n");
        assert_eq!(told(&[word, "new"], 0), note);
        assert!(told(&[word, "new", "--dry-run"], 0).contains(&note));
        let alone = told(&[word, word], 1);
        assert!(alone.starts_with(&format!("error: there is no request in `{word}`\n")), "{alone}");
        assert!(told(&[word, "nobody/*.csr", "noone/*.csr"], 1).contains("cannot read `noone`"));
    }
    // Folders are none, however they are written.
    for word in ["i?/", "e*", "in/*/"] {
        let hint = "hint: a pattern means files, not the folders that they are in: mtls-ca sign";
        let line = format!("{hint} '{}/*.csr'\n", word.trim_end_matches('/'));
        let text = told(&[word], 1);
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn a_pattern_means_folders_too() {
    let session = Session::new();
    session.ok(&["init"]);
    for team in ["blue", "red"] {
        requests(&session, &format!("teams/{team}"), 2);
    }
    fs::create_dir(session.path().join("teams/idle")).unwrap();
    session.ok(&["sign", "teams/*/svc-000?.csr", "--report", "report.json"]);
    let named = |told: &Value| -> Vec<String> {
        let rows = told["rows"].as_array().unwrap().iter();
        rows.map(|row| row["request"].as_str().unwrap().rsplit_once("teams/").unwrap().1.to_owned()).collect()
    };
    let all = ["blue/svc-0000.csr", "blue/svc-0001.csr", "red/svc-0000.csr", "red/svc-0001.csr"];
    assert_eq!(named(&report(&session)), all);
    // Where one of them leads to what root reads as little as anybody, the rest is answered.
    let deep = "for n in $(seq 17); do mkdir $0 && cd $0 || exit 1; done";
    let short = "for n in $(seq 17); do mkdir a && cd a || exit 1; done; cp $0/blue/*1.csr .";
    for (line, name) in [(deep, "n".repeat(250)), (short, session.path().join("teams").display().to_string())] {
        let mut bash = session.command("bash", &["-c", line, &name]);
        assert!(bash.current_dir(session.path().join("teams")).status().unwrap().success());
    }
    let pattern = format!("teams/{}*.csr", "*/".repeat(17));
    let output = session.mtls_ca(&["sign", &pattern, "--report", "report.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    // The same request was answered above, so that it gets the same certificate.
    assert_eq!(outcomes(&report(&session)), BTreeMap::from([("failed".to_owned(), 1), ("delivered".to_owned(), 1)]));

    // What is none is said to be none, with a line that does what was meant.
    let output = session.mtls_ca(&["sign", "teams/**/*.csr"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    let line = "find teams -name '*.csr' | mtls-ca sign --from-file -";
    assert!(told.starts_with("error: `**` in `teams/**/*.csr` is none of the patterns"), "{told}");
    assert!(told.ends_with(&format!("{line}\n")), "{told}");
    let line = line.replace("mtls-ca", session::binary());
    assert!(session.command("bash", &["-o", "pipefail", "-c", &line]).output().unwrap().status.success());
    let output = session.mtls_ca(&["sign", "nobody/*/x.csr"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: cannot read `nobody`\n"));
}

#[test]
fn names_of_files_that_a_pattern_means_do_nothing_to_a_terminal() {
    let session = Session::new();
    session.ok(&["init"]);
    fs::create_dir(session.path().join("in")).unwrap();
    fs::copy(session.path().join("billing.csr"), session.path().join("in/\u{1b}]0;x\u{7}\u{202e}.csr")).unwrap();
    for words in [
        vec!["sign", "in/*.csr", "--dry-run"],
        vec!["sign", "in/*.csr", "--format", "der", "--force"],
        vec!["sign", "in/*.csr", "billing.csr", "--force"],
        vec!["sign", "in/*.csr"],
    ] {
        let output = session.ok(&words);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{words:?}: {text:?}");
    }
}

#[test]
fn where_the_ledger_fails_answer_and_report_say_that_it_did_not_come_to_the_end() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 900);
    // A file that has this many blocks of 1024 bytes does not grow: the log of the ledger comes there first.
    let line = "trap '' XFSZ; ulimit -f 1500; exec \"$0\" sign in --report report.json --json";
    let output = session.command("bash", &["-c", line, session::binary()]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{document}");
    let told = report(&session);
    assert!(told["rows"].as_array().unwrap().len() < 900);
    assert_eq!((&told["stopped"], &document["batch"]["stopped"]), (&Value::from(true), &Value::from(true)));
    session.ok(&["sign", "in"]);
    one_each(&session, "in", 900);
}

#[test]
fn a_list_that_breaks_off_says_so_and_names_the_row_that_failed_before() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 2);
    let too_long = "x".repeat(70_000);
    for (lines, failed) in [
        (vec!["in/svc-0000.csr", "gone.csr", &too_long, "in/svc-0001.csr"], 1),
        (vec!["in/svc-0000.csr", &too_long], 0),
    ] {
        fs::write(session.path().join("list"), lines.join("\n")).unwrap();
        let words = ["sign", "--from-file", "list", "--report", "report.json"];
        let output = session.mtls_ca(&words).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(7), "{text}");
        assert!(text.contains("cannot read `list` to its end"), "{text}");
        assert!(text.contains("a line is longer than 65536 bytes"), "{text}");
        assert_eq!(text.contains("gone.csr"), failed == 1, "{text}");
        let told = report(&session);
        assert_eq!((&told["stopped"], &told["counts"]["failed"]), (&Value::from(true), &Value::from(failed)));
        let output = session.mtls_ca(&[&words[..], &["--json"]].concat()).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &document["batch"]["stopped"]), (Some(7), &Value::from(true)));
    }
    assert!(!session.path().join("in/svc-0001.crt").exists());
}

#[test]
fn what_is_wrong_with_rows_is_said_once_and_with_what_to_type() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 2);
    let told = |words: &[&str], code| {
        let output = session.mtls_ca(words).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        text
    };
    // The finding is the message.
    let text = told(&["sign", "in/svc-0000.csr", "--profile", "none", "--report", "report.json"], 2);
    assert_eq!(text.lines().filter(|line| line.starts_with("caused by: ")).count(), 1, "{text}");
    let text = told(&["sign", "in", "--out", "missing/"], 1);
    assert!(text.starts_with("error: `missing/` is not a directory\n"), "{text}");
    assert!(text.contains("hint: mkdir -p missing/\n"), "{text}");
    // By itself where a batch does not do it: without what makes it go on.
    told(&["sign", "in", "--format", "der"], 0);
    assert!(told(&["sign", "in", "--format", "der"], 1).contains("exists already"));
    fs::write(session.path().join("list"), "in/svc-0000.csr\n").unwrap();
    told(&["sign", "--from-file", "list", "--format", "der"], 2);

    fs::create_dir(session.path().join("certs")).unwrap();
    fs::write(session.path().join("list"), "in/svc-0000.csr\nin/./svc-0000.csr\n").unwrap();
    let text = told(&["sign", "--from-file", "list", "--out", "certs"], 7);
    assert!(text.contains("another row, or the report, already writes `certs/svc-0000.crt`\n"), "{text}");
    fs::write(session.path().join("table"), "name,out\na,../up\n").unwrap();
    let text = told(&["issue", "--from-csv", "table"], 2);
    assert!(text.contains("hint: give the lines for another folder a table of their own: "), "{text}");

    // Nothing to do is no failure: whoever runs it each night has such nights.
    fs::write(session.path().join("list"), "\n").unwrap();
    fs::write(session.path().join("table"), "name\n").unwrap();
    for words in [["sign", "--from-file", "list"], ["issue", "--from-csv", "table"]] {
        assert_eq!(told(&words, 0), "note: there were no rows, and nothing was done\n");
    }
}

#[test]
fn a_terminal_shows_how_much_of_all_is_done_and_nothing_else_does() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 3);
    fs::write(session.path().join("list"), "in/svc-0000.csr\n\nin/svc-0001.csr\n").unwrap();
    fs::write(session.path().join("table"), "name,subject\na,\"CN=a\"\nb,\nc,\nd,\n").unwrap();
    let shown = |words: &str| {
        let line = format!("'{}' {words}", session::binary());
        let output = session.command("script", &["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output();
        output.ok().map(|output| String::from_utf8(output.stdout).unwrap())
    };
    if shown("--version").is_none() {
        println!("SKIPPED the bar on a terminal: there is no `script` here");
        return;
    }
    for (words, total) in [
        ("sign in", "3 rows"),
        ("sign 'in/*.csr' --force", "3 rows"),
        ("sign in/svc-0000.csr in/svc-0001.csr --report r.json", "2 rows"),
        ("sign --from-file list", "2 rows"),
        ("issue --from-csv table --out .", "4 rows"),
    ] {
        let text = shown(words).unwrap();
        let bar = format!(" of {total}, ");
        assert!(text.contains("\r[") && text.contains(&bar), "{words}: {text:?}");
        for silent in ["--json", "--quiet"] {
            let text = shown(&format!("{words} {silent}")).unwrap();
            assert!(!text.contains("\u{1b}[K") && !text.contains(&bar), "{words} {silent}: {text:?}");
        }
    }
    // Nobody knows how many come through a pipe, and a file that is no terminal has no bar.
    let text = shown("sign --from-file - --force < list").unwrap();
    assert!(text.contains(" a second") && !text.contains(" of "), "{text:?}");
    let output = session.ok(&["sign", "in", "--force"]);
    assert!(output.stderr.iter().all(|octet| *octet != b'\r'));
}

#[test]
fn what_a_batch_reads_is_not_replaced_by_what_it_writes() {
    let session = Session::new();
    requests(&session, "in", 3);
    let at = |name: &str| session.path().join(name);
    let secret = "correct horse battery staple\n";
    fs::create_dir(at("cv")).unwrap();
    for (name, content) in [
        ("in/svc-0000.crt", secret),
        ("cv/list.crt", "cv/list.csr\n"),
        ("cv/pair", "in/svc-0001.csr\nin/svc-0001.crt\n"),
        ("cv/svc.crt", "name\nsvc\n"),
        ("cv/t.csv", "name\nkept\n"),
        ("cv/kept.crt", secret),
        ("in/svc-0002.crt", "notes\n"),
    ] {
        fs::write(at(name), content).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::copy(at("in/svc-0000.csr"), at("in/svc-0001.crt")).unwrap();
    fs::copy(at("in/svc-0000.csr"), at("cv/list.csr")).unwrap();
    std::os::unix::fs::symlink("in/svc-0000.crt", at("secret")).unwrap();
    session.ok(&["init", "--passphrase-file", "secret"]);
    for (words, kept, code) in [
        ("sign in/svc-0000.cs? --passphrase-file in/svc-0000.crt", "in/svc-0000.crt", 2),
        ("sign in/svc-0000.cs? --passphrase-file secret", "in/svc-0000.crt", 2),
        ("sign --from-file cv/pair --passphrase-file secret", "in/svc-0001.crt", 2),
        ("sign --from-file cv/list.crt --passphrase-file secret", "cv/list.crt", 2),
        ("sign in/svc-0002.cs? --passphrase-file secret", "in/svc-0002.crt", 1),
        ("issue --from-csv cv/svc.crt --out cv --passphrase-file secret", "cv/svc.crt", 2),
        (
            "issue --from-csv cv/t.csv --out cv --key-passphrase-file cv/kept.crt --passphrase-file secret",
            "cv/kept.crt",
            2,
        ),
    ] {
        let before = fs::read(at(kept)).unwrap();
        let words: Vec<&str> = words.split(' ').chain(["--force"]).collect();
        let output = session.mtls_ca(&words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && told.contains(kept), "{words:?}: {told}");
        assert!(fs::read(at(kept)).unwrap() == before, "{words:?} replaced `{kept}`");
        assert!(live(&session).is_empty(), "{words:?}");
    }
    // What holds certificates, and what holds nothing, is replaced.
    let words = ["sign", "in/svc-0002.cs?", "--passphrase-file", "secret", "--force"];
    fs::write(at("in/svc-0002.crt"), "").unwrap();
    session.ok(&words);
    let first = serials_in(&fs::read(at("in/svc-0002.crt")).unwrap());
    session.ok(&words);
    let second = serials_in(&fs::read(at("in/svc-0002.crt")).unwrap());
    assert!(first.len() == 1 && second.len() == 1 && first != second);
}

#[test]
fn a_report_that_was_not_written_is_not_named_as_one_that_is_there() {
    let session = Session::new();
    session.ok(&["init"]);
    requests(&session, "in", 1);
    let missing: String = (0..2_000).map(|n| format!("in/{}-{n}.csr\n", "x".repeat(200))).collect();
    for (list, code) in [(format!("in/svc-0000.csr\n{missing}"), 7), (missing, 7)] {
        fs::write(session.path().join("list"), list).unwrap();
        // The ledger stays below this many blocks of 1024 bytes, and the report does not.
        let line = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" sign --from-file list --report report.json --json";
        let output = session.command("bash", &["-c", line, session::binary()]).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{document}");
        assert!(!session.path().join("report.json").exists());
        assert_eq!(document["batch"]["report"], Value::Null);
        // EFBIG of POSIX.
        let reason = std::io::Error::from_raw_os_error(27).to_string();
        let causes = document["error"]["caused_by"].as_array().unwrap();
        let told = |cause: &Value| {
            cause.as_str().is_some_and(|cause| cause.contains("report.json") && cause.ends_with(&reason))
        };
        assert!(causes.iter().any(told), "{causes:?}");
    }
}

#[test]
fn an_answer_to_another_request_of_the_same_key_is_none() {
    let session = Session::new();
    session.ok(&["init"]);
    fs::create_dir(session.path().join("in")).unwrap();
    let request = |san: &str| {
        let key = if session.path().join("key.pem").exists() {
            "-key"
        } else {
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout"
        };
        let line = format!("openssl req -new {key} key.pem -subj /CN=a -addext subjectAltName=DNS:{san} -out in/a.csr");
        assert!(session.command("sh", &["-c", &line]).stderr(Stdio::null()).status().unwrap().success());
    };
    let outcome = |words: &[&str]| {
        let words = [&["sign", "in", "--report", "report.json"], words].concat();
        let code = session.mtls_ca(&words).output().unwrap().status.code();
        (code, report(&session)["rows"][0].clone())
    };
    request("a.internal");
    assert_eq!(outcome(&[]).1["outcome"], "issued");
    // Another signature makes no other request.
    request("a.internal");
    assert_eq!(outcome(&[]).1["outcome"], "stood");
    let first = fs::read(session.path().join("in/a.crt")).unwrap();
    request("b.internal");
    let (code, row) = outcome(&[]);
    assert_eq!((code, &row["error"]["kind"]), (Some(1), &Value::from("other_request")));
    assert_eq!(fs::read(session.path().join("in/a.crt")).unwrap(), first);
    // Two that are named are a batch, too.
    requests(&session, "in", 1);
    assert_eq!(session.mtls_ca(&["sign", "in/a.csr", "in/svc-0000.csr"]).output().unwrap().status.code(), Some(7));
    fs::remove_file(session.path().join("in/svc-0000.csr")).unwrap();
    assert_eq!(outcome(&["--force"]).1["outcome"], "issued");
    assert_eq!(outcome(&[]).1["outcome"], "stood");
    // A successor has no request of its own, and answers that of the certificate before it.
    for _ in 0..2 {
        session.ok(&["renew", "in/a.crt", "--without-key"]);
        assert_eq!(outcome(&[]).1["outcome"], "stood");
    }
    request("c.internal");
    assert_eq!(outcome(&[]).1["error"]["kind"], "other_request");
}
