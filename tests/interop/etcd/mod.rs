//! etcd with its recipe accepts our client, takes its common name for the user, and refuses everybody
//! else, each for its own reason; it calls itself with its own certificate.

use crate::harness::caller::TLS13;
use crate::harness::case::Client;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::by_old_go;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, eventually_says, free_port, renewal};

const PROGRAMS: [&str; 4] = ["etcd", "etcdctl", "openssl", "sh"];
/// What the user itself may ask, and nobody else but root.
const ACCEPTED: &str = "OK\nUser: billing\nRoles: clients\n";

/// `etcd Version: 3.4.23`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("etcd", &["--version"]).ok().stdout;
    said.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
}

/// The recipe in `out`, and its script for the users.
fn start(cast: &Cast) -> (Server, u16) {
    let shop = cast.shop;
    // Two neighbours: for clients, and for members.
    let port =
        std::iter::repeat_with(free_port).find(|port| std::net::TcpListener::bind(("127.0.0.1", port + 1)).is_ok());
    let port = port.unwrap();
    cast.recipe("etcd", &["--port", &port.to_string()], "out");
    let server = shop.serve("sh", &["-c", "set -a && . out/etcd.env && exec etcd"], port);
    shop.mtls_ca(&["--quiet", "issue", "root", "--profile", "client", "--out", "admin"]).ok();
    shop.tool("sh", &["out/access.sh", "admin/root.crt", "admin/root.key"]).ok().says("Authentication Enabled");
    (server, port)
}

/// Writes, and asks who it is.
fn visit(cast: &Cast, client: Client, port: u16) -> String {
    let (url, trust) =
        (format!("--endpoints=https://localhost:{port}"), format!("--cacert={}", cast.trust().display()));
    let mut words = vec!["ETCDCTL_API=3".to_owned(), "etcdctl".to_owned(), url, trust];
    if let Some(identity) = cast.client(client) {
        words.extend([format!("--cert={}", identity.crt().display()), format!("--key={}", identity.key().display())]);
    }
    words.push("--command-timeout=700ms".to_owned());
    let run = |verb: &[&str]| {
        let verb: Vec<String> = verb.iter().map(|&word| word.to_owned()).collect();
        let run = cast.shop.tool("env", &[words.as_slice(), &verb].concat());
        format!("{}{}", run.stdout, run.stderr)
    };
    let written = run(&["put", "/plan", "1"]);
    if written == "OK\n" { written + &run(&["user", "get", "billing"]) } else { format!("refused {written}") }
}

#[test]
#[ignore = "run by ./tests/run.sh interop etcd"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("etcd", &PROGRAMS) else { return };
    let mut row = Row::open("etcd", "deep", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let (server, port) = start(&cast);
    let mut table: Vec<_> =
        by_old_go(TLS13).into_iter().map(|(client, _, logged)| (client, "refused", logged)).collect();
    table.push((Client::Revoked, "refused", " revoked\""));
    table.push((Client::Another, "etcdserver: permission denied", ""));
    let (visit, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop etcd"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("etcd", &PROGRAMS) else { return };
    let mut row = Row::open("etcd", "flat", &version(&shop));
    let cast = Cast::make(&shop, FLAT);
    let (server, port) = start(&cast);
    let table = [
        (Client::OtherCa, "refused", "certificate signed by unknown authority"),
        (Client::Another, "etcdserver: permission denied", ""),
    ];
    let (visit, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, None);

    // The next request of a client that is revoked now: the CRL is read at each handshake.
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["--quiet", "revoke", ours.to_str().unwrap()]).ok();
    std::fs::copy(shop.path("ca/issuers/g1/crl.pem"), shop.path("out/crl/g1.pem")).unwrap();
    eventually("the refusal", || visit(Client::Ours).starts_with("refused"));
    eventually_says("the reason", " revoked\"", || server.log());
    row.revocation("refused from its next handshake on, without a reload");
    row.passed();
}
