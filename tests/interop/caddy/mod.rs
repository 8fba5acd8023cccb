//! Caddy with its recipe accepts our client, tells the application who called, and refuses everybody
//! else, each for its own reason. It knows no CRLs.

use crate::harness::backend::Backend;
use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::Client;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::by_go;
use crate::harness::matrix::Row;
use crate::harness::recipe::recipe;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, free_port, renewal};

const PROGRAMS: [&str; 2] = ["venv:caddy", "openssl"];
const ACCEPTED: &str = "x-client-subject: CN=billing\n";

/// `v2.11.7 h1:…`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("venv:caddy", &["version"]).ok().stdout;
    said.split_whitespace().next().unwrap().trim_start_matches('v').to_owned()
}

/// The recipe in `out`, which says besides why it refuses.
fn start(shop: &Workshop, out: &str, port: u16) -> Server {
    let file = format!("{out}/Caddyfile");
    let text = String::from_utf8(shop.read(&file)).unwrap();
    shop.write(&file, text.replacen("{\n", "{\n\tdebug\n", 1));
    shop.serve("venv:caddy", &["run", "--config", &file], port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop caddy"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("caddy", &PROGRAMS) else { return };
    let mut row = Row::open("caddy", "deep", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, DEEP), free_port(), Backend::start());
    cast.recipe("caddy", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let server = start(&shop, "out", port);
    for version in [TLS12, TLS13] {
        let visit = |client| cast.caller(client, version).visit(port, "/");
        let mut table = by_go(version);
        table.push((Client::Another, "403 not on the list", ""));
        let log = || server.log();
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    // As the recipe says, it reads no CRLs.
    assert!(cast.caller(Client::Revoked, TLS13).visit(port, "/").contains(ACCEPTED));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop caddy"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("caddy", &PROGRAMS) else { return };
    let mut row = Row::open("caddy", "flat", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, FLAT), free_port(), Backend::start());
    let (listen, upstream) = (port.to_string(), backend.address());
    cast.recipe("caddy", &["--port", &listen, "--upstream", &upstream], "out");
    let server = start(&shop, "out", port);
    let visit = |client| cast.caller(client, TLS13).visit(port, "/");
    let table = [
        (Client::OtherCa, "", "certificate signed by unknown authority"),
        (Client::Another, "403 not on the list", ""),
    ];
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    let reload = ["reload", "--config", "out/Caddyfile", "--force"];
    renewal::is_taken_up(&cast, &mut row, "out", port, Some(("venv:caddy", &reload)));

    // With nobody on the list, nobody is let in.
    let port = free_port();
    recipe(&shop, "caddy", &["--port", &port.to_string(), "--upstream", &upstream], "closed");
    let _server = start(&shop, "closed", port);
    assert_eq!(cast.caller(Client::Ours, TLS13).visit(port, "/"), "403 not on the list");
    row.passed();
}
