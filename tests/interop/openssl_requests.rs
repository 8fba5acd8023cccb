//! Requests that OpenSSL 3 makes, in every shape that it can give them.

use crate::harness::{ALGORITHMS, Workshop};
use crate::issued;

/// One shape of a request: what is special, its string types, subject, extensions and attributes.
struct Shape {
    name: &'static str,
    strings: &'static str,
    subject: &'static str,
    extensions: &'static str,
    attributes: &'static str,
}

const PLAIN: Shape =
    Shape { name: "plain", strings: "utf8only", subject: "O = Example\nCN = billing", extensions: "", attributes: "" };

const SAN: &str = "subjectAltName = DNS:billing.internal";

const SHAPES: [Shape; 12] = [
    PLAIN,
    Shape { name: "printable", strings: "MASK:0x2", ..PLAIN },
    Shape { name: "bmp", strings: "MASK:0x800", subject: "O = Müller ☃\nCN = bílling", ..PLAIN },
    Shape { name: "t61", strings: "MASK:0x4", subject: "O = Müller\nCN = billing", ..PLAIN },
    Shape { name: "multi-valued", subject: "O = Example\nOU = One\n+CN = billing\n+UID = 42", ..PLAIN },
    Shape { name: "repeated", subject: "0.DC = org\n1.DC = example\n0.OU = One\n1.OU = Two\nCN = billing", ..PLAIN },
    Shape {
        name: "unusual",
        subject: "title = Dr\nserialNumber = 7\nemailAddress = a@example.org\nCN = billing",
        ..PLAIN
    },
    Shape { name: "empty", subject: "", extensions: SAN, ..PLAIN },
    Shape {
        name: "names",
        extensions: "subjectAltName = DNS:b.internal, IP:10.0.0.7, IP:fd00::7, URI:https://example.org/b, email:b@example.org",
        ..PLAIN
    },
    Shape {
        name: "challenge",
        attributes: "challengePassword = not-a-secret\nunstructuredName = Müller",
        extensions: SAN,
        ..PLAIN
    },
    Shape {
        name: "unknown extension",
        extensions: "1.3.6.1.4.1.99999.1 = ASN1:UTF8String:hello\nsubjectKeyIdentifier = hash",
        ..PLAIN
    },
    Shape {
        name: "usages",
        extensions: "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth",
        ..PLAIN
    },
];

