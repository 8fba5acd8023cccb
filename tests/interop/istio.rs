//! Istio's own code takes our `cacerts`, and refuses what our layout refuses.

use mtls_ca::bundle::layout::System;

use crate::harness::matrix::Row;
use crate::validators::{CA, LEAF, Openssl, Parts, ask, made, open, ours, recipe, version, yaml};

const WORKLOAD: &str = "spiffe://cluster.local/ns/shop/sa/api\n";

#[test]
#[ignore = "run by ./tests/run.sh interop istio"]
fn takes_what_we_lay_out() {
    let Some(shop) = open("istio") else { return };
    let mut row = Row::open("istio", "takes", &version("istio.io/istio"));
    for (root, mesh) in [("ecdsa-p256", "ecdsa-p256"), ("rsa-2048", "rsa-2048"), ("ecdsa-p384", "ecdsa-p256")] {
        let (above, out) = (format!("root-{root}-{mesh}"), format!("out-{root}-{mesh}"));
        made(&shop, &format!("init --ca-dir {above} --name Root --key-algorithm {root}"));
        recipe(&shop, "istio", &["--ca-dir", &above, "--name", "Mesh", "--key-algorithm", mesh, "--out", &out]);
        assert_eq!(ask(&shop, "istio", &[format!("{out}/files")]).ok().stdout, WORKLOAD);
        // With the CRLs of both.
        made(&shop, &format!("--ca-dir {above} crl build"));
        made(&shop, &format!("--ca-dir {out}/authority crl build"));
        made(&shop, &format!("--ca-dir {out}/authority crl import {above}/issuers/g1/crl.pem"));
        made(&shop, &format!("--ca-dir {out}/authority export --layout istio --crl --out {out}/crls"));
        assert_eq!(ask(&shop, "istio", &[format!("{out}/crls")]).ok().stdout, WORKLOAD);
        row.accepted(&format!("root {root}, mesh CA {mesh}: a workload of its as {}", WORKLOAD.trim()));
    }
    // An issuing CA between them.
    made(&shop, "init --ca-dir root --name Root");
    made(&shop, "init --parent root --ca-dir issuing --name Issuing --path-length 1");
    recipe(&shop, "istio", &["--ca-dir", "issuing", "--name", "Mesh", "--out", "deep"]);
    assert_eq!(ask(&shop, "istio", &["deep/files"]).ok().stdout, WORKLOAD);
    row.accepted("root, issuing CA, mesh CA");

    // The document has the same in it, and so do the recipe's own.
    let secret = &yaml(&shop, "deep/secret.yaml")[0];
    assert_eq!((&secret["kind"], &secret["metadata"]["name"]), (&"Secret".into(), &"cacerts".into()));
    let names: Vec<&String> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"]);
    assert_eq!(yaml(&shop, "deep/strict.yaml")[1]["spec"]["rules"], serde_json::json!([]));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop istio"]
fn refuses_what_we_refuse() {
    let Some(shop) = open("istio") else { return };
    let mut row = Row::open("istio", "refuses", &version("istio.io/istio"));
    let pki = Openssl(&shop);
    pki.make("root", "P-256", None, CA);
    pki.make("other", "P-256", None, CA);
    pki.make("between", "P-256", Some("root"), CA);
    pki.make("mesh", "P-256", Some("between"), CA);
    pki.make("leaf", "P-256", Some("between"), LEAF);
    let (of_mesh, of_between, of_root) = (pki.list("mesh"), pki.list("between"), pki.list("root"));
    let good = Parts { certificate: "mesh", key: "mesh", chain: &["between"], roots: &["root"], crls: None };
    let all = Some(format!("{of_mesh}{of_between}{of_root}"));
    let cases = [
        ("accepted", good.clone(), "", None),
        (
            "a leaf",
            Parts { certificate: "leaf", key: "leaf", ..good.clone() },
            "not authorized to sign",
            Some("layout.not_a_ca"),
        ),
        ("another key", Parts { key: "other", ..good.clone() }, "does not match the key", Some("layout.key_mismatch")),
        (
            "another root",
            Parts { roots: &["other"], ..good.clone() },
            "cannot verify the cert",
            Some("layout.chain_broken"),
        ),
        ("chain missing", Parts { chain: &[], ..good.clone() }, "cannot verify the cert", Some("layout.chain_broken")),
        ("accepted", Parts { crls: all, ..good.clone() }, "", None),
        (
            "CRL of the root missing",
            Parts { crls: Some(format!("{of_mesh}{of_between}")), ..good.clone() },
            "missing CRL signed by certificates: [CN=root]",
            Some("layout.istio_crl"),
        ),
        (
            "CRL of the mesh CA alone",
            Parts { crls: Some(of_mesh), ..good.clone() },
            "missing CRL",
            Some("layout.istio_crl"),
        ),
        ("accepted", good, "", None),
    ];
    for (index, (case, parts, said, code)) in cases.into_iter().enumerate() {
        let file = |name: &str, text: &str| shop.write(&format!("{index}/{name}"), text);
        let chain: Vec<String> = [parts.certificate]
            .iter()
            .chain(parts.chain)
            .chain(parts.roots)
            .map(|name| format!("{name}.crt"))
            .collect();
        file("ca-cert.pem", &pki.text(&[&format!("{}.crt", parts.certificate)]));
        file("ca-key.pem", &pki.text(&[&format!("{}.key", parts.key)]));
        file("cert-chain.pem", &pki.text(&chain.iter().map(String::as_str).collect::<Vec<_>>()));
        file("root-cert.pem", &pki.text(&[&format!("{}.crt", parts.roots[0])]));
        parts.crls.iter().for_each(|crls| drop(file("ca-crl.pem", crls)));
        let theirs = ask(&shop, "istio", &[index.to_string()]);
        let found = ours(System::Istio, &pki, &parts);
        match code {
            None => {
                assert_eq!(theirs.ok().stdout, WORKLOAD, "{case}");
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
