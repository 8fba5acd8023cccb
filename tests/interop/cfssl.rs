//! cfssl's requests are signed, and its view of our certificates agrees with ours.

use crate::harness::Workshop;
use crate::issued;

#[test]
#[ignore = "run by ./tests/run.sh interop cfssl"]
fn its_requests_are_signed() {
    let Some(shop) = Workshop::open("cfssl", &["cfssl", "openssl"]) else { return };
    issued::plain_root(&shop);
    for (algorithm, size) in [("rsa", 2048), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521)] {
        let wish = serde_json::json!({
            "CN": "api.internal",
            "hosts": ["api.internal", "10.0.0.7"],
            "key": { "algo": algorithm, "size": size },
            "names": [{ "C": "DE", "O": "Example", "OU": "One" }],
        });
        shop.write("wish.json", wish.to_string());
        let answer = shop.tool("cfssl", &["genkey", "wish.json"]).ok().stdout;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let request = format!("{algorithm}-{size}.csr");
        let key = format!("{algorithm}-{size}.key");
        shop.write(&request, answer["csr"].as_str().unwrap());
        shop.write(&key, answer["key"].as_str().unwrap());
        let certificate = issued::sign(&shop, &request, "server");
        let certificate = certificate.to_str().unwrap();
        shop.tool("openssl", &["verify", "-x509_strict", "-CAfile", "ca/ca.crt", certificate]).ok();
        shop.mtls_ca(&["inspect", &key]).ok();
        let seen = shop.tool("cfssl", &["certinfo", "-cert", certificate]).ok().stdout;
        let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
        assert_eq!(seen["subject"]["common_name"], "api.internal");
        assert_eq!(seen["sans"], serde_json::json!(["api.internal", "10.0.0.7"]));
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop cfssl"]
fn its_authority_is_adopted() {
    let Some(shop) = Workshop::open("cfssl", &["cfssl", "openssl"]) else { return };
    shop.write("ca.json", r#"{"CN":"Their Root","key":{"algo":"ecdsa","size":256},"names":[{"O":"Theirs"}]}"#);
    let answer = shop.tool("cfssl", &["gencert", "-initca", "ca.json"]).ok().stdout;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    shop.write("their.crt", answer["cert"].as_str().unwrap());
    shop.write("their.key", answer["key"].as_str().unwrap());
    shop.mtls_ca(&["init", "--adopt", "their.crt", "--adopt-key", "their.key", "--without-history"]).ok();
    shop.mtls_ca(&["issue", "api.internal", "--profile", "server", "--out", "tls"]).ok();
    shop.tool("openssl", &["verify", "-CAfile", "their.crt", "tls/api.internal.crt"]).ok();
}
