//! What easy-rsa, cfssl, minica, mkcert and certstrap issued moves over, and openssl finds on our CRL
//! what each of them revoked, beside what was revoked here.

use std::ffi::OsString;
use std::process::Command;

use crate::harness::{Run, Workshop};

/// Runs a program with some variables.
fn with(shop: &Workshop, program: &str, words: &[&str], variables: &[(&str, OsString)]) -> Run {
    let mut command = Command::new("env");
    for (name, value) in variables {
        let mut pair = OsString::from(*name);
        pair.push("=");
        pair.push(value);
        command.arg(pair);
    }
    command.arg(program).args(words);
    shop.run(command)
}

/// Revokes one that was imported, builds the CRL, and asks openssl about each.
fn judge(shop: &Workshop, root: &str, revoked_before: &[&str], to_revoke: (&str, &str), valid: &[&str]) {
    let (name, file) = to_revoke;
    shop.mtls_ca(&["crl", "build"]).ok();
    shop.mtls_ca(&["revoke", name]).ok();
    shop.write("chain.pem", [shop.read(root), shop.read("ca/issuers/g1/crl.pem")].concat());
    let verify = |file: &str| shop.tool("openssl", &["verify", "-crl_check", "-CAfile", "chain.pem", file]);
    for file in revoked_before.iter().chain([&file]) {
        verify(file).code(2).says("certificate revoked");
    }
    for file in valid {
        verify(file).ok();
    }
    assert_eq!(shop.json(&["crl", "show", "ca/issuers/g1/crl.pem"])["command"], "crl");
}

