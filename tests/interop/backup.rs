//! A backup is what other tools take it for: a tar archive; and, sealed, a CMS EncryptedData that Python
//! opens by the standards alone.

use crate::harness::{Workshop, fixture};

#[test]
#[ignore = "run by ./tests/run.sh interop backup"]
fn tar_lists_and_sqlite_reads_it() {
    let Some(shop) = Workshop::open("backup", &["tar", "sha256sum", "sqlite3"]) else { return };
    shop.mtls_ca(&["init"]).ok();
    shop.mtls_ca(&["issue", "api.internal", "--profile", "server", "--out", "tls"]).ok();
    let made = shop.json(&["backup", "b.tar"]);
    std::fs::create_dir(shop.path("out")).unwrap();
    shop.tool("tar", &["-xf", "b.tar", "-C", "out"]).ok();
    for file in made["backup"]["manifest"]["files"].as_array().unwrap() {
        let said = shop.tool("sha256sum", &[format!("out/{}", file["name"].as_str().unwrap())]).ok().stdout;
        assert!(said.starts_with(file["sha256"].as_str().unwrap()), "{file}");
    }
    let count =
        shop.tool("sqlite3", &["out/ledger.sqlite", "PRAGMA integrity_check; SELECT count(*) FROM certificates"]);
    assert_eq!(count.ok().stdout, "ok\n1\n");
}

#[test]
#[ignore = "run by ./tests/run.sh interop backup"]
fn python_opens_a_sealed_one_by_the_standards() {
    let Some(shop) = Workshop::open("backup", &["openssl", "venv:python", "tar"]) else { return };
    shop.mtls_ca(&["init"]).ok();
    shop.write("pass", "correct horse\n");
    shop.mtls_ca(&["backup", "sealed", "--encrypt", "--passphrase-file", "pass"]).ok();
    let printed = shop.tool("openssl", &["cms", "-cmsout", "-print", "-inform", "DER", "-in", "sealed"]).ok().stdout;
    for part in ["pkcs7-encryptedData", "PBES2", "scrypt", "aes-256-gcm"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let script = fixture("python/open_backup.py");
    shop.tool("venv:python", &[script.to_str().unwrap(), "sealed", "correct horse", "plain.tar"]).ok();
    shop.tool("tar", &["-tf", "plain.tar"]).ok().says("manifest.json").says("issuers/g1/issuer.key");
}
