//! OpenSSL 3 verifies what we make, opens the keys that we encrypt, and we read what it makes.

use crate::harness::{ALGORITHMS, Workshop};
use crate::issued;

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn takes_what_we_make() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let authority = issued::authority(&shop, algorithm);
        let root = authority.root.to_str().unwrap();
        for leaf in issued::one_of_each_role(&shop, &authority, algorithm) {
            let certificate = leaf.certificate.to_str().unwrap();
            let key = leaf.key.to_str().unwrap();
            let purposes: &[&str] = match leaf.profile {
                "server" => &["sslserver"],
                "client" => &["sslclient"],
                _ => &["sslserver", "sslclient"],
            };
            for purpose in purposes {
                let words = ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", root, "-untrusted", certificate];
                shop.tool("openssl", &[&words, [certificate].as_slice()].concat()).ok().says(": OK");
            }
            let of_key = shop.tool("openssl", &["pkey", "-in", key, "-pubout"]).ok().stdout;
            let of_certificate = shop.tool("openssl", &["x509", "-in", certificate, "-noout", "-pubkey"]).ok().stdout;
            assert_eq!(of_key, of_certificate, "{certificate}");
            if leaf.profile != "client" {
                let words = ["x509", "-in", certificate, "-noout", "-checkhost", leaf.name];
                shop.tool("openssl", &words).ok().says("does match certificate");
            }
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn refuses_a_role_that_was_not_given() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    let root = issued::plain_root(&shop);
    shop.mtls_ca(&["issue", "api.internal", "--ca-dir", "ca", "--profile", "server", "--out", "server"]).ok();
    for (purpose, code) in [("sslserver", 0), ("sslclient", 2)] {
        let words = ["verify", "-purpose", purpose, "-CAfile", root.to_str().unwrap(), "server/api.internal.crt"];
        shop.tool("openssl", &words).code(code);
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn opens_the_keys_that_we_encrypt() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let (key, certificate) = issued::locked_root(&shop, algorithm, "correct horse");
        let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
        let opened = shop.tool("openssl", &["pkey", "-in", key, "-passin", "pass:correct horse", "-pubout"]).ok();
        let expected = shop.tool("openssl", &["x509", "-in", certificate, "-noout", "-pubkey"]).ok();
        assert_eq!(opened.stdout, expected.stdout, "{}", algorithm.ours);
        let wrong = shop.tool("openssl", &["pkey", "-in", key, "-passin", "pass:wrong", "-pubout"]);
        assert_ne!(wrong.code, Some(0), "{wrong}");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn its_certificates_are_read_and_verified() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let name = algorithm.ours;
        for file in ["root", "leaf"] {
            let key = format!("{name}.{file}.key");
            shop.tool("openssl", &[&["genpkey", "-out", &key], algorithm.openssl].concat()).ok();
        }
        let (root, request, leaf) = (format!("{name}.root.crt"), format!("{name}.csr"), format!("{name}.crt"));
        let (root_key, leaf_key) = (format!("{name}.root.key"), format!("{name}.leaf.key"));
        let words =
            ["req", "-x509", "-key", &root_key, "-subj", "/O=Theirs/CN=Their Root", "-days", "30", "-out", &root];
        shop.tool("openssl", &[&words, ["-addext", "keyUsage=critical,keyCertSign,cRLSign"].as_slice()].concat()).ok();
        let words = ["req", "-new", "-key", &leaf_key, "-subj", "/CN=api.internal", "-out", &request];
        shop.tool("openssl", &words).ok();
        let extensions = "subjectAltName=DNS:api.internal\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n\
                          keyUsage=critical,digitalSignature\n";
        shop.write("leaf.ext", extensions);
        let words =
            ["x509", "-req", "-in", &request, "-CA", &root, "-CAkey", &root_key, "-CAcreateserial", "-days", "7"];
        shop.tool("openssl", &[&words, ["-extfile", "leaf.ext", "-out", &leaf].as_slice()].concat()).ok();

        shop.mtls_ca(&["verify", &leaf, "--ca", &root, "--as", "server", "--host", "api.internal"]).ok();
        shop.mtls_ca(&["verify", &leaf, "--ca", &root, "--as", "client"]).code(3);
        shop.mtls_ca(&["verify", &leaf, "--ca", &root, "--as", "server", "--host", "other.internal"]).code(3);
        for file in [&root, &leaf, &request, &leaf_key] {
            shop.mtls_ca(&["inspect", file]).ok();
        }
        let theirs = shop.tool("openssl", &["x509", "-in", &leaf, "-noout", "-fingerprint", "-sha256"]).ok().stdout;
        let theirs = theirs.trim().rsplit('=').next().unwrap().to_owned();
        shop.mtls_ca(&["fingerprint", &leaf]).ok().says(&theirs);
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn an_adopted_authority_whose_subject_has_dc_twice_makes_chains_that_hold() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    shop.tool("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-out", "old.key"]).ok();
    let subject = "/DC=org/DC=example/OU=One/OU=Two/O=Old+CN=Old Root";
    let words = ["req", "-x509", "-key", "old.key", "-subj", subject, "-days", "3650", "-out", "old.crt"];
    shop.tool("openssl", &[&words, ["-addext", "keyUsage=critical,keyCertSign,cRLSign"].as_slice()].concat()).ok();
    let conversions: [&[&str]; 5] = [
        &["ec", "-in", "old.key", "-out", "sec1.key"],
        &["pkcs8", "-topk8", "-nocrypt", "-in", "old.key", "-out", "pkcs8.key"],
        &["pkcs8", "-topk8", "-nocrypt", "-in", "old.key", "-outform", "DER", "-out", "pkcs8.der"],
        &["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:old", "-in", "old.key", "-out", "locked.key"],
        &["x509", "-in", "old.crt", "-outform", "DER", "-out", "old.der"],
    ];
    for words in conversions {
        shop.tool("openssl", words).ok();
    }
    shop.write("old.pass", "old\n");
    for (n, (certificate, key)) in [
        ("old.crt", "old.key"),
        ("old.crt", "sec1.key"),
        ("old.der", "pkcs8.key"),
        ("old.crt", "pkcs8.der"),
        ("old.crt", "locked.key"),
    ]
    .into_iter()
    .enumerate()
    {
        let (dir, out) = (format!("adopted-{n}"), format!("adopted-{n}.tls"));
        let mut words = vec!["init", "--ca-dir", &dir, "--adopt", certificate, "--adopt-key", key, "--without-history"];
        if key == "locked.key" {
            words.extend(["--adopt-passphrase-file", "old.pass"]);
        }
        shop.mtls_ca(&words).ok();
        let mut words = vec!["issue", "api.internal", "--ca-dir", &dir, "--profile", "server", "--out", &out];
        if key == "locked.key" {
            // It stays as it came.
            words.extend(["--passphrase-file", "old.pass"]);
        }
        shop.mtls_ca(&words).ok();
        let leaf = format!("{out}/api.internal.crt");
        shop.tool("openssl", &["verify", "-x509_strict", "-CAfile", "old.crt", &leaf]).ok().says(": OK");
        shop.mtls_ca(&["verify", &leaf, "--ca", "old.crt", "--as", "server", "--host", "api.internal"]).ok();
    }
}
