//! A row for every part of a request: requests that openssl made, their parts counted by
//! `openssl asn1parse`, and what policy says of each.

use std::path::Path;
use std::process::Command;

use mtls_ca::encoding;
use mtls_ca::policy::{self, Grant, IssuerTerms, Origin};
use mtls_ca::profile::{Profile, ProfileSet, Source};
use mtls_ca::x509::algorithm::SignatureAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::request::ProvenKey;
use mtls_ca::{Now, Order};

const SECTIONS: &str = "
[req]
prompt = no
distinguished_name = dn
attributes = attributes
req_extensions = extensions
string_mask = MASK
[dn]
C = DE
ST = Berlin
0.O = Example
0.OU = Payments
1.OU = Platform
CN = api.svc.internal
+UID = api
[attributes]
challengePassword = correct horse
unstructuredName = Example
[extensions]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = serverAuth, clientAuth, codeSigning
subjectAltName = DNS:api.svc.internal, DNS:API.example.org, IP:10.0.0.5, URI:spiffe://example.org/api, email:ops@example.org, RID:1.2.3, otherName:1.3.6.1.4.1.311.20.2.3;UTF8:api@example.org
subjectKeyIdentifier = hash
tlsfeature = status_request
1.2.3.4.5 = ASN1:UTF8String:whatever
";

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn root(folder: &Path) -> Certificate {
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "800",
            "-subj",
            "/CN=Root",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
        ],
    );
    encoding::certificate::read_all(&std::fs::read(folder.join("ca.crt")).unwrap()).unwrap().remove(0)
}

fn profile(text: &str) -> Profile {
    let source = Source { file: "profiles/x.toml".to_owned(), text: text.to_owned() };
    ProfileSet::with_files(vec![source]).unwrap().get(&"x".parse().unwrap()).unwrap().clone()
}

fn of_request<'a>(grants: &'a [Grant], item: &'a str) -> impl Iterator<Item = &'a Grant> {
    grants.iter().filter(move |row| row.origin == Origin::Request && row.item.starts_with(item))
}

#[test]
fn every_part_of_a_request_has_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let root = root(folder.path());
    let terms = IssuerTerms::authority(&root, &[], SignatureAlgorithm::RsaSha256);
    for (mask, algorithm) in [("utf8only", "ec"), ("pkix", "ed25519"), ("nombstr", "rsa")] {
        std::fs::write(folder.path().join("req.cnf"), SECTIONS.replace("MASK", mask)).unwrap();
        let key: &[&str] = match algorithm {
            "ec" => &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "key.pem"],
            "ed25519" => &["genpkey", "-algorithm", "ED25519", "-out", "key.pem"],
            _ => &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"],
        };
        openssl(folder.path(), key);
        openssl(
            folder.path(),
            &["req", "-new", "-sha256", "-key", "key.pem", "-config", "req.cnf", "-outform", "DER", "-out", "x.csr"],
        );
        let der = std::fs::read(folder.path().join("x.csr")).unwrap();
        let proven = ProvenKey::from_request(encoding::request::read(&der).unwrap()).unwrap();

        let parsed = openssl(folder.path(), &["asn1parse", "-inform", "DER", "-in", "x.csr"]);
        let objects = |names: &[&str]| {
            let named = |line: &&str| names.iter().any(|name| line.trim_end().ends_with(&format!(":{name}")));
            parsed.lines().filter(|line| line.contains("OBJECT")).filter(named).count()
        };
        let attributes = objects(&[
            "countryName",
            "stateOrProvinceName",
            "organizationName",
            "organizationalUnitName",
            "commonName",
            "userId",
        ]);
        let extensions = objects(&[
            "X509v3 Basic Constraints",
            "X509v3 Key Usage",
            "X509v3 Extended Key Usage",
            "X509v3 Subject Alternative Name",
            "X509v3 Subject Key Identifier",
            "TLS Feature",
            "1.2.3.4.5",
        ]);
        assert_eq!((attributes, extensions), (7, 7), "what openssl counts: {parsed}");

        for text in [
            "extends = \"peer\"\n",
            "extends = \"peer\"\n[names]\ndns = [\"*.svc.internal\"]\n",
            "extends = \"client\"\n[subject]\nallow = [\"CN\"]\nset = { O = \"Ours\" }\n[extensions]\nunknown = \"error\"\n",
        ] {
            let now: mtls_ca::Time = root.validity().not_before.plus_seconds(3_600);
            let result = policy::draft(&profile(text), proven.clone(), &Order::default(), &terms, Now::at(now));
            let grants = match &result {
                Ok(draft) => draft.grants().to_vec(),
                Err(refusal) => refusal.grants().to_vec(),
            };
            assert_eq!(of_request(&grants, "subject ").count(), attributes, "{text}");
            assert_eq!(of_request(&grants, "san ").count(), 7, "{text}");
            assert_eq!(of_request(&grants, "extension ").count(), extensions, "{text}");
            assert_eq!(of_request(&grants, "attribute ").count(), 2, "{text}");
            assert_eq!(of_request(&grants, "public key").count(), 1, "{text}");
            assert!(!format!("{grants:?}").contains("correct horse"), "a challenge password is a secret");
        }
    }
}

