//! GnuTLS's certtool verifies what we make, opens what we encrypt, and we sign its requests.

use crate::harness::{ALGORITHMS, Workshop};
use crate::issued;

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

#[test]
#[ignore = "run by ./tests/run.sh interop gnutls"]
fn takes_what_we_make() {
    let Some(shop) = Workshop::open("gnutls", &["certtool"]) else { return };
    for algorithm in &ALGORITHMS {
        let authority = issued::authority(&shop, algorithm);
        let root = format!("--load-ca-certificate={}", authority.root.display());
        for leaf in issued::one_of_each_role(&shop, &authority, algorithm) {
            let certificate = format!("--infile={}", leaf.certificate.display());
            let purposes: &[&str] = match leaf.profile {
                "server" => &[SERVER],
                "client" => &[CLIENT],
                _ => &[SERVER, CLIENT],
            };
            for purpose in purposes {
                let mut words = vec!["--verify".to_owned(), root.clone(), certificate.clone()];
                words.push(format!("--verify-purpose={purpose}"));
                if leaf.profile != "client" {
                    words.push(format!("--verify-hostname={}", leaf.name));
                }
                shop.tool("certtool", &words).ok().says("The certificate is trusted");
            }
            let key = format!("--infile={}", leaf.key.display());
            shop.tool("certtool", &["--key-info", &key]).ok();
            let text = shop.tool("certtool", &["--certificate-info", &certificate]).ok();
            text.says("X.509 Certificate Information");
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop gnutls"]
fn opens_the_keys_that_we_encrypt_once_openssl_has_translated_them() {
    let Some(shop) = Workshop::open("gnutls", &["certtool", "openssl"]) else { return };
    for algorithm in &ALGORITHMS {
        let (key, _) = issued::locked_root(&shop, algorithm, "correct horse");
        // GnuTLS 3.7 derives keys by PBKDF2 only; ours are locked by scrypt, which resists guessing better.
        let open = |file: &str| {
            shop.tool("certtool", &["--key-info", "--password=correct horse", &format!("--infile={file}")])
        };
        let key = key.to_str().unwrap();
        open(key).code(1).says("ASN1 parser: Generic parsing error");
        let passphrases = ["-passin", "pass:correct horse", "-passout", "pass:correct horse"];
        let words = ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "600000", "-in", key, "-out", "pbkdf2.key"];
        shop.tool("openssl", &[words.as_slice(), &passphrases].concat()).ok();
        open("pbkdf2.key").ok().says("AES-256-CBC");
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop gnutls"]
fn its_requests_are_signed() {
    let Some(shop) = Workshop::open("gnutls", &["certtool"]) else { return };
    let root = issued::plain_root(&shop);
    let template = "cn = \"api.internal\"\norganization = \"Example\"\nunit = \"One\"\nunit = \"Two\"\ndns_name = \"api.internal\"\n\
                    ip_address = \"10.0.0.7\"\nuri = \"https://example.org/api\"\ntls_www_server\nsigning_key\n\
                    challenge_password = \"not-a-secret\"\n";
    shop.write("template", template);
    for (name, kind) in [
        ("rsa", &["--key-type=rsa", "--bits=2048"][..]),
        ("p256", &["--key-type=ecdsa", "--curve=secp256r1"]),
        ("p384", &["--key-type=ecdsa", "--curve=secp384r1"]),
        ("p521", &["--key-type=ecdsa", "--curve=secp521r1"]),
        ("ed25519", &["--key-type=ed25519"]),
    ] {
        let (key, request) = (format!("{name}.key"), format!("{name}.csr"));
        let out = format!("--outfile={key}");
        shop.tool("certtool", &[&["--generate-privkey", &out], kind].concat()).ok();
        let (load, out) = (format!("--load-privkey={key}"), format!("--outfile={request}"));
        shop.tool("certtool", &["--generate-request", "--template=template", &load, &out]).ok();
        let certificate = issued::sign(&shop, &request, "server");
        let (ca, leaf) =
            (format!("--load-ca-certificate={}", root.display()), format!("--infile={}", certificate.display()));
        let purpose = format!("--verify-purpose={SERVER}");
        shop.tool("certtool", &["--verify", &ca, &leaf, &purpose, "--verify-hostname=api.internal"]).ok();
        shop.mtls_ca(&["inspect", &key]).ok();
    }
}
