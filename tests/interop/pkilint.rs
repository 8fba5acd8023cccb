//! pkilint judges one certificate of each profile. What it remarks is in docs/pkilint.md, and
//! nothing else may come.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::Workshop;
use crate::issued;

/// Remarks that are known, with their reasons, in docs/pkilint.md: its lines beginning with ``- ` ``.
fn known_remarks() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pkilint.md");
    let text = std::fs::read_to_string(page).unwrap();
    let remarks = text.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next());
    remarks.map(str::to_owned).collect()
}

#[test]
#[ignore = "run by ./tests/run.sh interop pkilint"]
fn finds_nothing_in_a_certificate_of_each_profile_but_what_is_explained() {
    let Some(shop) = Workshop::open("pkilint", &["venv:lint_pkix_cert", "openssl"]) else { return };
    shop.mtls_ca(&["init", "--ca-dir", "root", "--name", "Lint Root", "--organization", "Example"]).ok();
    shop.mtls_ca(&[
        "init",
        "--ca-dir",
        "ca",
        "--name",
        "Lint Issuing",
        "--parent",
        "root",
        "--trust-domain",
        "example.org",
    ])
    .ok();
    let mut judged = vec!["root/issuers/g1/issuer.crt".to_owned(), "ca/issuers/g1/issuer.crt".to_owned()];
    for (profile, name, san) in [
        ("server", "api.internal", "dns:api.internal"),
        ("client", "billing", "dns:billing.internal"),
        ("peer", "node-1.internal", "ip:10.0.0.7"),
        ("workload", "pay", "spiffe://example.org/pay"),
        ("ocsp-responder", "ocsp.internal", "dns:ocsp.internal"),
    ] {
        let mut words = vec!["issue", name, "--profile", profile, "--out", profile];
        if profile != "ocsp-responder" {
            words.extend(["--san", san]);
        }
        shop.mtls_ca(&words).ok();
        judged.push(format!("{profile}/{name}.crt"));
        if profile == "ocsp-responder" {
            continue;
        }
        // The same from a request that asks for much.
        let request = format!("{profile}.csr");
        shop.tool("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"]).ok();
        let names = match san.strip_prefix("dns:").or(san.strip_prefix("ip:")) {
            Some(bare) if san.starts_with("ip") => format!("subjectAltName=IP:{bare}"),
            Some(bare) => format!("subjectAltName=DNS:{bare}"),
            None => format!("subjectAltName=URI:{san}"),
        };
        let words = ["req", "-new", "-key", "key.pem", "-subj", &format!("/O=Example/CN={name}"), "-out", &request];
        let asked = ["-addext", &names, "-addext", "1.3.6.1.4.1.99999.1=ASN1:NULL"];
        shop.tool("openssl", &[&words, asked.as_slice()].concat()).ok();
        issued::sign(&shop, &request, profile);
        judged.push(format!("{request}.crt"));
    }
    let known = known_remarks();
    let mut new = Vec::new();
    for file in &judged {
        // pkilint reads the first certificate of a file only.
        shop.tool("openssl", &["x509", "-in", file, "-out", "judged.pem"]).ok();
        let run = shop.tool("venv:lint_pkix_cert", &["lint", "-s", "NOTICE", "-f", "JSON", "judged.pem"]);
        let report: serde_json::Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{run}"));
        for result in report["results"].as_array().unwrap() {
            for finding in result["finding_descriptions"].as_array().unwrap() {
                let code = finding["code"].as_str().unwrap();
                if !known.contains(code) {
                    new.push(format!("{file}: {} {code}: {}", finding["severity"], finding["message"]));
                }
            }
        }
    }
    assert!(new.is_empty(), "{}", new.join("\n"));
}