#[test]
fn what_is_cleared_reads_in_openssl_as_it_was_drafted() {
    let folder = tempfile::tempdir().unwrap();
    let root = root(folder.path());
    let terms = IssuerTerms::authority(&root, &[], SignatureAlgorithm::RsaSha256);
    openssl(folder.path(), &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"]);
    openssl(
        folder.path(),
        &[
            "req",
            "-new",
            "-key",
            "key.pem",
            "-subj",
            "/O=Example/CN=svc-a",
            "-addext",
            "subjectAltName=DNS:a.b,IP:::1",
            "-out",
            "x.csr",
        ],
    );
    let pem = std::fs::read(folder.path().join("x.csr")).unwrap();
    let proven = ProvenKey::from_request(encoding::request::read_all(&pem).unwrap().remove(0)).unwrap();
    let now = Now::at(root.validity().not_before.plus_seconds(3_600));
    let draft = policy::draft(&profile("extends = \"peer\""), proven, &Order::default(), &terms, now).unwrap();
    let cleared = mtls_ca::lint::clear(draft, mtls_ca::Serial::from_random([5; 16])).unwrap();
    // openssl signs what was cleared, as the CA would.
    std::fs::write(folder.path().join("tbs"), cleared.to_be_signed()).unwrap();
    openssl(folder.path(), &["dgst", "-sha256", "-sign", "ca.key", "-out", "signature", "tbs"]);
    let signature = std::fs::read(folder.path().join("signature")).unwrap();
    let certificate = certificate(cleared.to_be_signed(), &signature);
    std::fs::write(folder.path().join("x.crt"), encoding::pem::write("CERTIFICATE", &certificate)).unwrap();
    for purpose in ["sslclient", "sslserver"] {
        let verified = ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", "ca.crt", "x.crt"];
        let at = now.time().unix().to_string();
        let said = openssl(folder.path(), &[&verified[..1], &["-attime", &at], &verified[1..]].concat());
        assert!(said.contains("x.crt: OK"), "{said}");
    }
    let text = openssl(folder.path(), &["x509", "-in", "x.crt", "-noout", "-text"]);
    for part in [
        "DNS:a.b, IP Address:0:0:0:0:0:0:0:1",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "O = Example, CN = svc-a",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// RFC 5280 section 4.1.1: what was signed, sha256WithRSAEncryption with its NULL, and the signature.
fn certificate(to_be_signed: &[u8], signature: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
    let bits = wrapped(0x03, &[&[0], signature].concat());
    wrapped(0x30, &[to_be_signed, &algorithm, &bits].concat())
}

/// X.690 section 8.1.3: tag, length in the definite long form, content.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], content].concat()
}