/// The roots of minica and mkcert have keyCertSign alone, so that peers would refuse their CRLs. What is
/// issued from now on is theirs all the same.
fn cannot_sign_crls(shop: &Workshop, root: &str) {
    shop.mtls_ca(&["crl", "build"]).code(4).says("does not include cRLSign");
    shop.mtls_ca(&["list"]).ok().says("one.internal").says("two.internal");
    shop.mtls_ca(&["issue", "three.internal", "--profile", "server", "--out", "tls"]).ok();
    shop.tool("openssl", &["verify", "-CAfile", root, "tls/three.internal.crt"]).ok();
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn easy_rsa_moves_over() {
    let Some(shop) = Workshop::open("import", &["openssl", "/usr/share/easy-rsa/easyrsa"]) else { return };
    let variables = [
        ("EASYRSA", OsString::from("/usr/share/easy-rsa")),
        ("EASYRSA_BATCH", "1".into()),
        ("EASYRSA_ALGO", "ec".into()),
        ("EASYRSA_PKI", shop.path("pki").into()),
    ];
    let easyrsa = |words: &[&str]| with(&shop, "/usr/share/easy-rsa/easyrsa", words, &variables).ok();
    easyrsa(&["init-pki"]);
    easyrsa(&["build-ca", "nopass"]);
    for name in ["one", "two", "three"] {
        easyrsa(&["build-server-full", name, "nopass"]);
    }
    shop.write("one.pem", shop.read("pki/issued/one.crt"));
    easyrsa(&["revoke", "one", "superseded"]);
    easyrsa(&["gen-crl"]);
    shop.mtls_ca(&["init", "--adopt", "pki/ca.crt", "--adopt-key", "pki/private/ca.key"]).ok();
    let report = shop.json(&["import", "easyrsa", "pki"]);
    assert_eq!((&report["new"], &report["not_on_disk"], &report["own"]), (&3.into(), &0.into(), &1.into()));
    assert_eq!(report["refused"], serde_json::json!([]));
    assert_eq!(shop.json(&["show", "one"])["certificate"]["reason"], "superseded");
    // From the ledger alone: the same key and names, through today's rules.
    shop.mtls_ca(&["renew", "three", "--out", "renewed.crt"]).ok();
    shop.tool("openssl", &["verify", "-CAfile", "pki/ca.crt", "renewed.crt"]).ok();
    judge(&shop, "pki/ca.crt", &["one.pem"], ("two", "pki/issued/two.crt"), &["pki/issued/three.crt"]);
}

/// The tables of cfssl's migrations, which its own tool for them (goose) would make.
const CERTDB: &str = "\
CREATE TABLE certificates (
  serial_number            blob NOT NULL,
  authority_key_identifier blob NOT NULL,
  ca_label                 blob,
  status                   blob NOT NULL,
  reason                   int,
  expiry                   timestamp,
  revoked_at               timestamp,
  pem                      blob NOT NULL,
  PRIMARY KEY(serial_number, authority_key_identifier)
);
";

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn cfssl_moves_over() {
    let Some(shop) = Workshop::open("import", &["openssl", "cfssl", "sqlite3"]) else { return };
    shop.tool("sqlite3", &["certs.db", CERTDB]).ok();
    shop.write("db.json", r#"{"driver":"sqlite3","data_source":"certs.db"}"#);
    shop.write("ca.json", r#"{"CN":"Their Root","key":{"algo":"ecdsa","size":256},"names":[{"O":"Theirs"}]}"#);
    let answer =
        |words: &[&str]| -> serde_json::Value { serde_json::from_str(&shop.tool("cfssl", words).ok().stdout).unwrap() };
    let made = answer(&["gencert", "-initca", "ca.json"]);
    shop.write("ca.pem", made["cert"].as_str().unwrap());
    shop.write("ca.key", made["key"].as_str().unwrap());
    for name in ["one", "two", "three"] {
        let wish = format!(r#"{{"CN":"{name}","hosts":["{name}.internal"],"key":{{"algo":"ecdsa","size":256}}}}"#);
        shop.write("wish.json", wish);
        let words = ["gencert", "-ca", "ca.pem", "-ca-key", "ca.key", "-db-config", "db.json", "wish.json"];
        shop.write(&format!("{name}.pem"), answer(&words)["cert"].as_str().unwrap());
    }
    // This version leaves the key identifier empty, without which its own `revoke` takes no row.
    shop.tool("sqlite3", &["certs.db", "UPDATE certificates SET authority_key_identifier = 'aa'"]).ok();
    let serial = shop.tool("openssl", &["x509", "-in", "one.pem", "-noout", "-serial"]).ok().stdout;
    let hex = serial.trim().strip_prefix("serial=").unwrap().to_owned();
    let decimal = shop.tool("python3", &["-c", &format!("print(int('{hex}', 16))")]).ok().stdout;
    let words =
        ["revoke", "-db-config", "db.json", "-serial", decimal.trim(), "-aki", "aa", "-reason", "keycompromise"];
    shop.tool("cfssl", &words).ok();
    shop.mtls_ca(&["init", "--adopt", "ca.pem", "--adopt-key", "ca.key"]).ok();
    let report = shop.json(&["import", "cfssl", "--db", "certs.db"]);
    assert_eq!((&report["new"], &report["refused"]), (&3.into(), &serde_json::json!([])), "{report:#}");
    assert_eq!(shop.json(&["show", "one"])["certificate"]["reason"], "keyCompromise");
    judge(&shop, "ca.pem", &["one.pem"], ("two", "two.pem"), &["three.pem"]);
    shop.mtls_ca(&["import", "cfssl", "--db", "ca/ledger.sqlite"]).code(1).says("not a database of cfssl");
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn minica_moves_over() {
    let Some(shop) = Workshop::open("import", &["openssl", "minica"]) else { return };
    shop.tool("minica", &["one.internal", "two.internal"]).ok();
    shop.mtls_ca(&["init", "--adopt", "cacert.crt", "--adopt-key", "cakey.key"]).ok();
    let report = shop.json(&["import", "minica", "."]);
    assert_eq!((&report["new"], &report["refused"]), (&2.into(), &serde_json::json!([])), "{report:#}");
    cannot_sign_crls(&shop, "cacert.crt");
}

#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn mkcert_moves_over() {
    let Some(shop) = Workshop::open("import", &["openssl", "mkcert"]) else { return };
    std::fs::create_dir(shop.path("root")).unwrap();
    let variables = [("CAROOT", OsString::from(shop.path("root")))];
    for name in ["one.internal", "two.internal"] {
        with(&shop, "mkcert", &[name], &variables).ok();
    }
    shop.mtls_ca(&["init", "--adopt", "root/rootCA.pem", "--adopt-key", "root/rootCA-key.pem"]).ok();
    let report = shop.json(&["import", "mkcert", "."]);
    assert_eq!((&report["new"], &report["refused"]), (&2.into(), &serde_json::json!([])), "{report:#}");
    cannot_sign_crls(&shop, "root/rootCA.pem");
}

/// certstrap is not packaged: openssl makes the files that its manual shows, `out/NAME.crt`, `.key`,
/// `.csr`, and the CA's CRL beside them.
#[test]
#[ignore = "run by ./tests/run.sh interop import"]
fn the_depot_of_certstrap_moves_over() {
    let Some(shop) = Workshop::open("import", &["openssl"]) else { return };
    std::fs::create_dir(shop.path("out")).unwrap();
    let openssl = |words: &[&str]| shop.tool("openssl", words).ok();
    let key = |name: &str| {
        let file = format!("out/{name}.key");
        openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &file]);
        file
    };
    let root = key("CertAuth");
    let usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    let words = ["req", "-x509", "-key", &root, "-subj", "/CN=CertAuth", "-days", "3650", "-out", "out/CertAuth.crt"];
    openssl(&[&words, usage.as_slice()].concat());
    let mut index = String::new();
    for (number, name) in ["Alice", "Bob", "Carol"].into_iter().enumerate() {
        let (own, request, certificate) = (key(name), format!("out/{name}.csr"), format!("out/{name}.crt"));
        openssl(&["req", "-new", "-key", &own, "-subj", &format!("/CN={name}"), "-out", &request]);
        let serial = format!("{}", number + 1);
        let words = ["x509", "-req", "-in", &request, "-CA", "out/CertAuth.crt", "-CAkey", &root];
        openssl(&[&words, ["-set_serial", &serial, "-days", "365", "-out", &certificate].as_slice()].concat());
        if name == "Alice" {
            index.push_str("R\t371231235959Z\t261101000000Z\t01\tunknown\t/CN=Alice\n");
        }
    }
    shop.write("index", index);
    shop.write("number", "05\n");
    shop.write("crl.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n");
    let words =
        ["ca", "-config", "crl.cnf", "-gencrl", "-crldays", "30", "-keyfile", &root, "-cert", "out/CertAuth.crt"];
    openssl(&[&words, ["-out", "out/CertAuth.crl"].as_slice()].concat());
    shop.mtls_ca(&["init", "--adopt", "out/CertAuth.crt", "--adopt-key", &root]).ok();
    let report = shop.json(&["import", "certstrap", "out"]);
    assert_eq!((&report["new"], &report["refused"]), (&3.into(), &serde_json::json!([])), "{report:#}");
    assert_eq!(report["issuers"][0]["crl_number"], "05");
    judge(&shop, "out/CertAuth.crt", &["out/Alice.crt"], ("Bob", "out/Bob.crt"), &["out/Carol.crt"]);
}