impl Shape {
    /// Makes the request with the key in `key.pem`; answers with its file name.
    fn request(&self, shop: &Workshop) -> String {
        let Self { name, strings, subject, extensions, attributes } = self;
        let mut config = format!("[req]\nprompt = no\nutf8 = yes\nstring_mask = {strings}\ndistinguished_name = dn\n");
        if !extensions.is_empty() {
            config.push_str("req_extensions = extensions\n");
        }
        if !attributes.is_empty() {
            config.push_str("attributes = attributes\n");
        }
        config += &format!("[dn]\n{subject}\n[extensions]\n{extensions}\n[attributes]\n{attributes}\n");
        shop.write("req.cnf", config);
        let file = format!("{}.csr", name.replace(' ', "-"));
        let mut words = vec!["req", "-new", "-utf8", "-config", "req.cnf", "-key", "key.pem", "-out", &file];
        if subject.is_empty() {
            words.extend(["-subj", "/"]);
        }
        shop.tool("openssl", &words).ok();
        file
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn requests_of_every_shape_are_signed_with_their_exact_subject() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    issued::plain_root(&shop);
    shop.tool("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"]).ok();
    for shape in &SHAPES {
        let request = shape.request(&shop);
        let certificate = issued::sign(&shop, &request, "client");
        let certificate = certificate.to_str().unwrap();
        shop.tool("openssl", &["verify", "-x509_strict", "-CAfile", "ca/ca.crt", certificate]).ok();
        let subject = |words: &[&str]| {
            let run = shop.tool("openssl", &[words, &["-noout", "-subject", "-nameopt", "RFC2253,show_type"]].concat());
            run.ok().stdout
        };
        let asked = subject(&["req", "-in", &request]);
        assert_eq!(subject(&["x509", "-in", certificate]), asked, "{}", shape.name);
        if !shape.extensions.is_empty() && shape.extensions.starts_with("subjectAltName") {
            let names = shop.tool("openssl", &["x509", "-in", certificate, "-noout", "-ext", "subjectAltName"]).ok();
            assert_eq!(names.stdout.contains("critical"), shape.subject.is_empty(), "{}", shape.name);
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn requests_with_every_key_and_digest_are_signed() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    let root = issued::plain_root(&shop);
    for algorithm in &ALGORITHMS {
        shop.tool("openssl", &[&["genpkey", "-out", "key.pem"], algorithm.openssl].concat()).ok();
        let digests: &[&str] =
            if algorithm.ours == "ed25519" { &["-sha512"] } else { &["-sha256", "-sha384", "-sha512"] };
        for digest in digests {
            let request = format!("{}{digest}.csr", algorithm.ours);
            let words = ["req", "-new", "-key", "key.pem", digest, "-subj", "/CN=api.internal", "-out", &request];
            shop.tool("openssl", &[&words, ["-addext", "subjectAltName=DNS:api.internal"].as_slice()].concat()).ok();
            let certificate = issued::sign(&shop, &request, "server");
            let certificate = certificate.to_str().unwrap();
            let words =
                ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root.to_str().unwrap(), certificate];
            shop.tool("openssl", &words).ok().says(": OK");
            let asked = shop.tool("openssl", &["req", "-in", &request, "-noout", "-pubkey"]).ok().stdout;
            let granted = shop.tool("openssl", &["x509", "-in", certificate, "-noout", "-pubkey"]).ok().stdout;
            assert_eq!(asked, granted, "{request}");
        }
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn requests_are_read_however_they_are_wrapped() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    issued::plain_root(&shop);
    shop.tool("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"]).ok();
    let pem = Shape { extensions: SAN, ..PLAIN }.request(&shop);
    shop.tool("openssl", &["req", "-in", &pem, "-outform", "DER", "-out", "der.csr"]).ok();
    shop.tool("openssl", &["req", "-in", &pem, "-newhdr", "-out", "new.csr"]).ok();
    shop.tool("openssl", &["req", "-in", &pem, "-text", "-out", "text.csr"]).ok();
    let text = String::from_utf8(shop.read(&pem)).unwrap();
    shop.write("crlf.csr", text.replace('\n', "\r\n"));
    shop.write("bom.csr", format!("\u{feff}{text}"));
    for file in ["der.csr", "new.csr", "text.csr", "crlf.csr", "bom.csr"] {
        issued::sign(&shop, file, "client");
    }
    assert!(String::from_utf8(shop.read("new.csr")).unwrap().contains("BEGIN NEW CERTIFICATE REQUEST"));
}

#[test]
#[ignore = "run by ./tests/run.sh interop openssl"]
fn wishes_for_more_than_a_leaf_are_refused_or_dropped() {
    let Some(shop) = Workshop::open("openssl", &["openssl"]) else { return };
    issued::plain_root(&shop);
    shop.tool("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"]).ok();
    for (name, extensions) in [
        ("ca", "basicConstraints = critical, CA:TRUE"),
        ("cert sign", "keyUsage = critical, digitalSignature, keyCertSign"),
        ("both", "basicConstraints = CA:TRUE, pathlen:3\nkeyUsage = keyCertSign, cRLSign"),
    ] {
        let request = Shape { name, extensions, ..PLAIN }.request(&shop);
        for profile in ["client", "server", "peer"] {
            shop.mtls_ca(&["sign", &request, "--ca-dir", "ca", "--profile", profile, "--out", "no.crt"]).code(4);
        }
        assert!(!shop.path("no.crt").exists(), "{name}");
    }
    let foreign = Shape { name: "foreign", extensions: "extendedKeyUsage = codeSigning, clientAuth", ..PLAIN };
    let run =
        shop.mtls_ca(&["sign", &foreign.request(&shop), "--ca-dir", "ca", "--profile", "client", "--out", "f.crt"]);
    if run.code == Some(0) {
        let text = shop.tool("openssl", &["x509", "-in", "f.crt", "-noout", "-ext", "extendedKeyUsage"]).ok().stdout;
        assert!(!text.contains("Code Signing"), "{text}");
        run.says("`codeSigning`");
    } else {
        run.code(4);
    }
}
