//! Go's net/http with the program of its recipe: the server accepts our client, says who it was, and
//! refuses everybody else, each for its own reason; the client tells bad servers apart; nobody notices
//! when leaves and root are replaced.

use std::collections::BTreeSet;

use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::by_go;
use crate::harness::host::Host;
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, eventually, eventually_says, free_port};

const PROGRAMS: [&str; 3] = ["go", "openssl", "sh"];
const ACCEPTED: &str = "200 hello CN=billing\n";

/// `go1.26.8`
fn version(shop: &Workshop) -> String {
    shop.tool("go", &["env", "GOVERSION"]).ok().stdout.trim().trim_start_matches("go").to_owned()
}

/// The program in `out` is built, and runs.
fn start(shop: &Workshop, out: &str, port: u16) -> Server {
    let program = build(shop, out);
    shop.serve(&program, &["serve", out, &format!("127.0.0.1:{port}")], port)
}

fn build(shop: &Workshop, out: &str) -> String {
    shop.tool("sh", &["-c", &format!("cd {out} && go vet . && go build -o service .")]).ok();
    shop.path(out).join("service").to_str().unwrap().to_owned()
}

#[test]
#[ignore = "run by ./tests/run.sh interop go"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("go", &PROGRAMS) else { return };
    let mut row = Row::open("go", "deep", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("go", &["--port", &port.to_string()], "out");
    let server = start(&shop, "out", port);
    for version in [TLS12, TLS13] {
        let mut table = by_go(version);
        table.push((Client::Revoked, if version == TLS12 { "alert BadCertificate" } else { "" }, "is revoked"));
        table.push((Client::Another, "403 not on the list", ""));
        let (visit, log) = (|client| cast.caller(client, version).visit(port, "/"), || server.log());
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop go"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("go", &PROGRAMS) else { return };
    let mut row = Row::open("go", "flat", &version(&shop));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    cast.recipe("go", &["--port", &port.to_string()], "out");
    let server = start(&shop, "out", port);
    let table = [
        (Client::OtherCa, "", "certificate signed by unknown authority"),
        (Client::Another, "403 not on the list", ""),
    ];
    let (visit, log) = (|client| cast.caller(client, TLS13).visit(port, "/"), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);

    // The next connection of a client that is revoked now: CRLs are read at each handshake.
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["--quiet", "revoke", ours.to_str().unwrap()]).ok();
    std::fs::copy(cast.crls(), shop.path("out/crl/crl.pem")).unwrap();
    eventually("the refusal", || !visit(Client::Ours).contains(ACCEPTED));
    eventually_says("the reason", "the certificate of CN=billing is revoked", || server.log());
    row.revocation("refused from its next connection on, without a reload");

    // A list that is missing lets nobody in that it checks: not even those who are allowed.
    assert_eq!(visit(Client::Another), "403 not on the list\n");
    std::fs::remove_file(shop.path("out/crl/crl.pem")).unwrap();
    assert!(!visit(Client::Another).contains("403"));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop go"]
fn tells_bad_servers_apart() {
    let Some(shop) = Workshop::open("go", &PROGRAMS) else { return };
    let mut row = Row::open("go", "client", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    cast.recipe("go", &[], "out");
    let program = build(&shop, "out");
    let host = Host::start(&cast);
    let visit = |peer| {
        host.show(peer);
        let run = shop.tool(&program, &["call", "out", &host.url()]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let table = [
        (Peer::WrongSan, "certificate is valid for elsewhere.internal, not localhost", ""),
        (Peer::CnOnly, "certificate relies on legacy Common Name field, use SANs instead", ""),
        (Peer::OtherCa, "certificate signed by unknown authority", ""),
        (Peer::Expired, "certificate has expired or is not yet valid", ""),
        (Peer::Revoked, "the certificate of CN=localhost is revoked", ""),
        (Peer::ClientOnly, "certificate specifies an incompatible key usage", ""),
        (Peer::LeafOnly, "certificate signed by unknown authority", ""),
    ];
    let accepted = "hello CN=localhost";
    Refusals { friend: Peer::Good, accepted, visit: &visit, log: &String::new }.walk(&mut row, &table);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop go"]
fn goes_on_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("go", &PROGRAMS) else { return };
    let mut row = Row::open("go", "rotation", &version(&shop));
    let port = free_port();
    turnover::prepare(&shop, "go", &["--port", &port.to_string()], "out");
    let server = start(&shop, "out", port);
    // A line `… CN=billing called with certificate 1f…` for each request.
    let logged = |_: &Figures| -> BTreeSet<String> {
        let log = server.log();
        let serials = log.lines().filter_map(|line| line.split_once("called with certificate "));
        serials.map(|(_, serial)| serial.trim_start_matches('0').to_owned()).collect()
    };
    let crls = ["crl", "set", "--out", "out/crl/crl.pem"];
    let turnover =
        Turnover { out: "out", port, path: "/", renew: &[], reload: &[], crls: Some(&crls), logged: &logged };
    turnover.walk(&shop, "hello CN=billing", &mut row);
    row.passed();
}
