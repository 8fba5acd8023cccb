//! HAProxy with its recipe.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::revocation::Revocation;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, free_port};

const HAPROXY: Gateway = Gateway {
    system: "haproxy",
    programs: &["haproxy", "curl", "openssl"],
    version,
    start,
    log: |_| String::new(),
    accepted: "x-client-dn: CN=billing\n",
};

/// `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("haproxy", &["-v"]).ok().stdout;
    said.split(' ').nth(2).unwrap().split('-').next().unwrap().to_owned()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("haproxy", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    run(cast.shop, port)
}

fn run(shop: &Workshop, port: u16) -> Server {
    shop.write("around.cfg", "global\n    tune.ssl.cachesize 0\n    hard-stop-after 5s\n");
    shop.serve("haproxy", &["-W", "-f", "around.cfg", "-f", "out/haproxy.cfg"], port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn refuses_strangers_each_for_its_reason() {
    let another = [(Client::Another, "403 <html>", "")];
    HAPROXY.refuses(&[&OPENSSL_TLS13[..], &another].concat(), &[&OPENSSL_TLS12[..], &another].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn lets_nobody_in_without_a_list() {
    HAPROXY.lets_nobody_in("403 <html>");
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn takes_rsa_below_a_root() {
    HAPROXY.takes_rsa(&[OPENSSL_TLS13[1], OPENSSL_TLS13[5], (Client::Another, "403 <html>", "")]);
}

/// HAProxy on a root of its own, with two clients on its list, and what makes it read its files again.
fn at_work(shop: &Workshop, port: u16, backend: &Backend) -> (Server, Vec<String>) {
    turnover::prepare(shop, "haproxy", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let server = run(shop, port);
    let reload = ["kill".to_owned(), "-USR2".to_owned(), server.id().to_string()].to_vec();
    (server, reload)
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn serves_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("haproxy", &["haproxy"]) else { return };
    let mut row = Row::open("haproxy", "rotation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    let (_server, reload) = at_work(&shop, port, &backend);
    // It keeps no log of its own here; the backend hears from it who came.
    let logged = |figures: &Figures| {
        let serial = |body: &String| body.split_once("x-client-serial: ").unwrap().1.lines().next().unwrap().to_owned();
        figures.bodies.keys().map(serial).collect()
    };
    let reload: Vec<&str> = reload.iter().map(String::as_str).collect();
    let crls = Some(["bundle", "--crl", "--out", "out/crl/crl.pem"].as_slice());
    Turnover { out: "out", port, path: "/", renew: &["--format", "combined"], reload: &reload, crls, logged: &logged }
        .walk(&shop, HAPROXY.accepted, &mut row);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn refuses_a_revoked_client_at_its_next_request() {
    let Some(shop) = Workshop::open("haproxy", &["haproxy"]) else { return };
    let mut row = Row::open("haproxy", "revocation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    let (_server, reload) = at_work(&shop, port, &backend);
    let reload: Vec<&str> = reload.iter().map(String::as_str).collect();
    let crls = [env!("CARGO_BIN_EXE_mtls-ca"), "bundle", "--crl", "--out", "out/crl/crl.pem", "--exec"];
    let refresh = [&crls, reload.as_slice()].concat();
    let revocation = Revocation {
        port,
        path: "/",
        refresh: &[&refresh],
        wanted: ["x-client-dn: CN=billing\n", "x-client-dn: CN=reports\n"],
        refused: "alert CertificateRevoked",
        bound: std::time::Duration::from_secs(6),
    };
    revocation.walk(&shop, &mut row);
    row.passed();
}
