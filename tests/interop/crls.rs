//! Every other implementation reads our CRLs, verifies their signatures, and comes to the same answer
//! about two certificates, one of them revoked.

use crate::harness::{ALGORITHMS, Algorithm, Workshop, fixture};
use crate::issued;

/// Where the files of an algorithm are, below its folder: `root/ca.crt`, `ca/issuers/g1/issuer.crt`,
/// `crls.pem` of both CAs, `crl.der`, and `good/a.crt` beside `bad/a.crt`, which is revoked.
fn made(shop: &Workshop, algorithm: &Algorithm) -> String {
    issued::authority(shop, algorithm);
    let name = algorithm.ours;
    let (root, ca) = (format!("{name}/root"), format!("{name}/ca"));
    for out in ["good", "bad"] {
        shop.mtls_ca(&["issue", "a", "--ca-dir", &ca, "--out", &format!("{name}/{out}")]).ok();
    }
    let bad = format!("{name}/bad/a.crt");
    let when = ["--reason", "keyCompromise", "--at", "2026-01-31"];
    shop.mtls_ca(&[&["revoke", &bad, "--ca-dir", &ca], when.as_slice()].concat()).ok();
    shop.mtls_ca(&["crl", "build", "--ca-dir", &root]).ok();
    shop.mtls_ca(&["crl", "import", &format!("{root}/issuers/g1/crl.pem"), "--ca-dir", &ca]).ok();
    shop.mtls_ca(&["crl", "set", "--out", &format!("{name}/crls.pem"), "--ca-dir", &ca]).ok();
    name.to_owned()
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn openssl_takes_them() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let at = made(&shop, algorithm);
        let (crl, issuer) = (format!("{at}/ca/issuers/g1/crl.pem"), format!("{at}/ca/issuers/g1/issuer.crt"));
        let run = shop.tool("openssl", &["crl", "-in", &crl, "-CAfile", &issuer, "-noout", "-text"]).ok();
        run.says("verify OK").says("Key Compromise").says("Invalidity Date").says("X509v3 CRL Number");
        let (root, set) = (format!("{at}/root/ca.crt"), format!("{at}/crls.pem"));
        let verify = |leaf: &str| {
            let words = ["verify", "-x509_strict", "-crl_check_all", "-CAfile", &root, "-CRLfile", &set];
            shop.tool("openssl", &[words.as_slice(), &["-untrusted", &issuer, &format!("{at}/{leaf}/a.crt")]].concat())
        };
        verify("good").ok();
        verify("bad").code(2).says("certificate revoked");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop gnutls"]
fn gnutls_takes_them() {
    let Some(shop) = Workshop::open("gnutls", &["certtool"]) else { return };
    for algorithm in &ALGORITHMS {
        let at = made(&shop, algorithm);
        let issuer = format!("--load-ca-certificate={at}/ca/issuers/g1/issuer.crt");
        let crl = format!("--infile={at}/ca/issuers/g1/crl.pem");
        shop.tool("certtool", &["--verify-crl", &issuer, &crl]).ok().says("Verified");
        shop.tool("certtool", &["--crl-info", &crl]).ok().says("Revoked certificates (1)");
        // It checks CRLs against what is trusted alone.
        let verify = |leaf: &str| {
            let (crl, leaf) = (format!("--load-crl={at}/ca/issuers/g1/crl.pem"), format!("--infile={at}/{leaf}/a.crt"));
            shop.tool("certtool", &["--verify", &issuer, &crl, &leaf])
        };
        verify("good").ok().says("The certificate is trusted");
        verify("bad").code(1).says("revoked");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop pyca"]
fn pyca_takes_them() {
    let Some(shop) = Workshop::open("pyca", &["venv:python"]) else { return };
    let program = fixture("python/crl.py");
    for algorithm in &ALGORITHMS {
        let at = made(&shop, algorithm);
        let files = ["ca/issuers/g1/crl.der", "ca/issuers/g1/issuer.crt", "good/a.crt", "bad/a.crt"];
        let files: Vec<String> = files.iter().map(|file| format!("{at}/{file}")).collect();
        let mut words = vec![program.to_str().unwrap()];
        words.extend(files.iter().map(String::as_str));
        shop.tool("venv:python", &words).ok().says("keyCompromise 2026-01-31");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop golang"]
fn go_takes_them() {
    let Some(shop) = Workshop::open("golang", &["go"]) else { return };
    for file in ["go.mod", "crl/main.go"] {
        shop.write(&format!("go/{file}"), std::fs::read(fixture("go").join(file)).unwrap());
    }
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "cd go && go build -o ../crl ./crl"]);
    shop.run(command).ok();
    for algorithm in &ALGORITHMS {
        let at = made(&shop, algorithm);
        let mut command = std::process::Command::new(shop.path("crl"));
        for file in ["ca/issuers/g1/crl.der", "ca/issuers/g1/issuer.crt", "good/a.crt", "bad/a.crt"] {
            command.arg(format!("{at}/{file}"));
        }
        shop.run(command).ok().says("reason 1");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop keytool"]
fn java_takes_them() {
    let Some(shop) = Workshop::open("keytool", &["java"]) else { return };
    let program = fixture("java/Crl.java");
    for algorithm in &ALGORITHMS {
        let at = made(&shop, algorithm);
        let files = ["ca/issuers/g1/crl.der", "ca/issuers/g1/issuer.crt", "good/a.crt", "bad/a.crt"];
        let files: Vec<String> = files.iter().map(|file| format!("{at}/{file}")).collect();
        let mut words = vec![program.to_str().unwrap()];
        words.extend(files.iter().map(String::as_str));
        shop.tool("java", &words).ok().says("KEY_COMPROMISE");
    }
}
