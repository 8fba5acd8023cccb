//! HAProxy with its recipe.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::{Server, Workshop};

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
    cast.shop.write("around.cfg", "global\n    tune.ssl.cachesize 0\n    hard-stop-after 5s\n");
    cast.shop.serve("haproxy", &["-W", "-f", "around.cfg", "-f", "out/haproxy.cfg"], port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn refuses_strangers_each_for_its_reason() {
    let another = [(Client::Another, "403 <html>", "")];
    HAPROXY.refuses(&[&OPENSSL_TLS13[..], &another].concat(), &[&OPENSSL_TLS12[..], &another].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop haproxy"]
fn takes_rsa_below_a_root() {
    HAPROXY.takes_rsa(&[OPENSSL_TLS13[1], OPENSSL_TLS13[5], (Client::Another, "403 <html>", "")]);
}
