//! Hitch with its recipe: it knows neither CRLs nor lists, and hands the client's certificate on.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::{Server, Workshop};

const HITCH: Gateway = Gateway {
    system: "hitch",
    programs: &["hitch", "curl", "openssl"],
    version,
    start,
    log: |_| String::new(),
    accepted: "proxy-client: CN=billing\n",
};

/// `hitch 1.7.2`
fn version(shop: &Workshop) -> String {
    shop.tool("hitch", &["--version"]).ok().stdout.trim().rsplit(' ').next().unwrap().to_owned()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("hitch", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    cast.shop.write("around.conf", "workers = 1\nocsp-dir = \"\"\n");
    let mut words = vec!["--config=around.conf", "--config=out/hitch.conf"];
    // Run by root, it insists on another user for its workers.
    if rustix::process::geteuid().is_root() {
        words.push("--user=nobody");
    }
    cast.shop.serve("hitch", &words, port)
}

/// All but those that it cannot tell from ours.
fn table(from: &[(Client, &'static str, &'static str)]) -> Vec<(Client, &'static str, &'static str)> {
    from.iter().filter(|(client, _, _)| *client != Client::Revoked).copied().collect()
}

#[test]
#[ignore = "run by ./tests/run.sh interop hitch"]
fn refuses_strangers_each_for_its_reason() {
    HITCH.refuses(&table(&OPENSSL_TLS13), &table(&OPENSSL_TLS12));
}

#[test]
#[ignore = "run by ./tests/run.sh interop hitch"]
fn takes_rsa_below_a_root() {
    HITCH.takes_rsa(&table(&OPENSSL_TLS13[1..6]));
}
