//! Java's keytool makes requests, takes our answers into its key store, and reads what we make.

use crate::harness::{ALGORITHMS, Workshop};
use crate::issued;

#[test]
#[ignore = "run by ./tests/run.sh interop keytool"]
fn its_requests_are_signed_and_our_replies_installed() {
    let Some(shop) = Workshop::open("keytool", &["keytool"]) else { return };
    issued::plain_root(&shop);
    for (name, kind) in [
        ("rsa", &["-keyalg", "RSA", "-keysize", "2048"][..]),
        ("p256", &["-keyalg", "EC", "-groupname", "secp256r1"]),
        ("p384", &["-keyalg", "EC", "-groupname", "secp384r1"]),
        ("p521", &["-keyalg", "EC", "-groupname", "secp521r1"]),
        ("ed25519", &["-keyalg", "Ed25519"]),
    ] {
        let (store, request) = (format!("{name}.p12"), format!("{name}.csr"));
        let at = ["-keystore", &store, "-storepass", "changeit", "-alias", "api"];
        let subject = "CN=api.internal, OU=Two+OU=One, O=Müller, DC=example, DC=org";
        shop.tool("keytool", &[&["-genkeypair", "-dname", subject], kind, &at].concat()).ok();
        let names = ["-ext", "SAN=dns:api.internal,ip:10.0.0.7", "-ext", "EKU=serverAuth"];
        shop.tool("keytool", &[&["-certreq", "-file", &request], names.as_slice(), &at].concat()).ok();
        assert!(String::from_utf8(shop.read(&request)).unwrap().contains("BEGIN NEW CERTIFICATE REQUEST"));
        let certificate = issued::sign(&shop, &request, "server");

        let root = ["-importcert", "-noprompt", "-keystore", &store, "-storepass", "changeit", "-alias", "root"];
        shop.tool("keytool", &[root.as_slice(), &["-file", "ca/ca.crt"]].concat()).ok();
        let reply = ["-importcert", "-noprompt", "-file", certificate.to_str().unwrap()];
        shop.tool("keytool", &[reply.as_slice(), &at].concat())
            .ok()
            .says("Certificate reply was installed in keystore");
        shop.tool("keytool", &[["-list", "-v"].as_slice(), &at].concat()).ok().says("Certificate chain length: 2");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop keytool"]
fn reads_what_we_make() {
    let Some(shop) = Workshop::open("keytool", &["keytool"]) else { return };
    for algorithm in &ALGORITHMS {
        let authority = issued::authority(&shop, algorithm);
        for leaf in issued::one_of_each_role(&shop, &authority, algorithm) {
            let file = leaf.certificate.to_str().unwrap();
            let text = shop.tool("keytool", &["-printcert", "-file", file]).ok().says("Owner: CN=").says("KeyUsage");
            assert!(
                !text.stderr.contains("Warning") && !text.stdout.contains("is considered a security risk"),
                "{text}"
            );
        }
    }
}
