//! lighttpd with its recipe.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::{Server, Workshop, free_port};

const LIGHTTPD: Gateway = Gateway {
    system: "lighttpd",
    programs: &["lighttpd", "/usr/lib/lighttpd/mod_openssl.so", "curl", "openssl"],
    version,
    start,
    log: |_| String::new(),
    accepted: "forwarded: remote_user=\"billing\"\n",
};

/// `lighttpd/1.4.69 (ssl) - a light and fast webserver`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("lighttpd", &["-v"]).ok().stdout;
    said.split(['/', ' ']).nth(1).unwrap().to_owned()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("lighttpd", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let root = cast.shop.path("").to_str().unwrap().to_owned();
    // Its main socket has no TLS, and is nobody's.
    let main = free_port();
    cast.shop.write(
        "around.conf",
        format!(
            "server.document-root = \"{root}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {main}\n\
             server.errorlog = \"{root}error.log\"\ninclude \"{root}out/mtls.conf\"\n"
        ),
    );
    cast.shop.serve("lighttpd", &["-D", "-f", "around.conf"], port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop lighttpd"]
fn refuses_strangers_each_for_its_reason() {
    let another = [(Client::Another, "401 <?xml", "")];
    LIGHTTPD.refuses(&[&OPENSSL_TLS13[..], &another].concat(), &[&OPENSSL_TLS12[..], &another].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop lighttpd"]
fn lets_nobody_in_without_a_list() {
    LIGHTTPD.lets_nobody_in("401 <?xml");
}

#[test]
#[ignore = "run by ./tests/run.sh interop lighttpd"]
fn takes_rsa_below_a_root() {
    LIGHTTPD.takes_rsa(&[OPENSSL_TLS13[1], OPENSSL_TLS13[5], (Client::Another, "401 <?xml", "")]);
}
