//! NGINX as a gateway: it shows our certificate to the service behind, and refuses whoever is not that.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::cast::{Cast, DEEP, FLAT, Peer, Shape};
use crate::harness::host::Host;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Workshop, free_port};
use crate::nginx::{around, log_of, version};

/// Status and body of what the gateway says in plain HTTP.
fn visit(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.trim_start_matches("HTTP/1.1 ").to_owned()
}

fn refuses(shape: Shape, part: &str, table: &[(Peer, &str, &str)]) {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl"]) else { return };
    let mut row = Row::open("nginx-proxy", part, &version(&shop));
    let cast = Cast::make(&shop, shape);
    let (host, port) = (Host::start(&cast), free_port());
    let upstream = format!("localhost:{}", host.port);
    cast.recipe("nginx-proxy", &["--port", &port.to_string(), "--upstream", &upstream], "out");
    let _server = shop.serve("nginx", &around(&shop, "out/nginx.conf"), port);
    let visit = |peer| {
        host.show(peer);
        visit(port)
    };
    let log = || log_of(&shop, "error.log");
    Refusals { friend: Peer::Good, accepted: "hello CN=billing", visit: &visit, log: &log }.walk(&mut row, table);
    if shape == DEEP {
        // What is accepted and should not be depended on: the name in the common name alone.
        assert!(visit(Peer::CnOnly).contains("hello CN=billing"), "{}", log());
        row.accepted("a server with its name in CN alone");
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx-proxy"]
fn refuses_servers_each_for_its_reason() {
    let bad = "502 Bad Gateway";
    let table = [
        (Peer::WrongSan, bad, "upstream SSL certificate does not match \"localhost\""),
        (Peer::OtherCa, bad, "upstream SSL certificate verify error: ("),
        (Peer::Impostor, bad, "upstream SSL certificate verify error: ("),
        (Peer::Expired, bad, "upstream SSL certificate verify error: (10:certificate has expired)"),
        (Peer::NotYetValid, bad, "upstream SSL certificate verify error: (9:certificate is not yet valid)"),
        (Peer::Revoked, bad, "upstream SSL certificate verify error: (23:certificate revoked)"),
        (Peer::ClientOnly, bad, "upstream SSL certificate verify error: (26:"),
        (Peer::LeafOnly, bad, "upstream SSL certificate verify error: ("),
    ];
    refuses(DEEP, "deep", &table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx-proxy"]
fn takes_rsa_below_a_root() {
    let bad = "502 Bad Gateway";
    refuses(FLAT, "flat", &[(Peer::WrongSan, bad, "does not match"), (Peer::Revoked, bad, "(23:certificate revoked)")]);
}
