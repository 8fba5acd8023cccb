//! Apache httpd with its recipe.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::matrix::Row;
use crate::harness::refusals::{OPENSSL_TLS12, OPENSSL_TLS13};
use crate::harness::revocation::Revocation;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, free_port};

const APACHE: Gateway = Gateway {
    system: "apache",
    programs: &["apache2", "curl", "openssl"],
    version,
    start,
    log: |shop| std::fs::read_to_string(shop.path("error.log")).unwrap_or_default(),
    accepted: "x-client-dn: CN=billing\n",
};

/// `Server version: Apache/2.4.71 (Debian)`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("apache2", &["-v"]).ok().stdout;
    said.split_once("Apache/").unwrap().1.split([' ', '\n']).next().unwrap().to_owned()
}

/// What stands around the recipe: all files of Apache stay in the workshop.
fn around(shop: &Workshop) -> String {
    let root = shop.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let modules = ["mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http"];
    let modules = modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
    // Run by root, its workers are somebody else.
    let text = format!(
        "ServerRoot {root}\nServerName localhost\nPidFile {root}/apache.pid\nErrorLog {root}/error.log\n\
         LogLevel info\nMutex file:{root}\n{}LogFormat \"%{{SSL_CLIENT_S_DN}}x|%{{SSL_CLIENT_M_SERIAL}}x|%>s\" seen\n\
         CustomLog {root}/access.log seen\nUser nobody\nGroup nogroup\nInclude {root}/out/site.conf\n",
        modules.concat()
    );
    shop.write("around.conf", text).to_str().unwrap().to_owned()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("apache", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    cast.shop.serve("apache2", &["-f", &around(cast.shop), "-DFOREGROUND"], port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn refuses_strangers_each_for_its_reason() {
    let another = [(Client::Another, "403 <!DOCTYPE", "AH01630: client denied by server configuration")];
    APACHE.refuses(&[&OPENSSL_TLS13[..], &another].concat(), &[&OPENSSL_TLS12[..], &another].concat());
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn lets_nobody_in_without_a_list() {
    APACHE.lets_nobody_in("403 <!DOCTYPE");
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn takes_rsa_below_a_root() {
    APACHE.takes_rsa(&[OPENSSL_TLS13[1], OPENSSL_TLS13[5], (Client::Another, "403 <!DOCTYPE", "")]);
}

/// Apache on a root of its own, with two clients on its list, and what makes it read its files again.
fn at_work(shop: &Workshop, port: u16, backend: &Backend) -> (Server, Vec<String>) {
    turnover::prepare(shop, "apache", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let conf = around(shop);
    let server = shop.serve("apache2", &["-f", &conf, "-DFOREGROUND"], port);
    (server, ["apache2", "-f", &conf, "-k", "graceful"].map(str::to_owned).to_vec())
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn serves_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("apache", &["apache2"]) else { return };
    let mut row = Row::open("apache", "rotation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    let (_server, reload) = at_work(&shop, port, &backend);
    let log = || std::fs::read_to_string(shop.path("access.log")).unwrap_or_default();
    let logged = |_: &_| log().lines().map(|line| line.split('|').nth(1).unwrap().to_owned()).collect();
    let reload: Vec<&str> = reload.iter().map(String::as_str).collect();
    let crls = Some(["bundle", "--crl", "--out", "out/crl/crl.pem"].as_slice());
    Turnover { out: "out", port, path: "/", renew: &[], reload: &reload, crls, logged: &logged }.walk(
        &shop,
        APACHE.accepted,
        &mut row,
    );
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn refuses_a_revoked_client_at_its_next_request() {
    let Some(shop) = Workshop::open("apache", &["apache2"]) else { return };
    let mut row = Row::open("apache", "revocation", &version(&shop));
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
