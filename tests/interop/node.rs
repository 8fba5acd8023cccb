//! Node.js with `requestCert` and `rejectUnauthorized` accepts our client, says who it was, and
//! refuses strangers. Node closes the connection without a word, so a second port of the same
//! server, which only looks, tells the reason.

use crate::clients::{self, Client};
use crate::harness::{Run, Workshop, fixture, free_port};

fn visit(shop: &Workshop, port: u16, client: &Client) -> Run {
    let program = fixture("node/client.js");
    let port = port.to_string();
    let (certificate, key) = client.files.unwrap_or(("", ""));
    shop.tool("node", &[program.to_str().unwrap(), &port, "root/ca.crt", certificate, key])
}

#[test]
#[ignore = "run by ./tests/run.sh interop node"]
fn accepts_ours_and_refuses_strangers() {
    let Some(shop) = Workshop::open("node", &["node", "openssl"]) else { return };
    clients::make(&shop);
    let (strict, lenient) = (free_port(), free_port());
    let program = fixture("node/server.js");
    let words = [program.to_str().unwrap(), &lenient.to_string(), &strict.to_string()];
    let server = shop.serve("node", &words, strict);

    let accepted = || {
        visit(&shop, strict, &clients::FRIEND)
            .ok()
            .says("200 hello billing, known as DNS:billing.internal, authorized");
    };
    accepted();
    for (client, reason) in [
        (clients::NONE, "UNABLE_TO_GET_ISSUER_CERT"),
        (clients::STRANGER, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        (clients::IMPOSTOR, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        (clients::EXPIRED, "CERT_HAS_EXPIRED"),
        (clients::SERVER_ONLY, "INVALID_PURPOSE"),
    ] {
        let refused = visit(&shop, strict, &client);
        assert_eq!(refused.code, Some(3), "{}: {refused}", client.name);
        visit(&shop, lenient, &client).ok().says(&format!("unauthorized: {reason}"));
        accepted();
    }
    let served = server.log().lines().filter(|line| line.starts_with("strict: billing")).count();
    assert_eq!(served, 6, "{}", server.log());
}
