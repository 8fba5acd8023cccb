//! What `openssl ca` issued moves over: certificates, revocations with reasons, CRL number; and openssl
//! finds on our next CRL what it revoked itself.

use crate::harness::Workshop;

const CONFIG: &str = "\
[ca]
default_ca = c
[c]
dir = demo
database = demo/index.txt
serial = demo/serial
crlnumber = demo/crlnumber
new_certs_dir = demo/newcerts
default_md = sha256
policy = any
x509_extensions = leaf
default_days = 365
default_crl_days = 30
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// The words that `openssl ca -revoke` knows, and what a CRL of ours is to say.
const REVOKED: [(&str, &[&str], &str); 6] = [
    ("plain", &[], ""),
    ("superseded", &["-crl_reason", "superseded"], "Superseded"),
    ("moved", &["-crl_reason", "affiliationChanged"], "Affiliation Changed"),
    ("held", &["-crl_hold", "holdInstructionReject"], "Certificate Hold"),
    ("stolen", &["-crl_compromise", "20261101000000Z"], "Key Compromise"),
    ("gone", &["-crl_reason", "cessationOfOperation"], "Cessation Of Operation"),
];

/// A CA of openssl's with these certificates.
fn authority(shop: &Workshop, names: &[&str]) {
    for (file, content) in
        [("openssl.cnf", CONFIG), ("demo/index.txt", ""), ("demo/serial", "01\n"), ("demo/crlnumber", "2A\n")]
    {
        shop.write(file, content);
    }
    std::fs::create_dir(shop.path("demo/newcerts")).unwrap();
    shop.tool("openssl", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ca.key"])
        .ok();
    let words = ["req", "-x509", "-key", "ca.key", "-subj", "/O=Old/CN=Old Root", "-days", "3650", "-out", "ca.crt"];
    shop.tool("openssl", &[&words, ["-addext", "keyUsage=critical,keyCertSign,cRLSign"].as_slice()].concat()).ok();
    for name in names {
        issue(shop, name);
    }
}

fn ca(shop: &Workshop, words: &[&str]) {
    let common = ["ca", "-batch", "-config", "openssl.cnf", "-keyfile", "ca.key", "-cert", "ca.crt"];
    shop.tool("openssl", &[&common, words].concat()).ok();
}

fn issue(shop: &Workshop, name: &str) {
    let (request, certificate) = (format!("{name}.csr"), format!("{name}.pem"));
    let subject = format!("/CN={name}.internal");
    shop.tool("openssl", &["req", "-new", "-key", "ca.key", "-subj", &subject, "-out", &request]).ok();
    ca(shop, &["-in", &request, "-out", &certificate, "-notext"]);
}

fn adopt(shop: &Workshop) {
    shop.mtls_ca(&["init", "--adopt", "ca.crt", "--adopt-key", "ca.key"]).ok();
}

/// The text that openssl prints of our CRL.
fn our_crl(shop: &Workshop) -> String {
    shop.tool("openssl", &["crl", "-in", "ca/issuers/g1/crl.pem", "-noout", "-text", "-CAfile", "ca.crt"]).ok().stdout
}

fn number(text: &str) -> u128 {
    let after = text.split("X509v3 CRL Number:").nth(1).unwrap().trim_start();
    let word = after.split_whitespace().next().unwrap();
    word.strip_prefix("0x").map_or_else(|| word.parse().unwrap(), |hex| u128::from_str_radix(hex, 16).unwrap())
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn a_ca_of_openssl_moves_over_with_its_history() {
    let Some(shop) = Workshop::open("import", &["openssl"]) else { return };
    let names: Vec<&str> = REVOKED.iter().map(|(name, ..)| *name).chain(["valid", "later", "lost"]).collect();
    authority(&shop, &names);
    for (name, words, _) in REVOKED {
        ca(&shop, &[&["-revoke", &format!("{name}.pem")], words].concat());
    }
    ca(&shop, &["-gencrl", "-out", "demo/crl.pem"]);
    std::fs::remove_file(shop.path("demo/newcerts/09.pem")).unwrap();
    adopt(&shop);
    let dry = shop.json(&["import", "openssl", "demo", "--dry-run"]);
    assert_eq!(dry["new"], 9, "{dry:#}");
    assert_eq!(shop.json(&["list", "--status", "all"])["certificates"].as_array().unwrap().len(), 0);
    let done = shop.json(&["import", "openssl", "demo"]);
    assert_eq!((&done["new"], &done["not_on_disk"], &done["refused"]), (&9.into(), &1.into(), &serde_json::json!([])));
    // The CRL that was made had number 2A.
    assert_eq!(done["issuers"][0]["crl_number"], "2a");
    let again = shop.json(&["import", "openssl", "demo"]);
    assert_eq!((&again["new"], &again["known"]), (&0.into(), &9.into()));
    let lost = shop.json(&["show", "lost.internal"]);
    assert_eq!(
        (&lost["certificate"]["has_certificate"], &lost["certificate"]["status"]),
        (&false.into(), &"valid".into())
    );

    shop.mtls_ca(&["crl", "build"]).ok();
    let first = our_crl(&shop);
    // An old certificate is taken back here, and its CRL follows by itself.
    shop.mtls_ca(&["revoke", "later.internal", "--reason", "superseded"]).ok();
    let second = our_crl(&shop);
    assert!(number(&first) > 0x2a && number(&second) > number(&first), "numbers rise");
    for (at, (name, _, reason)) in REVOKED.iter().enumerate() {
        let entry = second.split("Serial Number: ").find(|part| part.starts_with(&format!("{:02}\n", at + 1)));
        let entry = entry.unwrap_or_else(|| panic!("{name} is not on it:\n{second}"));
        assert!(entry.contains(reason), "{name}: {entry}");
    }
    // What `-crl_compromise` said of the key.
    assert!(second.contains("Nov  1 00:00:00 2026 GMT"), "{second}");
    assert!(second.contains("Serial Number: 08\n") && !first.contains("Serial Number: 08\n"));
    let chain = [shop.read("ca.crt"), shop.read("ca/issuers/g1/crl.pem")].concat();
    shop.write("chain.pem", chain);
    let verify =
        |name: &str| shop.tool("openssl", &["verify", "-crl_check", "-CAfile", "chain.pem", &format!("{name}.pem")]);
    verify("valid").ok();
    for name in REVOKED.iter().map(|(name, ..)| *name).chain(["later"]) {
        verify(name).code(2).says("certificate revoked");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn an_index_that_parallel_runs_have_ruined_is_taken_as_far_as_it_goes() {
    let Some(shop) = Workshop::open("import", &["openssl"]) else { return };
    authority(&shop, &["a", "b"]);
    ca(&shop, &["-revoke", "b.pem"]);
    ca(&shop, &["-gencrl", "-out", "last.crl"]);
    // A second run that read `serial` at the same moment gives the number 02 out again, and its line is
    // written into the middle of another.
    let saved: Vec<(&str, Vec<u8>)> =
        ["demo/index.txt", "demo/serial"].into_iter().map(|file| (file, shop.read(file))).collect();
    shop.write("demo/serial", "02\n");
    shop.write("demo/index.txt", shop.read("demo/index.txt").split_inclusive(|byte| *byte == b'\n').next().unwrap());
    std::fs::rename(shop.path("demo/newcerts/02.pem"), shop.path("demo/newcerts/02-first.pem")).unwrap();
    issue(&shop, "c");
    let raced = String::from_utf8(shop.read("demo/index.txt")).unwrap();
    let line = raced.lines().last().unwrap();
    for (file, content) in saved {
        shop.write(file, content);
    }
    let whole = String::from_utf8(shop.read("demo/index.txt")).unwrap();
    let (head, tail) = line.split_at(line.len() / 2);
    shop.write("demo/index.txt", format!("{whole}{line}\n{head}\n{tail}\n"));
    adopt(&shop);
    let words = ["import", "openssl", "demo", "--json"];
    let run = shop.mtls_ca(&words).code(7);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let refused: Vec<String> = report["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trouble| format!("{}: {}", trouble["place"].as_str().unwrap(), trouble["reason"].as_str().unwrap()))
        .collect();
    let said = |place: &str, what: &str| refused.iter().any(|line| line.starts_with(place) && line.contains(what));
    assert!(said("demo/index.txt:3", "`02` was given out twice"), "{refused:#?}");
    assert!(said("demo/newcerts/02", "`02` was given out twice"), "{refused:#?}");
    assert!(said("demo/index.txt:4", "fields") && said("demo/index.txt:5", "fields"), "{refused:#?}");
    // A line that cannot be read may be a revocation, so no CRL is built on it ...
    assert_eq!(report["issuers"][0]["history"], "unknown");
    shop.mtls_ca(&["crl", "build"]).code(4);
    // ... until the last CRL says what was revoked.
    shop.mtls_ca(&["import", "openssl", "demo", "--crl", "last.crl"]).code(7);
    shop.mtls_ca(&["crl", "build"]).ok();
    assert!(our_crl(&shop).contains("Serial Number: 02\n"));
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn a_lost_index_is_made_up_for_by_certificates_and_the_last_crl() {
    let Some(shop) = Workshop::open("import", &["openssl"]) else { return };
    authority(&shop, &["a", "b", "c"]);
    ca(&shop, &["-revoke", "b.pem", "-crl_reason", "keyCompromise"]);
    ca(&shop, &["-gencrl", "-out", "last.crl"]);
    std::fs::remove_file(shop.path("demo/index.txt")).unwrap();
    adopt(&shop);
    shop.mtls_ca(&["import", "openssl", "demo"]).code(1).says("demo/index.txt");
    shop.mtls_ca(&["import", "certs", "demo/newcerts", "--crl", "last.crl"]).ok();
    assert_eq!(shop.json(&["show", "b.internal"])["certificate"]["reason"], "keyCompromise");
    shop.mtls_ca(&["crl", "build"]).ok();
    let text = our_crl(&shop);
    assert!(number(&text) > 0x2a && text.contains("Serial Number: 02\n") && text.contains("Key Compromise"), "{text}");
}
