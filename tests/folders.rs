//! Folders that hold what is good, what is broken, what is closed and what is none of ours: `inspect`, `lint` and
//! `verify` agree on which is which, name what they could not read, and end with 7.

mod session;
mod terminal;

use std::fs;
use std::process::Output;

use serde_json::Value;
use session::{Session, binary};
use terminal::{document, harmless};

const VERBS: [&str; 3] = ["inspect", "lint", "verify"];

/// A CA, and a certificate of it in `all/a.crt`.
fn session() -> Session {
    let session = Session::new();
    session.ok(&["init", "--name", "Example"]);
    session.ok(&["issue", "a", "--format", "pkcs12", "--make-store-password", "password"]);
    fs::create_dir(session.path().join("all")).unwrap();
    fs::rename(session.path().join("a.crt"), session.path().join("all/a.crt")).unwrap();
    session
}

fn write(session: &Session, name: &str, bytes: impl AsRef<[u8]>) {
    let path = session.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn run(session: &Session, words: &[&str], exit: i32) -> (Output, String) {
    let output = session.mtls_ca(words).output().unwrap();
    let told = format!("{}{}", harmless("stdout", &output.stdout), harmless("stderr", &output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{words:?}: {told}");
    (output, told)
}

/// What the one document says of files that could not be read: their names, and the kind of each error.
fn failed(verb: &str, document: &Value) -> Vec<(String, String)> {
    let (list, name) = match verb {
        "inspect" => ("inputs", "input"),
        "lint" => ("failed", "input"),
        _ => ("files", "file"),
    };
    let entries = document[list].as_array().unwrap().iter().filter(|entry| entry.get("error").is_some());
    entries.map(|entry| (entry[name].to_string().replace('"', ""), entry["error"]["kind"].to_string())).collect()
}

#[test]
fn what_is_broken_is_named_and_what_is_none_of_ours_is_passed_over() {
    let session = session();
    let certificate = fs::read(session.path().join("all/a.crt")).unwrap();
    let der = pem::parse(&certificate).unwrap().into_contents();
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    for (name, content) in [
        ("all/broken.crt", half(&certificate)),
        ("all/broken.der", half(&der)),
        ("all/deeper/not base64.pem", b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n".to_vec()),
        ("all/huge.pem", format!("-----BEGIN CERTIFICATE-----\n{}", "x".repeat(10 * 1024 * 1024)).into_bytes()),
        ("all/huge.log", vec![b'x'; 10 * 1024 * 1024 + 1]),
        ("all/README.txt", b"These are certificates.\n".to_vec()),
        ("all/empty", Vec::new()),
        // OpenSSL's CA keeps its next number so; DER begins with the octet of the digit 0.
        ("all/serial", b"01\n".to_vec()),
        ("all/index.txt", b"0\tV\t270101000000Z\n".to_vec()),
        ("all/picture.png", b"\x89PNG\r\n\x1a\n".to_vec()),
    ] {
        write(&session, name, content);
    }
    fs::copy(session.path().join("a.key"), session.path().join("all/a.key")).unwrap();
    let broken = ["all/broken.crt", "all/broken.der", "all/deeper/not base64.pem", "all/huge.pem"];
    let foreign = ["all/README.txt", "all/empty", "all/huge.log", "all/index.txt", "all/picture.png", "all/serial"];
    for verb in VERBS {
        let (output, told) = run(&session, &[verb, "all"], 7);
        let listed = String::from_utf8(output.stdout).unwrap();
        for name in broken {
            let line = listed.lines().find(|line| line.contains(name) && line.contains("not read"));
            assert!(line.is_some(), "{verb}: {name}: {told}");
        }
        assert!(told.contains("3 more could not be read"), "{verb}: {told}");

        let (output, _) = run(&session, &[verb, "all", "--json"], 7);
        let document = document(verb, &output.stdout);
        let names: Vec<String> = failed(verb, &document).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, broken, "{verb}");
        assert_eq!(document["error"]["exit_code"], 7, "{verb}");
        let passed_over: Vec<&str> =
            document["passed_over"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let of_key = if verb == "inspect" { None } else { Some("all/a.key") };
        let mut expected: Vec<&str> = foreign.into_iter().chain(of_key).collect();
        expected.sort_unstable();
        assert_eq!(passed_over, expected, "{verb}");
    }
    // Without them all is well.
    for name in broken {
        fs::remove_file(session.path().join(name)).unwrap();
    }
    for verb in VERBS {
        run(&session, &[verb, "all"], 0);
    }
    // With nothing but them, each alone would end so.
    write(&session, "bad/broken.crt", half(&certificate));
    write(&session, "none/README.txt", "");
    for verb in VERBS {
        let (_, told) = run(&session, &[verb, "bad"], 1);
        assert!(told.contains("bad/broken.crt"), "{verb}: {told}");
        let (output, _) = run(&session, &[verb, "bad", "--json"], 1);
        assert_eq!(failed(verb, &document(verb, &output.stdout)).len(), 1);
        let (output, told) = run(&session, &[verb, "none", "--json"], 1);
        assert_eq!(document(verb, &output.stdout).as_object().unwrap().len(), 3, "{told}");
        assert!(told.contains(" in the only file\n"), "{verb}: {told}");
    }
}

/// The answer no is worth more than a file that is not there, and both are said.
#[test]
fn the_answer_no_comes_first() {
    let session = session();
    write(&session, "all/broken.crt", "-----BEGIN CERTIFICATE-----\n");
    let (_, told) = run(&session, &["verify", "all", "--as", "server"], 3);
    assert!(told.contains("1 could not be read; the first: cannot read `all/broken.crt`"), "{told}");
    let bare = "openssl req -x509 -newkey rsa:1024 -nodes -keyout /dev/null -subj /CN=weak -out all/weak.crt";
    assert!(session.command("bash", &["-c", bare]).output().unwrap().status.success());
    let (_, told) = run(&session, &["lint", "all"], 3);
    assert!(told.contains("1 could not be read; the first: ") && told.contains("all/broken.crt: not read"), "{told}");
}

/// A folder that `issue --out` makes: beside certificate and key the CA whom the peers of this one trust.
#[test]
fn the_ca_beside_a_certificate_is_not_judged_as_one_that_shows_it() {
    let session = Session::new();
    session.ok(&["--ca-dir", "root", "init", "--name", "Root"]);
    session.ok(&["init", "--parent", "root", "--name", "Issuing"]);
    session.ok(&["issue", "api.internal", "--profile", "server", "--out", "tls"]);
    assert!(session.path().join("tls/ca.crt").is_file());
    // As other programs lay it out: the CA in between in a file of its own.
    let chain = fs::read_to_string(session.path().join("ca/chain.crt")).unwrap();
    write(&session, "tls/chain.pem", chain);
    let (output, told) = run(&session, &["verify", "tls", "--as", "server", "--host", "api.internal", "--json"], 0);
    let found = document("verify", &output.stdout);
    assert_eq!(found["files"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(found["files"][0]["file"], "tls/api.internal.crt");
    assert_eq!(found["files"][0]["accepted"], true);
    assert_eq!(
        found["passed_over"],
        serde_json::json!(["tls/api.internal.key", "tls/ca.crt", "tls/chain.pem"]),
        "{told}"
    );
    let (_, told) = run(&session, &["verify", "tls", "--as", "server"], 0);
    assert!(told.contains("only certificates of CAs in `tls/ca.crt`, `tls/chain.pem`"), "{told}");
    // By its name it is asked about.
    run(&session, &["verify", "--each", "tls/ca.crt", "tls/api.internal.crt", "--as", "server"], 3);
    // With nothing else there is no answer.
    write(&session, "alone/ca.crt", fs::read(session.path().join("tls/ca.crt")).unwrap());
    let (_, told) = run(&session, &["verify", "alone", "--as", "server"], 1);
    assert!(told.contains("there is no certificate but of CAs in the only file"), "{told}");
    // A CA that nobody trusts here, and one that is over.
    let (_, told) = run(&session, &["verify", "alone", "--as", "server", "--ca", "tls/api.internal.crt"], 3);
    assert!(told.contains("`alone/ca.crt` is not good as server"), "{told}");
    run(&session, &["verify", "alone", "--as", "server", "--at", "2099-01-01T00:00:00Z"], 3);
    // A server that signed itself, as openssl makes it, is asked about though it may be trusted.
    let own = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=own -days 1 -out own.crt && \
               mkdir own && cp own.crt own/";
    assert!(session.command("bash", &["-c", own]).output().unwrap().status.success());
    run(&session, &["verify", "own", "--as", "server", "--ca", "own.crt", "--at", "2099-01-01T00:00:00Z"], 3);
}

#[test]
fn a_closed_store_is_an_entry_and_nobody_is_asked() {
    let session = session();
    for name in ["all/one.p12", "all/two.p12"] {
        fs::copy(session.path().join("a.p12"), session.path().join(name)).unwrap();
    }
    // On a terminal, with nobody at it.
    let typed = format!("{} lint all", binary());
    let output = session.command("script", &["-qec", &typed, "/dev/null"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!told.contains("passphrase of"), "{told}");
    assert_eq!(output.status.code(), Some(7), "{told}");
    assert_eq!(told.matches("not read: it is a PKCS#12 store, which only its password opens").count(), 2, "{told}");
    assert!(told.contains("give it with --passphrase-file FILE"), "{told}");

    for verb in ["lint", "verify"] {
        let (output, _) = run(&session, &[verb, "all", "--json"], 7);
        let missed = failed(verb, &document(verb, &output.stdout));
        assert_eq!(missed.len(), 2, "{missed:?}");
        assert!(missed.iter().all(|(_, kind)| kind == "\"passphrase_missing\""), "{verb}: {missed:?}");
        run(&session, &[verb, "all", "--passphrase-file", "password"], 0);
        write(&session, "wrong", "not it\n");
        let (_, told) = run(&session, &[verb, "all", "--passphrase-file", "wrong"], 7);
        assert!(told.contains("cannot open `all/one.p12`"), "{told}");
    }
    // What it is can be said without opening it.
    run(&session, &["inspect", "all"], 0);
    run(&session, &["inspect", "all", "--passphrase-file", "wrong"], 7);
    // From the environment as well, which is nobody's fault where no store needs it.
    let with = |variable: &str, folder: &str| {
        let mut command = session.mtls_ca(&["lint", folder]);
        command.env("MTLS_CA_PASSPHRASE_FILE", variable).output().unwrap().status.code()
    };
    assert_eq!(with("password", "all"), Some(0));
    assert_eq!(with("missing", "all"), Some(7));
    write(&session, "plain/a.crt", fs::read(session.path().join("all/a.crt")).unwrap());
    assert_eq!(with("missing", "plain"), Some(0));
}

#[test]
fn no_folder_is_too_deep_to_be_looked_through() {
    let session = session();
    let deepest = format!("all/{}", "d/".repeat(40));
    write(&session, &format!("{deepest}deep.crt"), fs::read(session.path().join("all/a.crt")).unwrap());
    write(&session, &format!("{deepest}broken.crt"), "-----BEGIN CERTIFICATE-----\n");
    for verb in VERBS {
        let (_, told) = run(&session, &[verb, "all"], 7);
        assert!(told.contains(&format!("{deepest}deep.crt")) || verb == "lint", "{verb}: {told}");
        assert!(told.contains(&format!("{deepest}broken.crt")), "{verb}: {told}");
    }
    let (output, _) = run(&session, &["lint", "all", "--json"], 7);
    assert_eq!(document("lint", &output.stdout)["checked"], 2);
}

/// A path that is longer than the system takes: root reads it as little as anybody.
#[test]
fn a_folder_that_cannot_be_read_is_one_entry() {
    let session = session();
    let deep = "cd all && for n in $(seq 18); do mkdir $0 && cd $0 || exit 1; done";
    let made = session.command("bash", &["-c", deep, &"n".repeat(250)]).status().unwrap();
    assert!(made.success());
    write(&session, "all/z.crt", fs::read(session.path().join("all/a.crt")).unwrap());
    for verb in VERBS {
        let (output, told) = run(&session, &[verb, "all", "--json"], 7);
        let document = document(verb, &output.stdout);
        let [(name, kind)] = failed(verb, &document).try_into().unwrap();
        assert!(name.starts_with("all/nnn") && kind == "\"io\"", "{verb}: {name}");
        assert!(told.contains("cannot read the folder `all/nnn"), "{verb}: {told}");
        run(&session, &[verb, "all/z.crt"], 0);
        assert!(output.stdout.windows(9).any(|window| window == b"all/z.crt"), "{verb}");
    }
}

/// `doctor` looks through folders too, and what it says of the rest stands.
#[test]
fn doctor_goes_on_beside_a_folder_that_cannot_be_read() {
    let session = session();
    // As long as a path may be, with a folder in it that is beyond.
    let part = "n".repeat(250);
    let deep = "cp a.key all && cd all && \
                for n in $(seq 16); do mkdir $0 && mv a.crt a.key $0 && cd $0 || exit 1; done; mkdir $0";
    let made = session.command("bash", &["-c", deep, &part]).status().unwrap();
    assert!(made.success());
    let deepest = format!("all/{}", vec![part.as_str(); 16].join("/"));
    let (output, told) = run(&session, &["doctor", &deepest], 0);
    assert!(
        String::from_utf8(output.stdout).unwrap().starts_with("good\n  warn diagnosis.unreadable  the folder `all/nnn"),
        "{told}"
    );
    let (output, _) = run(&session, &["doctor", &deepest, "--json"], 0);
    let report = document("doctor", &output.stdout)["report"].clone();
    assert_eq!((&report["accepted"], &report["diagnoses"][0]["severity"]), (&true.into(), &"warning".into()));
    let folder = report["files"].as_array().unwrap().iter().find(|file| file["coding"] == "folder").unwrap();
    assert_eq!(folder["file"], format!("{deepest}/{part}"));
}

/// The answer in JSON is printed while it is found out: it is one document all the same, and whoever has seen enough of
/// it may go.
#[test]
fn a_long_document_is_one_and_may_be_left() {
    let session = session();
    let certificate = fs::read(session.path().join("all/a.crt")).unwrap();
    for number in 0..500 {
        write(&session, &format!("many/{number:04}.crt"), &certificate);
    }
    let (output, _) = run(&session, &["inspect", "many", "--json"], 0);
    let document = document("inspect", &output.stdout);
    let inputs = document["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 500);
    assert!(inputs.iter().enumerate().all(|(n, input)| input["input"] == format!("many/{n:04}.crt")));

    // The code is that of what was looked at until then: what is broken behind that is not known.
    let head = "set -o pipefail; \"$0\" inspect many --json | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}";
    for (broken, exit, told) in [("zzz", "0\n", ""), ("000", "7\n", "error: cannot say what is in `many/000.crt`\n")] {
        let broken = format!("many/{broken}.crt");
        write(&session, &broken, "-----BEGIN CERTIFICATE-----\n");
        let output = session.command("bash", &["-c", head, binary()]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), exit);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with(told) && said.is_empty() == told.is_empty(), "{said}");
        fs::remove_file(session.path().join(broken)).unwrap();
    }
    let full = "\"$0\" inspect many --json > /dev/full; echo $?";
    let output = session.command("bash", &["-c", full, binary()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the answer"));
}
