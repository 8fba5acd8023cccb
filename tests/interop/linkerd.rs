//! Linkerd's rules, run with the library that it uses (its own module is not to be had from the module
//! proxy), and rustls, which its proxies use, on what its identity controller would issue.

use mtls_ca::bundle::layout::System;

use crate::harness::matrix::Row;
use crate::validators::{CA, LEAF, Openssl, Parts, ask, made, open, ours, recipe, yaml};

const PROXY: &str = "api.shop.serviceaccount.identity.linkerd.cluster.local\n";
const VERSION: &str = "itself not run; its rules of 2026, in Go's crypto/x509";

#[test]
#[ignore = "run by ./tests/run.sh interop linkerd"]
fn takes_what_we_lay_out() {
    let Some(shop) = open("linkerd") else { return };
    let mut row = Row::open("linkerd", "takes", VERSION);
    for root in ["ecdsa-p256", "rsa-2048", "rsa-4096"] {
        made(&shop, &format!("init --ca-dir root-{root} --name root.linkerd.cluster.local --key-algorithm {root}"));
        let words = ["--ca-dir", &format!("root-{root}"), "--name", "identity.linkerd.cluster.local", "--out", root]
            .map(str::to_owned);
        recipe(&shop, "linkerd", &words.iter().map(String::as_str).collect::<Vec<_>>());
        let words = [format!("{root}/files"), format!("{root}.pem")];
        assert_eq!(ask(&shop, "linkerd", &words).ok().stdout, PROXY);
        // Its proxies are rustls: the second opinion of `verify` is webpki's.
        let words = ["verify", &format!("{root}.pem"), "--ca", &format!("{root}/files/ca.crt"), "--as", "client"];
        let answer = &shop.json(&words)["answer"];
        assert_eq!((&answer["accepted"], &answer["second_opinion"]), (&true.into(), &serde_json::Value::Null));
        row.accepted(&format!("root {root}, issuer ecdsa-p256: a proxy of its as {}", PROXY.trim()));
    }
    let documents = yaml(&shop, "ecdsa-p256/secret.yaml");
    let kinds: Vec<_> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Secret", "ConfigMap"]);
    let anchors = String::from_utf8(shop.read("ecdsa-p256/files/ca.crt")).unwrap();
    assert_eq!(documents[1]["data"]["ca-bundle.crt"].as_str().unwrap(), anchors);
    assert_eq!(yaml(&shop, "ecdsa-p256/policy.yaml")[0]["spec"]["identities"], serde_json::json!(["nobody.invalid"]));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop linkerd"]
fn refuses_what_we_refuse() {
    let Some(shop) = open("linkerd") else { return };
    let mut row = Row::open("linkerd", "refuses", VERSION);
    let pki = Openssl(&shop);
    for (name, key) in [("root", "P-256"), ("other", "P-256"), ("root384", "P-384"), ("root3072", "rsa:3072")] {
        pki.make(name, key, None, CA);
    }
    for (name, key, above) in [
        ("mesh", "P-256", "root"),
        ("mesh384", "P-384", "root"),
        ("rsa", "rsa:2048", "root"),
        ("below384", "P-256", "root384"),
        ("below3072", "P-256", "root3072"),
    ] {
        pki.make(name, key, Some(above), CA);
    }
    pki.make("leaf", "P-256", Some("root"), LEAF);
    let of = |certificate, roots| Parts { certificate, key: certificate, chain: &[], roots, crls: None };
    let good = of("mesh", &["root"]);
    let cases = [
        ("accepted", good.clone(), "", None),
        ("issuer P-384", of("mesh384", &["root"]), "must use P-256 curve", Some("layout.linkerd_issuer_key")),
        ("issuer RSA", of("rsa", &["root"]), "must use ECDSA for public key", Some("layout.linkerd_issuer_key")),
        ("anchor P-384", of("below384", &["root384"]), "anchor: must use P-256", Some("layout.linkerd_anchor_key")),
        ("anchor RSA-3072", of("below3072", &["root3072"]), "2048 or 4096", Some("layout.linkerd_anchor_key")),
        ("a leaf", of("leaf", &["root"]), "issuer cert is not a CA", Some("layout.not_a_ca")),
        ("another key", Parts { key: "other", ..good.clone() }, "does not match", Some("layout.key_mismatch")),
        ("another root", of("mesh", &["other"]), "unknown authority", Some("layout.chain_broken")),
        ("accepted", good, "", None),
    ];
    for (index, (case, parts, said, code)) in cases.into_iter().enumerate() {
        let copy = |name: &str, from: String| drop(shop.write(&format!("{index}/{name}"), shop.read(&from)));
        copy("issuer.crt", format!("{}.crt", parts.certificate));
        copy("issuer.key", format!("{}.key", parts.key));
        copy("ca.crt", format!("{}.crt", parts.roots[0]));
        let theirs = ask(&shop, "linkerd", &[index.to_string()]);
        let found = ours(System::Linkerd, &pki, &parts);
        match code {
            None => {
                assert_eq!(theirs.ok().stdout, PROXY, "{case}");
                assert!(found.is_empty(), "{case}: {found:?}");
            }
            Some(code) => {
                theirs.code(1).says(said);
                assert!(found.contains(&code), "{case}: {found:?}");
                row.refused(case);
            }
        }
    }
    row.passed();
}
