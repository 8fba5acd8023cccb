//! Python's ssl module with its recipe accepts our client, says who it was, and refuses everybody
//! else, each for its own reason. Clients on requests and HTTPX tell bad servers apart.

use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::visitor::Visitor;
use crate::harness::{Server, Workshop, eventually, free_port};

/// An alert (RFC 5246 section 7.2) by TLS 1.2, and the reason in the log.
const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "alert HandshakeFailure", "peer did not return a certificate"),
    (Client::OtherCa, "alert UnknownCA", "unable to get local issuer certificate"),
    (Client::Impostor, "alert UnknownCA", "unable to get local issuer certificate"),
    (Client::Expired, "alert CertificateExpired", "certificate has expired"),
    (Client::NotYetValid, "alert BadCertificate", "certificate is not yet valid"),
    (Client::Revoked, "alert CertificateRevoked", "certificate revoked"),
    (Client::ServerOnly, "alert UnsupportedCertificate", "unsuitable certificate purpose"),
    (Client::LeafOnly, "alert UnknownCA", "unable to get local issuer certificate"),
    (Client::Another, "403 reports is not on the list", "403 reports "),
];

fn start(cast: &Cast, port: u16) -> Server {
    cast.recipe("python", &["--port", &port.to_string()], "out");
    cast.shop.serve("venv:python", &["out/server.py"], port)
}

fn version(shop: &Workshop, what: &str) -> String {
    let script = match what {
        "python" => "import platform; print(platform.python_version())".to_owned(),
        package => format!("import {package}; print({package}.__version__)"),
    };
    shop.tool("venv:python", &["-c", &script]).ok().stdout.trim().to_owned()
}

#[test]
#[ignore = "run by ./tests/run.sh interop python"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("python", &["venv:python", "openssl"]) else { return };
    let mut row = Row::open("python", "deep", &version(&shop, "python"));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, port);
    let log = || server.log();
    for version in [TLS12, TLS13] {
        let visit = |client| cast.caller(client, version).visit(port, "/");
        // By TLS 1.3 the connection's end may overtake the alert.
        let told = |(client, told, logged)| match told {
            alert if version == TLS13 && str::starts_with(alert, "alert") => (client, "", logged),
            told => (client, told, logged),
        };
        let table: Vec<(Client, &str, &str)> = REFUSED.into_iter().map(told).collect();
        Refusals { friend: Client::Ours, accepted: "200 hello billing\n", visit: &visit, log: &log }
            .walk(&mut row, &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop python"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("python", &["venv:python", "openssl"]) else { return };
    let mut row = Row::open("python", "flat", &version(&shop, "python"));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, port);
    let (log, visit) = (|| server.log(), |client| cast.caller(client, TLS12).visit(port, "/"));
    let table = [REFUSED[1], REFUSED[8]];
    Refusals { friend: Client::Ours, accepted: "200 hello billing\n", visit: &visit, log: &log }.walk(&mut row, &table);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop python"]
fn takes_up_a_new_crl_while_it_serves() {
    let Some(shop) = Workshop::open("python", &["venv:python", "openssl", "pkill"]) else { return };
    let mut row = Row::open("python", "revocation", &version(&shop, "python"));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, port);
    let visit = |client| cast.caller(client, TLS12).visit(port, "/");
    assert_eq!(visit(Client::Ours), "200 hello billing\n");
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["revoke", ours.to_str().unwrap()]).ok();
    shop.mtls_ca(&["crl", "set", "--out", "out/crl/crl.pem"]).ok();
    shop.tool("pkill", &["-HUP", "-F", "out/server.pid"]).ok();
    eventually("the files are read again", || server.log().contains("the files were read again"));
    assert_eq!(visit(Client::Ours), "alert CertificateRevoked");
    assert_eq!(visit(Client::Another), "403 reports is not on the list\n");
    row.revocation("refused at the next connection after SIGHUP; others go on");
    row.passed();
}

const REQUESTS: Visitor =
    Visitor { system: "requests", program: ["venv:python", "client.py"], accepted: "200 hello CN=billing" };
const HTTPX: Visitor =
    Visitor { system: "httpx", program: ["venv:python", "client.py"], accepted: "200 hello CN=billing" };

/// The words of OpenSSL, which both hand on.
const BAD_SERVERS: [(Peer, &str, &str); 9] = [
    (Peer::WrongSan, "Hostname mismatch, certificate is not valid for 'localhost'", ""),
    (Peer::OtherCa, "unable to get local issuer certificate", ""),
    (Peer::Impostor, "unable to get local issuer certificate", ""),
    (Peer::Expired, "certificate has expired", ""),
    (Peer::NotYetValid, "certificate is not yet valid", ""),
    (Peer::Revoked, "certificate revoked", ""),
    (Peer::ClientOnly, "unsuitable certificate purpose", ""),
    (Peer::LeafOnly, "unable to get local issuer certificate", ""),
    (Peer::CnOnly, "Hostname mismatch, certificate is not valid for 'localhost'", ""),
];

fn tells_servers_apart(visitor: &Visitor) {
    for (shape, part, table) in [(DEEP, "deep", &BAD_SERVERS[..]), (FLAT, "flat", &BAD_SERVERS[..2])] {
        let Some(shop) =
            Workshop::open(visitor.system, &["venv:python", &format!("pip:{}", visitor.system), "openssl"])
        else {
            return;
        };
        let mut row = Row::open(visitor.system, part, &version(&shop, visitor.system));
        visitor.walk(&Cast::make(&shop, shape), &mut row, table, &[]);
        row.passed();
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop python"]
fn requests_refuses_bad_servers_each_for_its_reason() {
    tells_servers_apart(&REQUESTS);
}

#[test]
#[ignore = "run by ./tests/run.sh interop python"]
fn httpx_refuses_bad_servers_each_for_its_reason() {
    tells_servers_apart(&HTTPX);
}
