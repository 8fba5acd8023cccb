//! A file is DER or PEM by its first octets: a PEM block within DER is content, and nobody looks at it, trusts it or
//! signs it in the file's stead. And what is no DER is none within PEM. openssl makes the files and says what they are.

mod session;

use std::fs;

use serde_json::Value;
use session::Session;

fn openssl(session: &Session, words: &[&str]) -> String {
    let output = session.command("openssl", words).output().unwrap();
    assert!(output.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// An extension that holds a file, for openssl.
fn holding(session: &Session, file: &str) -> String {
    let content = fs::read(session.path().join(file)).unwrap();
    assert!(content.starts_with(b"-----BEGIN "));
    format!("1.2.3.4=DER:{}", data_encoding::HEXLOWER.encode(&content))
}

fn document(session: &Session, words: &[&str], exit: i32) -> Value {
    let output = session.mtls_ca(words).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(exit), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A CA, what it issued to `inner`, and a key for what is around it.
fn session() -> Session {
    let session = Session::new();
    session.ok(&["init"]);
    session.ok(&["csr", "inner", "--san", "dns:inner.internal"]);
    session.ok(&["sign", "inner.csr"]);
    openssl(&session, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "outer.key"]);
    session
}

#[test]
fn a_request_within_a_request_is_not_signed_for_it() {
    let session = session();
    let held = holding(&session, "inner.csr");
    let words = ["req", "-new", "-key", "outer.key", "-subj", "/CN=outer", "-addext", &held, "-outform", "DER"];
    openssl(&session, &[&words[..], &["-out", "outer.csr"]].concat());
    let says = openssl(&session, &["req", "-in", "outer.csr", "-inform", "DER", "-noout", "-subject"]);
    assert_eq!(says.replace(' ', ""), "subject=CN=outer");
    session.ok(&["sign", "outer.csr", "--out", "outer.crt"]);
    let says = openssl(&session, &["x509", "-in", "outer.crt", "-noout", "-subject"]);
    assert_eq!(says.replace(' ', ""), "subject=CN=outer");
}

#[test]
fn a_certificate_within_a_certificate_is_not_shown_or_trusted_for_it() {
    let session = session();
    let held = holding(&session, "inner.crt");
    let words = ["req", "-x509", "-key", "outer.key", "-subj", "/CN=outer", "-addext", &held, "-outform", "DER"];
    openssl(&session, &[&words[..], &["-out", "outer.crt"]].concat());
    let digest =
        openssl(&session, &["x509", "-in", "outer.crt", "-inform", "DER", "-noout", "-fingerprint", "-sha256"]);
    let digest = digest.rsplit('=').next().unwrap().replace(':', "").to_lowercase();

    let told = String::from_utf8(session.ok(&["fingerprint", "outer.crt"]).stdout).unwrap();
    assert!(told.contains(&digest), "{told}");
    let shown = document(&session, &["inspect", "outer.crt"], 0);
    assert_eq!(shown["inputs"][0]["items"].as_array().unwrap().len(), 1);
    assert_eq!(shown["inputs"][0]["items"][0]["subject"]["rfc4514"], "CN=outer", "{shown:#}");
    // The one within is good.
    document(&session, &["verify", "inner.crt", "--as", "client"], 0);
    let judged = document(&session, &["verify", "outer.crt", "--as", "client"], 3);
    assert!(judged.to_string().contains("CN=outer") && !judged.to_string().contains("CN=inner"), "{judged:#}");
}

/// The tag of a SEQUENCE without the bit that says that it is constructed is taken for one by some parsers, so that one
/// certificate or list would have two digests.
#[test]
fn a_sequence_that_is_not_constructed_is_none() {
    let session = session();
    session.ok(&["crl", "build"]);
    for (file, label, tool) in [("inner.crt", "CERTIFICATE", "x509"), ("ca/issuers/g1/crl.pem", "X509 CRL", "crl")] {
        let whole = pem::parse(fs::read(session.path().join(file)).unwrap()).unwrap();
        let mut der = whole.into_contents();
        assert_eq!(std::mem::replace(&mut der[0], 0x10), 0x30);
        fs::write(session.path().join("flawed.pem"), pem::encode(&pem::Pem::new(label, der))).unwrap();
        let refused = session.command("openssl", &[tool, "-in", "flawed.pem", "-noout"]).output().unwrap();
        assert!(!refused.status.success());
        let told = document(&session, &["inspect", "flawed.pem"], 1).to_string();
        assert!(told.contains("does not begin with a SEQUENCE"), "{told}");
    }
}
