//! Keys whose private half anybody can have, before every command that looks at keys. openssl makes the keys
//! and the certificates.

mod flawed_rsa;
mod forge;
mod session;

use std::fs;

use forge::{oid, tlv};
use num_bigint::BigUint;
use serde_json::Value;
use session::Session;

/// The curves, by name, object identifier, octets of a coordinate, and order (SEC 2 section 2).
const CURVES: [(&str, &str, usize, &str); 3] = [
    ("P-256", "1.2.840.10045.3.1.7", 32, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    (
        "P-384",
        "1.3.132.0.34",
        48,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
    (
        "P-521",
        "1.3.132.0.35",
        66,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
];

/// The modulus of the key of RFC 7517 appendix A.2.
const RFC_7517: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXj\
                        BZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz\
                        s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ\
                        -G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

/// An ECPrivateKey without its public half (RFC 5915 section 3), which openssl computes.
fn private_key(curve: &str, length: usize, scalar: &BigUint) -> Vec<u8> {
    let octets = scalar.to_bytes_be();
    let padded = [vec![0; length - octets.len()], octets].concat();
    let parts = [forge::integer(&[1]), tlv(forge::OCTET_STRING, &padded), tlv(0xa0, &oid(curve))].concat();
    tlv(forge::SEQUENCE, &parts)
}

/// `NAME.key`, a key of P-256 with this scalar.
fn small_key(session: &Session, name: &str, scalar: u32) {
    let (_, curve, length, _) = CURVES[0];
    fs::write(session.path().join("small.der"), private_key(curve, length, &BigUint::from(scalar))).unwrap();
    bash(
        session,
        &format!("openssl ec -inform DER -in small.der 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out {name}.key"),
    );
}

fn bash(session: &Session, line: &str) -> Vec<u8> {
    let made = session.command("bash", &["-ec", line]).output().unwrap();
    assert!(made.status.success(), "{line}: {}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// Exit code and the one document.
fn json(session: &Session, words: &[&str]) -> (Option<i32>, Value) {
    let output = session.mtls_ca(&[words, &["--json"]].concat()).output().unwrap();
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_else(|error| panic!("{words:?}: {error}")))
}

/// Of each item of a file, whether its key is told to be no secret, and how.
fn told(session: &Session, file: &str) -> Vec<Option<String>> {
    let (code, document) = json(session, &["inspect", file]);
    assert_eq!(code, Some(0), "{document}");
    let remark = |item: &Value| {
        let remarks = item["remarks"].as_array().unwrap();
        let found = remarks.iter().find(|remark| remark["code"].as_str().unwrap().ends_with(".key_not_secret"));
        found.map(|remark| remark["message"].as_str().unwrap().to_owned())
    };
    document["inputs"][0]["items"].as_array().unwrap().iter().map(remark).collect()
}

fn public_pem(spki: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", data_encoding::BASE64.encode(spki))
}

#[test]
fn small_scalars_and_their_negatives_are_known_on_each_curve() {
    let session = Session::new();
    let mut expected = Vec::new();
    for (name, curve, length, order) in CURVES {
        let order = BigUint::parse_bytes(order.as_bytes(), 16).unwrap();
        for small in (1..=16_u32).chain([17, 0x1_0001]) {
            for (sign, scalar) in [("", BigUint::from(small)), ("-", &order - BigUint::from(small))] {
                let file = format!("{name}{sign}{small}.der");
                fs::write(session.path().join(&file), private_key(curve, length, &scalar)).unwrap();
                let told =
                    format!("its private key can be guessed: it is {small}, or the order of the curve less {small}");
                expected.push((file, (small <= 16).then_some(told)));
            }
        }
    }
    let files: Vec<&str> = expected.iter().map(|(file, _)| file.as_str()).collect();
    bash(
        &session,
        &format!(
            "for key in {}; do openssl ec -inform DER -in $key -pubout 2>/dev/null; done > all.pem",
            files.join(" ")
        ),
    );
    let found = told(&session, "all.pem");
    assert_eq!(found.len(), expected.len());
    for ((file, expected), found) in expected.iter().zip(&found) {
        assert_eq!(found, expected, "{file}");
    }
    println!("COUNTED points of small scalars: {}", expected.iter().filter(|(_, told)| told.is_some()).count());

    // In whichever form the point is written.
    bash(
        &session,
        "for form in compressed hybrid; do openssl ec -inform DER -in P-384-7.der -pubout -conv_form $form; done > forms.pem 2>/dev/null",
    );
    assert!(told(&session, "forms.pem").iter().all(Option::is_some));
    bash(&session, "openssl ec -inform DER -in P-2567.der -pubout -param_enc explicit > forms.pem 2>/dev/null");
    assert!(told(&session, "forms.pem").iter().all(Option::is_some));
}

#[test]
fn a_published_modulus_is_known_in_every_dress() {
    let session = Session::new();
    let modulus = data_encoding::BASE64URL_NOPAD.decode(RFC_7517.as_bytes()).unwrap();
    let dressed = |identifier: &[Vec<u8>], exponent: &[u8]| {
        let numbers = tlv(forge::SEQUENCE, &[forge::integer(&modulus), forge::integer(exponent)].concat());
        let bits = tlv(forge::BIT_STRING, &[vec![0], numbers].concat());
        public_pem(&tlv(forge::SEQUENCE, &[tlv(forge::SEQUENCE, &identifier.concat()), bits].concat()))
    };
    let (rsa, pss, null) = (oid("1.2.840.113549.1.1.1"), oid("1.2.840.113549.1.1.10"), vec![5, 0]);
    let dresses = [
        dressed(&[rsa.clone(), null.clone()], &[1, 0, 1]),
        dressed(&[rsa.clone(), null], &[3]),
        dressed(&[rsa], &[1, 0, 1]),
        dressed(&[pss], &[1, 0, 1]),
    ];
    fs::write(session.path().join("all.pem"), dresses.concat()).unwrap();
    let expected = Some("its private key is published: RFC 7517 appendix A.2".to_owned());
    assert_eq!(told(&session, "all.pem"), vec![expected; dresses.len()]);
}

/// `root.crt` and `leaf.crt`, whose keys have these scalars; another key where there is none.
fn chain(session: &Session, root: Option<u32>, leaf: Option<u32>) {
    keys(session, root, leaf);
    certify(session);
}

fn keys(session: &Session, root: Option<u32>, leaf: Option<u32>) {
    for (name, scalar) in [("root", root), ("leaf", leaf)] {
        match scalar {
            Some(scalar) => small_key(session, name, scalar),
            None => drop(bash(
                session,
                &format!("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"),
            )),
        }
    }
}

/// `root.crt`, `leaf.csr` and `leaf.crt` for the keys that are there.
fn certify(session: &Session) {
    bash(
        session,
        "openssl req -x509 -new -key root.key -subj /CN=Root -days 90 -addext keyUsage=critical,keyCertSign,cRLSign -out root.crt
         openssl req -new -key leaf.key -subj /CN=billing -addext subjectAltName=DNS:billing.internal \
           -addext extendedKeyUsage=clientAuth -addext keyUsage=critical,digitalSignature -out leaf.csr
         openssl x509 -req -in leaf.csr -CA root.crt -CAkey root.key -CAcreateserial -days 30 -copy_extensions copy -out leaf.crt 2>/dev/null
         chmod 600 root.key leaf.key",
    );
}

#[test]
fn every_command_names_a_key_that_is_no_secret() {
    let session = Session::new();
    // Which of the two is weak, and which links of the chain that are.
    for (root, leaf, links) in
        [(None, None, vec![]), (None, Some(2), vec![0]), (Some(3), None, vec![1]), (Some(3), Some(2), vec![0, 1])]
    {
        chain(&session, root, leaf);
        let is_weak = !links.is_empty();

        let (code, document) = json(&session, &["verify", "leaf.crt", "--ca", "root.crt", "--as", "client"]);
        assert_eq!(code, Some(if is_weak { 3 } else { 0 }), "{document}");
        let checks = document["answer"]["checks"].as_array().unwrap_or_else(|| panic!("{document}")).iter();
        let failed: Vec<u64> = checks
            .filter(|check| check["rule"] == "key_not_secret" && check["verdict"] == "fails")
            .map(|check| check["link"].as_u64().unwrap())
            .collect();
        assert_eq!(failed, links, "{document}");

        let (code, document) = json(&session, &["doctor", "leaf.crt", "leaf.key", "root.crt", "--as", "client"]);
        assert_eq!(code, Some(if is_weak { 3 } else { 0 }), "{document}");
        assert_eq!(document.to_string().contains("\"diagnosis.key_not_secret\""), is_weak, "{document}");

        for (file, scalar) in [("root.crt", root), ("leaf.crt", leaf)] {
            let (code, document) = json(&session, &["lint", file]);
            assert_eq!(document.to_string().contains("\"lint.key_not_secret\""), scalar.is_some(), "{document}");
            assert!(scalar.is_none() || code == Some(3), "{document}");
        }
        for (file, scalar) in
            [("root.crt", root), ("leaf.crt", leaf), ("leaf.csr", leaf), ("root.key", root), ("leaf.key", leaf)]
        {
            let expected = scalar
                .map(|n| format!("its private key can be guessed: it is {n}, or the order of the curve less {n}"));
            assert_eq!(told(&session, file), [expected], "{file}");
        }
    }
}

#[test]
fn nothing_is_made_for_such_a_key() {
    let session = Session::new();
    chain(&session, Some(3), Some(2));
    let before = session.files("");
    for words in [
        &["csr", "billing", "--key", "leaf.key", "--out", "new.csr"][..],
        &["init", "--adopt", "root.crt", "--adopt-key", "root.key"],
    ] {
        let (code, document) = json(&session, words);
        assert_eq!((code, &document["error"]["kind"]), (Some(4), &Value::from("key_not_secret")), "{document}");
        assert!(document["error"]["hints"].as_array().is_some_and(|hints| !hints.is_empty()), "{document}");
        assert_eq!(session.files(""), before, "{words:?}");
    }
    // Where a batch finds a key that is there already, it certifies none of these either.
    session.ok(&["init", "--name", "Example"]);
    fs::create_dir(session.path().join("out")).unwrap();
    fs::copy(session.path().join("leaf.key"), session.path().join("out/billing.key")).unwrap();
    fs::write(session.path().join("rows.csv"), "name,profile\nbilling,client\n").unwrap();
    let (code, document) = json(&session, &["issue", "--from-csv", "rows.csv", "--out", "out/"]);
    assert!(matches!(code, Some(4 | 7)), "{document}");
    assert!(document.to_string().contains("it is 2, or the order of the curve less 2"), "{document}");
    assert!(!session.path().join("out/billing.crt").exists());
}

/// openssl makes a prime, and the one that follows it is found here: 2,048 bits as any other key has them.
#[test]
fn primes_in_a_row_are_told_of_by_every_command() {
    let session = Session::new();
    let told =
        "its private key can be computed: the primes of the RSA modulus are close to each other (CVE-2022-26320)";
    for weak in ["leaf", "root"] {
        keys(&session, None, None);
        fs::write(session.path().join("close.der"), flawed_rsa::close_primes()).unwrap();
        bash(&session, &format!("openssl pkcs8 -topk8 -nocrypt -inform DER -in close.der -out {weak}.key"));
        certify(&session);
        for (file, is_weak) in [
            ("root.crt", weak == "root"),
            ("root.key", weak == "root"),
            ("leaf.crt", weak == "leaf"),
            ("leaf.csr", weak == "leaf"),
            ("leaf.key", weak == "leaf"),
        ] {
            assert_eq!(self::told(&session, file), [is_weak.then(|| told.to_owned())], "{file}");
        }
        for words in [
            &["verify", "leaf.crt", "--ca", "root.crt", "--as", "client"][..],
            &["doctor", "leaf.crt", "leaf.key", "root.crt", "--as", "client"],
            &["lint", &format!("{weak}.crt")],
        ] {
            let (code, document) = json(&session, words);
            assert_eq!(code, Some(3), "{document}");
            assert!(document.to_string().contains(told), "{document}");
        }
    }
    let (code, document) = json(&session, &["init", "--adopt", "root.crt", "--adopt-key", "root.key"]);
    assert_eq!((code, &document["error"]["kind"]), (Some(4), &Value::from("key_not_secret")), "{document}");
    let (code, document) = json(&session, &["csr", "billing", "--key", "root.key", "--out", "new.csr"]);
    assert_eq!((code, &document["error"]["kind"]), (Some(4), &Value::from("key_not_secret")), "{document}");
    assert!(!session.path().join("new.csr").exists());
}

#[test]
fn what_is_taken_in_with_such_a_key_is_told_of() {
    let session = Session::new();
    chain(&session, None, Some(2));
    session.ok(&["init", "--adopt", "root.crt", "--adopt-key", "root.key"]);
    let import = ["import", "certs", "leaf.crt", "--nothing-revoked"];
    for (words, times) in [(&[&import[..], &["--dry-run"]].concat()[..], 1), (&import, 1), (&import, 0)] {
        let (code, document) = json(&session, words);
        assert_eq!(code, Some(0), "{document}");
        let findings = document["findings"].as_array().unwrap();
        assert_eq!(findings.len(), times, "{document}");
        for finding in findings {
            assert_eq!(finding["code"], "import.key_not_secret");
            let hint = finding["hint"].as_str().unwrap();
            let command = hint.split_once(": mtls-ca ").unwrap().1;
            assert!(command.starts_with("revoke ") && command.ends_with(" --reason keyCompromise"), "{hint}");
        }
    }
    // It would not be granted today, and what the warning says to type takes it back.
    let (code, document) = json(&session, &["lint", "--ledger"]);
    assert_eq!(code, Some(3), "{document}");
    assert!(document.to_string().contains("it is 2, or the order of the curve less 2"), "{document}");
    session.ok(&["revoke", "leaf.crt", "--reason", "keyCompromise"]);
    assert_eq!(session.ledger().iter().filter(|(_, status)| status == "revoked").count(), 1);
}

#[test]
fn an_exponent_that_anybody_can_sign_with_is_no_proof() {
    let session = Session::new();
    chain(&session, None, None);
    // 2^2048 - 1942289 has no divisor below 1000.
    let modulus = [vec![0xff; 253], vec![0xe2, 0x5c, 0xef]].concat();
    for (exponent, rule, cause) in [
        (&[1_u8][..], Some("key_not_secret"), "diagnosis.key_not_secret"),
        (&[1, 0, 0], Some("key_strength"), "diagnosis.key_weak"),
        (&[1, 0, 1], None, ""),
    ] {
        fs::write(session.path().join("odd.pem"), public_pem(&forge::rsa_key(&modulus, exponent))).unwrap();
        bash(
            &session,
            "openssl x509 -req -in leaf.csr -CA root.crt -CAkey root.key -CAcreateserial -force_pubkey odd.pem -days 30 \
               -copy_extensions copy -out odd.crt 2>/dev/null",
        );
        let (code, document) = json(&session, &["verify", "odd.crt", "--ca", "root.crt", "--as", "client"]);
        assert_eq!(code, Some(if rule.is_some() { 3 } else { 0 }), "{document}");
        let checks = document["answer"]["checks"].as_array().unwrap();
        let failed: Vec<&str> = checks
            .iter()
            .filter(|check| check["verdict"] == "fails")
            .map(|check| check["rule"].as_str().unwrap())
            .collect();
        assert_eq!(failed, rule.into_iter().collect::<Vec<_>>(), "{document}");
        let (code, document) = json(&session, &["doctor", "odd.crt", "root.crt", "--as", "client"]);
        assert_eq!(code, Some(if rule.is_some() { 3 } else { 0 }), "{document}");
        assert!(rule.is_none() || document["error"]["kind"] == cause, "{document}");
        assert_eq!(session.mtls_ca(&["lint", "odd.crt"]).output().unwrap().status.code() == Some(3), rule.is_some());
    }
}
