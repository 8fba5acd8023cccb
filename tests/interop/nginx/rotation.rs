//! CA certificates are replaced while NGINX serves: a root, an issuing CA, both; and what peers meet
//! that were left out.

use std::collections::BTreeSet;
use std::fs;

use super::{NGINX, around, at_work, log_of, version};
use crate::harness::backend::Backend;
use crate::harness::caller::{Caller, TLS12, TLS13};
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, eventually, free_port};

/// The serial numbers of clients by NGINX's own log.
fn logged(shop: &Workshop) -> BTreeSet<String> {
    log_of(shop, "access.log").lines().map(|line| line.split('|').nth(1).unwrap().to_owned()).collect()
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn serves_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx"]) else { return };
    let mut row = Row::open("nginx", "rotation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    let (_server, reload) = at_work(&shop, port, &backend);
    let (logged, reload) = (|_: &Figures| logged(&shop), reload.iter().map(String::as_str).collect::<Vec<_>>());
    let crls = Some(["bundle", "--crl", "--out", "out/crl/crl.pem"].as_slice());
    Turnover { out: "out", port, path: "/", renew: &[], reload: &reload, crls, logged: &logged }.walk(
        &shop,
        NGINX.accepted,
        &mut row,
    );
    row.passed();
}

/// The CA in `ca` stands below that in `root`, and is replaced.
fn serves_while_an_issuing_ca_is_replaced(shop: &Workshop, what: &str, row: &mut Row) {
    let (port, backend) = (free_port(), Backend::start());
    shop.mtls_ca(&["--ca-dir", "root", "crl", "build"]).ok();
    shop.mtls_ca(&["crl", "import", "root/issuers/g1/crl.pem"]).ok();
    turnover::deploy(shop, "nginx", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    // Of these, the CRLs stay as they are.
    let strict = log_of(shop, "out/nginx.conf");
    let lines: Vec<&str> = strict.lines().filter(|line| !line.contains("ssl_crl")).collect();
    shop.write("out/nginx.conf", lines.join("\n"));
    let words = around(shop, "out/nginx.conf");
    let _server = shop.serve("nginx", &words, port);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let reload = [&["nginx"], words.as_slice(), &["-s", "reload"]].concat();
    let logged = |_: &Figures| logged(shop);
    Turnover { out: "out", port, path: "/", renew: &[], reload: &reload, crls: None, logged: &logged }.walk_ca(
        shop,
        NGINX.accepted,
        row,
        what,
        &["--parent", "root"],
    );
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn serves_while_an_intermediate_is_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx"]) else { return };
    let mut row = Row::open("nginx", "rotation-issuing", &version(&shop));
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]).ok();
    shop.mtls_ca(&["--ca-dir", "ca", "init", "--parent", "root", "--name", "Fleet Issuing"]).ok();
    serves_while_an_issuing_ca_is_replaced(&shop, "issuing CA", &mut row);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn serves_while_a_root_and_the_intermediate_below_are_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx"]) else { return };
    let mut row = Row::open("nginx", "rotation-both", &version(&shop));
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]).ok();
    shop.mtls_ca(&["--ca-dir", "ca", "init", "--parent", "root", "--name", "Fleet Issuing"]).ok();
    // The root first; the intermediate's trust file has both roots from its own preparation on.
    shop.mtls_ca(&["--ca-dir", "root", "rotate", "prepare"]).ok();
    shop.mtls_ca(&["--ca-dir", "root", "rotate", "activate", "--force"]).ok();
    serves_while_an_issuing_ca_is_replaced(&shop, "root and issuing CA", &mut row);
    assert_eq!(shop.read("ca/ca.crt"), shop.read("root/issuers/g2/issuer.crt"), "the new root alone");
    row.passed();
}

/// NGINX with plain files: what `issue --out` and `renew` of a file make.
fn start(shop: &Workshop, port: u16) -> Server {
    shop.write(
        "plain.conf",
        format!(
            "server {{\nlisten 127.0.0.1:{port} ssl;\nssl_protocols TLSv1.2 TLSv1.3;\nssl_certificate served/localhost.crt;\n\
             ssl_certificate_key served/localhost.key;\nssl_client_certificate served/ca.crt;\nssl_verify_client on;\n\
             ssl_verify_depth 3;\nlocation / {{ return 200 \"hello $ssl_client_s_dn\\n\"; }}\n}}\n"
        ),
    );
    shop.serve("nginx", &around(shop, "plain.conf"), port)
}

