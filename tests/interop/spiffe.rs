//! go-spiffe loads and verifies our SVIDs, and refuses what our layout refuses.

use mtls_ca::bundle::layout::System;

use crate::harness::matrix::Row;
use crate::validators::{CA, LEAF, Openssl, Parts, ask, made, open, ours, recipe, version};

const MODULE: &str = "github.com/spiffe/go-spiffe/v2";
const ID: &str = "spiffe://example.org/payments";

#[test]
#[ignore = "run by ./tests/run.sh interop spiffe"]
fn takes_what_we_lay_out() {
    let Some(shop) = open("spiffe") else { return };
    let mut row = Row::open("spiffe", "takes", &version(MODULE));
    made(&shop, "init --ca-dir root --name Root --trust-domain example.org");
    made(&shop, "init --parent root --ca-dir issuing --name Issuing");
    for (ca, algorithm) in
        [("root", "ecdsa-p256"), ("issuing", "ecdsa-p256"), ("root", "rsa-2048"), ("issuing", "rsa-2048")]
    {
        let name = format!("{ca}-{algorithm}");
        made(&shop, &format!("--ca-dir {ca} issue {name} --profile workload --san {ID} --key-algorithm {algorithm}"));
        made(&shop, &format!("--ca-dir {ca} export {name}.crt --layout spiffe --out {name}"));
        assert_eq!(ask(&shop, "spiffe", &[name]).ok().stdout.trim(), ID);
        row.accepted(&format!("{ID}, by {ca}, {algorithm}"));
    }
    // The upstream authority of SPIRE, with room for its own CA below.
    recipe(&shop, "spiffe", &["--ca-dir", "root", "--name", "example.org", "--out", "spire"]);
    let words = ["x509", "-in", "spire/files/upstream_ca.crt", "-noout", "-ext", "basicConstraints"];
    shop.tool("openssl", &words).ok().says("pathlen:1");
    let words = ["verify", "-CAfile", "spire/files/upstream_bundle.crt", "spire/files/upstream_ca.crt"];
    shop.tool("openssl", &words).ok();
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop spiffe"]
fn refuses_what_we_refuse() {
    let Some(shop) = open("spiffe") else { return };
    let mut row = Row::open("spiffe", "refuses", &version(MODULE));
    let pki = Openssl(&shop);
    pki.make("root", "P-256", None, CA);
    pki.make("other", "P-256", None, CA);
    let usages = "extendedKeyUsage = serverAuth, clientAuth\n";
    let leaf = |san: &str| format!("{LEAF}{usages}{san}");
    let signs = leaf(&format!("subjectAltName = URI:{ID}\n")).replace("digitalSignature", "digitalSignature, cRLSign");
    let one = format!("{LEAF}extendedKeyUsage = serverAuth\nsubjectAltName = URI:{ID}\n");
    for (name, extensions) in [
        ("good", leaf(&format!("subjectAltName = URI:{ID}\n"))),
        ("two", leaf(&format!("subjectAltName = URI:{ID}, URI:spiffe://example.org/reports\n"))),
        ("none", leaf("subjectAltName = DNS:api.internal\n")),
        ("pathless", leaf("subjectAltName = URI:spiffe://example.org\n")),
        ("https", leaf("subjectAltName = URI:https://example.org/payments\n")),
        ("signs", signs),
        ("one", one),
    ] {
        pki.make(name, "P-256", Some("root"), &extensions);
    }
    let of = |certificate| Parts { certificate, key: certificate, chain: &[], roots: &["root"], crls: None };
    let good = of("good");
    let cases = [
        ("accepted", good.clone(), "", None),
        ("two URIs", of("two"), "more than one URI SAN", Some("layout.spiffe_id")),
        ("no URI", of("none"), "no URI SAN", Some("layout.spiffe_id")),
        ("no path", of("pathless"), "path", Some("layout.spiffe_path")),
        ("https", of("https"), "scheme", Some("layout.spiffe_id")),
        ("cRLSign", of("signs"), "cRLSign", Some("layout.spiffe_key_usage")),
        ("another key", Parts { key: "other", ..good.clone() }, "private key", Some("layout.key_mismatch")),
        ("another root", Parts { roots: &["other"], ..good.clone() }, "unknown authority", Some("layout.chain_broken")),
        ("accepted", good, "", None),
    ];
    for (index, (case, parts, said, code)) in cases.into_iter().enumerate() {
        let copy = |name: &str, from: String| drop(shop.write(&format!("{index}/{name}"), shop.read(&from)));
        copy("svid.pem", format!("{}.crt", parts.certificate));
        copy("svid_key.pem", format!("{}.key", parts.key));
        copy("svid_bundle.pem", format!("{}.crt", parts.roots[0]));
        let theirs = ask(&shop, "spiffe", &[index.to_string()]);
        let found = ours(System::Spiffe, &pki, &parts);
        match code {
            None => {
                assert_eq!(theirs.ok().stdout.trim(), ID, "{case}");
                assert!(found.is_empty(), "{case}: {found:?}");
            }
            Some(code) => {
                theirs.code(1).says(said);
                assert!(found.contains(&code), "{case}: {found:?}");
                row.refused(case);
            }
        }
    }
    // The standard wants both usages where there is any; go-spiffe does not look, and we do.
    assert_eq!(ours(System::Spiffe, &pki, &of("one")), ["layout.spiffe_extended_key_usage"]);
    row.passed();
}
