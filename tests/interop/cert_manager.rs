//! cert-manager's own code takes our secret, signs with it, and refuses what our layout refuses.

use mtls_ca::bundle::layout::System;

use crate::harness::matrix::Row;
use crate::validators::{CA, LEAF, Openssl, Parts, ask, made, open, ours, recipe, version, yaml};

const WORKLOAD: &str = "spiffe://cluster.local/ns/shop/sa/api\n";
const MODULE: &str = "github.com/cert-manager/cert-manager";

#[test]
#[ignore = "run by ./tests/run.sh interop cert_manager"]
fn takes_what_we_lay_out() {
    let Some(shop) = open("cert-manager") else { return };
    let mut row = Row::open("cert-manager", "takes", &version(MODULE));
    made(&shop, "init --ca-dir root --name Root");
    made(&shop, "init --parent root --ca-dir issuing --name Issuing --path-length 1");
    for (above, algorithm, out) in
        [("root", "ecdsa-p256", "flat"), ("root", "rsa-2048", "rsa"), ("issuing", "ecdsa-p256", "deep")]
    {
        recipe(
            &shop,
            "cert-manager",
            &["--ca-dir", above, "--name", "Cluster", "--key-algorithm", algorithm, "--out", out],
        );
        assert_eq!(ask(&shop, "certmanager", &[format!("{out}/secret.yaml")]).ok().stdout, WORKLOAD);
        row.accepted(&format!("below {above}, {algorithm}: a workload of its as {}", WORKLOAD.trim()));
        let secret = &yaml(&shop, &format!("{out}/secret.yaml"))[0];
        let issuer = &yaml(&shop, &format!("{out}/issuer.yaml"))[0];
        assert_eq!(issuer["spec"]["ca"]["secretName"], secret["metadata"]["name"]);
        assert_eq!(yaml(&shop, &format!("{out}/certificate.yaml"))[0]["kind"], "Certificate");
    }
    // A service's own secret, as Kubernetes' readers see it.
    made(&shop, "--ca-dir issuing issue api.internal --profile server");
    made(&shop, "--ca-dir issuing export api.internal.crt --layout kubernetes --namespace shop --out api.yaml");
    assert_eq!(ask(&shop, "kubernetes", &["api.yaml"]).ok().stdout, "api-internal-tls CN=api.internal\n");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop cert_manager"]
fn refuses_what_we_refuse() {
    let Some(shop) = open("cert-manager") else { return };
    let mut row = Row::open("cert-manager", "refuses", &version(MODULE));
    let pki = Openssl(&shop);
    pki.make("root", "P-256", None, CA);
    pki.make("other", "P-256", None, CA);
    pki.make("mesh", "P-256", Some("root"), CA);
    pki.make("leaf", "P-256", Some("root"), LEAF);
    let good = Parts { certificate: "mesh", key: "mesh", chain: &[], roots: &["root"], crls: None };
    let cases = [
        ("accepted", good.clone(), "", None),
        (
            "a leaf",
            Parts { certificate: "leaf", key: "leaf", ..good.clone() },
            "certificate is not a CA",
            Some("layout.not_a_ca"),
        ),
        ("another key", Parts { key: "other", ..good.clone() }, "the key does not match", Some("layout.key_mismatch")),
        (
            "another root",
            Parts { roots: &["other"], ..good.clone() },
            "malformed or broken",
            Some("layout.chain_broken"),
        ),
        ("accepted", good, "", None),
    ];
    for (index, (case, parts, said, code)) in cases.into_iter().enumerate() {
        let encoded = |name: String| data_encoding::BASE64.encode(&shop.read(&name));
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ca-key-pair\ntype: kubernetes.io/tls\ndata:\n  ca.crt: {}\n  \
             tls.crt: {}\n  tls.key: {}\n",
            encoded(format!("{}.crt", parts.roots[0])),
            encoded(format!("{}.crt", parts.certificate)),
            encoded(format!("{}.key", parts.key)),
        );
        shop.write(&format!("{index}.yaml"), text);
        let theirs = ask(&shop, "certmanager", &[format!("{index}.yaml")]);
        let found = ours(System::CertManager, &pki, &parts);
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
