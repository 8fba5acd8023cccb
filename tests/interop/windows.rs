//! A request in the shape that Windows certreq gives it: Microsoft's attributes and extensions.

use crate::harness::{Workshop, fixture};
use crate::issued;

#[test]
#[ignore = "run by ./tests/run.sh interop windows"]
fn requests_in_its_shape_are_signed_and_what_is_dropped_is_named() {
    let Some(shop) = Workshop::open("windows", &["venv:python", "openssl"]) else { return };
    issued::plain_root(&shop);
    let program = fixture("python/windows.py");
    shop.tool("venv:python", &[program.to_str().unwrap(), "web01.csr"]).ok();
    shop.tool("openssl", &["req", "-in", "web01.csr", "-noout", "-verify"]).ok();
    let certificate = issued::sign(&shop, "web01.csr", "server");
    let certificate = certificate.to_str().unwrap();
    shop.tool("openssl", &["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca/ca.crt", certificate])
        .ok();
    let text = shop.tool("openssl", &["x509", "-in", certificate, "-noout", "-text"]).ok().says("web01.corp.internal");
    assert!(!text.stdout.contains("1.3.6.1.4.1.311"), "{text}");

    let words = ["sign", "web01.csr", "--ca-dir", "ca", "--profile", "server", "--out", "again.crt"];
    let told = shop.mtls_ca(&words).ok();
    for dropped in
        ["msCertificateTemplateName", "msCertificateTemplate`", "msApplicationPolicies", "msRequestClientInfo"]
    {
        assert!(told.stderr.contains(dropped), "`{dropped}` was lost without a word\n{told}");
    }
}
