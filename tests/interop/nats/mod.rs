//! NATS with its recipe accepts our client, takes its name for the user, and refuses everybody else,
//! each for its own reason. It knows no CRLs.

use crate::harness::caller::TLS13;
use crate::harness::case::Client;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::by_go;
use crate::harness::matrix::Row;
use crate::harness::recipe::recipe;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, fixture, free_port};

const PROGRAMS: [&str; 3] = ["venv:nats-server", "venv:python", "openssl"];
const ACCEPTED: &str = "user billing.internal";

/// `nats-server: v2.15.1`
fn version(shop: &Workshop) -> String {
    shop.tool("venv:nats-server", &["--version"]).ok().stdout.trim().rsplit('v').next().unwrap().to_owned()
}

fn start(shop: &Workshop, out: &str, port: u16) -> Server {
    let (conf, pid) = (format!("{out}/nats.conf"), format!("{out}/nats.pid"));
    shop.serve("venv:nats-server", &["-c", &conf, "-P", &pid], port)
}

/// What a client on nats-py says: the user that it is to the server, or why it is none.
fn visit(cast: &Cast, client: Client, port: u16) -> String {
    let (program, trust, url) = (fixture("nats/visit.py"), cast.trust(), format!("nats://localhost:{port}"));
    let mut words = vec![program, url.into(), trust];
    if let Some(identity) = cast.client(client) {
        words.extend([identity.crt(), identity.key()]);
    }
    let run = cast.shop.tool("venv:python", &words);
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
#[ignore = "run by ./tests/run.sh interop nats"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("nats", &PROGRAMS) else { return };
    let mut row = Row::open("nats", "deep", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("nats", &["--port", &port.to_string()], "out");
    let server = start(&shop, "out", port);
    let mut table: Vec<_> = by_go(TLS13).into_iter().map(|(client, _, logged)| (client, "refused", logged)).collect();
    table.push((Client::Another, "Authorization Violation", "authentication error"));
    let (visit, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    // As the recipe says, it reads no CRLs.
    assert!(visit(Client::Revoked).contains(ACCEPTED));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nats"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("nats", &PROGRAMS) else { return };
    let mut row = Row::open("nats", "flat", &version(&shop));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    cast.recipe("nats", &["--port", &port.to_string()], "out");
    let server = start(&shop, "out", port);
    let table = [
        (Client::OtherCa, "refused", "certificate signed by unknown authority"),
        (Client::Another, "Authorization Violation", "authentication error"),
    ];
    let (look, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &look, log: &log }.walk(&mut row, &table);

    // A renewed certificate after the recipe's reload.
    let trusts = |file: &str| shop.read(&format!("out/tls/current/{file}"));
    let before = trusts("tls.crt");
    shop.mtls_ca(&["--quiet", "renew", "out/tls"]).ok();
    assert_ne!(trusts("tls.crt"), before);
    shop.tool("venv:nats-server", &["--signal", "reload=out/nats.pid"]).ok();
    eventually("the reload", || server.log().contains("Reloaded server configuration"));
    assert!(look(Client::Ours).contains(ACCEPTED));
    row.rotation("a renewed certificate is taken up by the reload");

    // With nobody on the list, nobody is let in.
    let port = free_port();
    recipe(&shop, "nats", &["--port", &port.to_string()], "closed");
    let _server = start(&shop, "closed", port);
    let said = visit(&cast, Client::Ours, port);
    assert!(said.contains("Authorization Violation"), "{said}");
    row.passed();
}