/// NGINX reads its files again; waits until the workers of the old configuration are gone.
fn reload(shop: &Workshop) {
    let count = || log_of(shop, "error.log").matches("exited with code 0").count();
    let before = count();
    shop.tool("nginx", &[around(shop, "plain.conf").as_slice(), &["-s".to_owned(), "reload".to_owned()]].concat()).ok();
    eventually("the old workers' end", || count() >= before + 2);
}

/// Replaces a file at once, as a delivery does.
fn put(shop: &Workshop, name: &str, content: &[u8]) {
    let beside = shop.write(&format!("{name}.new"), content);
    fs::rename(beside, shop.path(name)).unwrap();
}

/// What a peer meets that has only the old root: server and client, one after the other.
fn with_the_old_root_alone(prepare: &[&str]) -> (bool, bool) {
    let shop = Workshop::open("nginx", &["nginx", "openssl"]).unwrap();
    let mtls_ca = |words: &[&str]| {
        let words: Vec<&str> = ["--ca-dir", "root", "--quiet"].iter().chain(words).copied().collect();
        shop.mtls_ca(&words).ok()
    };
    mtls_ca(&["init", "--name", "Fleet Root"]);
    mtls_ca(&["issue", "localhost", "--profile", "server", "--out", "served"]);
    mtls_ca(&["issue", "billing", "--profile", "client", "--out", "issued"]);
    put(&shop, "clients/ca.crt", &shop.read("root/ca.crt"));
    let port = free_port();
    let _server = start(&shop, port);
    let [chain, key, trust] =
        ["issued/billing.crt", "issued/billing.key", "clients/ca.crt"].map(|name| shop.path(name));
    let visit = || {
        let [one, other] = [TLS12, TLS13].map(|version| {
            let caller = Caller::new(Some((&chain, &key)), &trust, version).unwrap();
            caller.visit(port, "/").starts_with("200 hello CN=billing")
        });
        assert_eq!(one, other);
        one
    };
    assert!(visit());
    mtls_ca(prepare);
    mtls_ca(&["rotate", "activate", "--force"]);
    // Leaves first, and nobody has the new root: the wrong order.
    mtls_ca(&["renew", "served/localhost.crt"]);
    reload(&shop);
    let client_accepts = visit();
    put(&shop, "clients/ca.crt", &shop.read("root/ca.crt"));
    assert!(visit(), "a client with both roots accepts it");
    mtls_ca(&["renew", "issued/billing.crt"]);
    (client_accepts, visit())
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn server_and_client_with_the_old_root_alone_follow_by_the_cross_certificate_only() {
    if Workshop::open("nginx", &["nginx", "openssl"]).is_none() {
        return;
    }
    assert_eq!(with_the_old_root_alone(&["rotate", "prepare"]), (true, true));
    assert_eq!(with_the_old_root_alone(&["rotate", "prepare", "--no-cross"]), (false, false));
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn names_the_roots_that_it_trusts() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl"]) else { return };
    let mtls_ca = |words: &[&str]| shop.mtls_ca(words).ok();
    mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]);
    mtls_ca(&["--ca-dir", "root", "issue", "localhost", "--profile", "server", "--out", "served"]);
    let port = free_port();
    let _server = start(&shop, port);
    mtls_ca(&["--ca-dir", "root", "rotate", "prepare"]);
    let target = format!("127.0.0.1:{port}");
    let said = || {
        let status = shop.json(&["--ca-dir", "root", "rotate", "status", "--probe", &target]);
        let probe = &status["probes"][0];
        let said = probe["trust"].as_array().unwrap().iter().map(|trust| trust["said"].as_str().unwrap().to_owned());
        (said.collect::<Vec<_>>(), probe["serves"].as_str().map(str::to_owned))
    };
    assert_eq!(said(), (vec!["yes".to_owned(), "no".to_owned()], Some("g1".to_owned())));
    put(&shop, "served/ca.crt", &shop.read("root/ca.crt"));
    reload(&shop);
    eventually("the new root among the names", || said().0 == ["yes", "yes"]);
}
