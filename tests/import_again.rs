//! What another tool did after it was taken in is taken in by the next import: revocations, and
//! certificates that were not on disk before. Each of it is in the audit log, and `check` compares.

mod sandbox;

use rusqlite::Connection;
use sandbox::Sandbox;
use serde_json::Value;

/// A CA of `openssl ca` with three certificates, the file of the last one away; adopted, and taken in.
const ADOPTED: &str = r"set -e
mkdir -p demo/newcerts && touch demo/index.txt && echo 01 > demo/serial
printf '[ca]\ndefault_ca=c\n[c]\ndir=demo\ndatabase=demo/index.txt\nserial=demo/serial\nnew_certs_dir=demo/newcerts\ndefault_md=sha256\npolicy=p\nx509_extensions=e\ndefault_days=365\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\nextendedKeyUsage=serverAuth\n' > ca.cnf
openssl ecparam -name prime256v1 -genkey -noout -out demo/ca.key
openssl req -x509 -key demo/ca.key -days 3650 -subj '/CN=Old Root' -addext keyUsage=critical,keyCertSign,cRLSign -out demo/cacert.pem
for name in a b c; do
    openssl ecparam -name prime256v1 -genkey -noout -out $name.key
    openssl req -new -key $name.key -subj /CN=$name.internal -out $name.csr
    openssl ca -batch -config ca.cnf -keyfile demo/ca.key -cert demo/cacert.pem -in $name.csr -out $name.pem 2> /dev/null
done
mv demo/newcerts/03.pem away.pem
mtls-ca init --adopt demo/cacert.pem --adopt-key demo/ca.key --quiet > /dev/null
mtls-ca import openssl demo --quiet > /dev/null
";

/// What the other tool did since.
const SINCE: &str = r"set -e
openssl ca -config ca.cnf -keyfile demo/ca.key -cert demo/cacert.pem -revoke a.pem -crl_reason superseded 2> /dev/null
mv away.pem demo/newcerts/03.pem
mtls-ca import openssl demo --json
";

fn json(sandbox: &Sandbox, line: &str) -> Value {
    let ended = sandbox.shell(line);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{line}: {error}\n{}", ended.stderr))
}

fn adopted() -> Sandbox {
    let sandbox = Sandbox::new();
    let ended = sandbox.shell(ADOPTED);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    sandbox
}

#[test]
fn what_happened_since_is_taken_in() {
    let sandbox = adopted();
    let before = json(&sandbox, "mtls-ca list --status all --json");
    let status = |list: &Value, name: &str| {
        let rows = list["certificates"].as_array().unwrap();
        let row = rows.iter().find(|row| row["subject"] == format!("CN={name}.internal")).unwrap();
        row["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(["a", "b", "c"].map(|name| status(&before, name)), ["valid", "valid", "valid"]);
    assert_ne!(sandbox.shell("mtls-ca show c.internal --pem").code, 0, "its bytes are not there yet");

    json(&sandbox, SINCE);
    let after = json(&sandbox, "mtls-ca list --status all --json");
    assert_eq!(["a", "b", "c"].map(|name| status(&after, name)), ["revoked", "valid", "valid"]);
    // The bytes that are there now are those that openssl issued.
    let same = sandbox.shell(
        "set -e; mtls-ca show c.internal --pem --quiet > shown.pem
         diff <(openssl x509 -in shown.pem -outform der | sha256sum) <(openssl x509 -in c.pem -outform der | sha256sum)",
    );
    assert_eq!(same.code, 0, "{}", same.stderr);
    // openssl refuses the one that was revoked there, by the CRL that is built here, and takes the others.
    let judged = sandbox.shell(
        "mtls-ca crl build --quiet > /dev/null
         for name in a b c; do openssl verify -crl_check -CRLfile ca/issuers/g1/crl.pem -CAfile demo/cacert.pem $name.pem > /dev/null 2>&1; echo $?; done",
    );
    assert_eq!(judged.stdout, "2\n0\n0\n", "{}", judged.stderr);
    // Nothing is amiss, and a third time there is nothing to take.
    let events = json(&sandbox, "mtls-ca check --json")["events"].clone();
    json(&sandbox, "mtls-ca import openssl demo --json");
    assert_eq!(json(&sandbox, "mtls-ca check --json")["events"], events);
    let found = codes(&json(&sandbox, "mtls-ca check --json"));
    assert!(!found.iter().any(|code| code.starts_with("ledger.")), "{found:?}");
}

#[test]
fn rows_that_no_import_brought_are_found() {
    for (harm, what) in [
        ("UPDATE certificates SET serial = x'05' WHERE serial = x'02'", "a number that is another one"),
        (
            "DELETE FROM names WHERE certificate_id = (SELECT id FROM certificates WHERE serial = x'02');
          DELETE FROM certificates WHERE serial = x'02'",
            "a row that was taken out",
        ),
    ] {
        let sandbox = adopted();
        let connection = Connection::open(sandbox.path().join("ca/ledger.sqlite")).unwrap();
        connection.execute_batch(harm).unwrap();
        drop(connection);
        let found = codes(&json(&sandbox, "mtls-ca check --json"));
        assert!(found.iter().any(|code| code == "ledger.inheritance_differs"), "{what}: {found:?}");
    }
}

#[test]
fn a_file_of_a_folder_is_taken_by_what_is_in_it() {
    let sandbox = adopted();
    let ended = sandbox.shell(
        "mkdir d && cp away.pem d/noext && cp demo/newcerts/01.pem d/s.txt && openssl x509 -in b.pem -outform DER -out d/s.CRT \
         && echo 01 > d/serial && cp a.key d/a.key && cp a.csr d/a.csr \
         && openssl pkcs8 -topk8 -nocrypt -in a.key -outform DER -out d/store \
         && mkdir none && echo x > none/README && chmod 000 d/a.key",
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let taken = json(&sandbox, "mtls-ca import certs d --json");
    assert_eq!([&taken["completed"], &taken["known"], &taken["new"]], [1, 2, 0], "{taken}");
    assert_eq!(taken["refused"].as_array().unwrap().len(), 0, "{taken}");
    let over: Vec<&str> =
        taken["passed_over"].as_array().unwrap().iter().map(|one| one["place"].as_str().unwrap()).collect();
    assert_eq!(over, ["d/store"], "{taken}");

    let none = sandbox.shell("mtls-ca import certs none");
    assert_eq!(none.code, 1, "{}{}", none.stdout, none.stderr);
    assert!(none.stderr.starts_with("error: no certificate and no CRL"), "{}", none.stderr);
    assert_eq!(sandbox.shell("mtls-ca import certs none --nothing-revoked").code, 0);
}

/// The codes of everything that `check` found.
fn codes(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["code"].as_str().unwrap_or_default().to_owned()).collect()
}
