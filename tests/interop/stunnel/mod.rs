//! stunnel with its recipe.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::{Server, Workshop};

/// It passes bytes on, and nothing of the client: what it saw stands in its log.
const STUNNEL: Gateway = Gateway {
    system: "stunnel",
    programs: &["stunnel4", "curl", "openssl"],
    version,
    start,
    log: |shop| std::fs::read_to_string(shop.path("stunnel.log")).unwrap_or_default(),
    accepted: "host: localhost",
};

/// `stunnel 5.68 on x86_64-pc-linux-gnu platform`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("stunnel4", &["-version"]).stderr;
    said.split_once("stunnel ").unwrap().1.split(' ').next().unwrap().to_owned()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("stunnel", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let recipe = String::from_utf8(cast.shop.read("out/stunnel.conf")).unwrap();
    cast.shop.write("around.conf", format!("foreground = yes\npid =\ndebug = info\noutput = stunnel.log\n{recipe}"));
    cast.shop.serve("stunnel4", &["around.conf"], port)
}

/// Somebody who belongs to our CA, and is not on the list.
const ANOTHER: (Client, &str, &str) = (Client::Another, "alert InternalError", "CERT: Subject checks failed");

#[test]
#[ignore = "run by ./tests/run.sh interop stunnel"]
fn refuses_strangers_each_for_its_reason() {
    STUNNEL.refuses(&[&OPENSSL_TLS13[..], &[ANOTHER]].concat(), &[&OPENSSL_TLS12[..], &[ANOTHER]].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop stunnel"]
fn lets_nobody_in_without_a_list() {
    STUNNEL.lets_nobody_in("alert InternalError");
}

#[test]
#[ignore = "run by ./tests/run.sh interop stunnel"]
fn takes_rsa_below_a_root() {
    STUNNEL.takes_rsa(&[OPENSSL_TLS13[1], OPENSSL_TLS13[5], ANOTHER]);
}
