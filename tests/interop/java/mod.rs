//! The JDK alone with its recipe: as a server with PKCS#12 and with JKS stores, and as a client of
//! java.net.http. It accepts its own, and refuses everybody else, each for its own reason.

use crate::harness::caller::{TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer};
use crate::harness::host::Host;
use crate::harness::jvm::{self, Program, QUICK};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, fixture, free_port};

const PROGRAMS: [&str; 3] = ["java", "javac", "openssl"];

/// The recipe in `out`, and the programs of this folder with its class.
fn compile(cast: &Cast) -> String {
    cast.recipe("java", &[], "out");
    let programs = ["java/Serve.java", "java/Call.java"].map(fixture);
    jvm::compile(cast.shop, ".", &[&[cast.shop.path("out/Mtls.java")], programs.as_slice()].concat())
}

/// Servers with PKCS#12 and JKS stores, which say why they refuse.
fn start(cast: &Cast, ports: [u16; 2]) -> Server {
    let (class_path, [modern, jks]) = (compile(cast), ports.map(|port| port.to_string()));
    let why = ["-Djavax.net.debug=ssl:handshake", "-cp", &class_path, "Serve"];
    let stores = [&modern, &jks, "out/tls/current/tls.jks", "out/tls/current/truststore.jks"];
    cast.shop.serve("java", &[&QUICK, why.as_slice(), &stores].concat(), ports[1])
}

const ACCEPTED: &str = "200 CN=billing";

fn refuses(cast: &Cast, row: &mut Row, server: &Server, at: (u16, Version), table: &[(Client, &str, &str)]) {
    let visit = |client| cast.caller(client, at.1).visit(at.0, "/");
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
}

/// What a table of refusals says where a certificate of the kind has no way to a root.
const NO_PATH: &str = "unable to find valid certification path to requested target";
/// The same where the root's name is known and its key is another.
const OTHER_KEY: &str = "Path does not chain with any of the trust anchors";

#[test]
#[ignore = "run by ./tests/run.sh interop java"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("java", &PROGRAMS) else { return };
    let mut row = Row::open("java", "deep", &jvm::version(&shop));
    let (cast, ports) = (Cast::make(&shop, DEEP), [free_port(), free_port()]);
    let server = start(&cast, ports);
    let table = [
        (Client::Nobody, "closed", "Empty client certificate chain"),
        (Client::OtherCa, "closed", NO_PATH),
        (Client::Impostor, "closed", OTHER_KEY),
        (Client::Expired, "closed", "CertificateExpiredException: NotAfter"),
        (Client::NotYetValid, "closed", "CertificateNotYetValidException: NotBefore"),
        (Client::Revoked, "closed", "Certificate has been revoked, reason: KEY_COMPROMISE"),
        (Client::ServerOnly, "closed", "Extended key usage does not permit use for TLS client authentication"),
        (Client::LeafOnly, "closed", NO_PATH),
        (Client::Another, "403", ""),
    ];
    for at in [(ports[0], TLS13), (ports[1], TLS12)] {
        refuses(&cast, &mut row, &server, at, &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop java"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("java", &PROGRAMS) else { return };
    let mut row = Row::open("java", "flat", &jvm::version(&shop));
    let (cast, ports) = (Cast::make(&shop, FLAT), [free_port(), free_port()]);
    let server = start(&cast, ports);
    let table = [(Client::OtherCa, "closed", NO_PATH), (Client::Another, "403", "")];
    refuses(&cast, &mut row, &server, (ports[0], TLS13), &table);
    refuses(&cast, &mut row, &server, (ports[1], TLS12), &table);
    row.passed();
}

/// A server without alternative names is taken by its CN: Java's client accepts it.
#[test]
#[ignore = "run by ./tests/run.sh interop java"]
fn client_refuses_servers_each_for_its_reason() {
    let Some(shop) = Workshop::open("java", &PROGRAMS) else { return };
    let mut row = Row::open("java", "client", &jvm::version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let table = [
        (Peer::WrongSan, "refused: No subject alternative DNS name matching localhost found", ""),
        (Peer::OtherCa, NO_PATH, ""),
        (Peer::Impostor, OTHER_KEY, ""),
        (Peer::Expired, "NotAfter", ""),
        (Peer::NotYetValid, "NotBefore", ""),
        (Peer::Revoked, "Certificate has been revoked, reason: KEY_COMPROMISE", ""),
        (Peer::ClientOnly, "Extended key usage does not permit use for TLS server authentication", ""),
        (Peer::LeafOnly, NO_PATH, ""),
    ];
    let (class_path, host) = (compile(&cast), Host::start(&cast));
    for stores in [[].as_slice(), &["out/tls/current/tls.jks", "out/tls/current/truststore.jks"]] {
        let client = Program::start(&shop, &class_path, &[&["Call"], stores].concat());
        let visit = |peer| {
            host.show(peer);
            client.ask(&host.url())
        };
        let accepted = "200 hello CN=localhost";
        Refusals { friend: Peer::Good, accepted, visit: &visit, log: &String::new }.walk(&mut row, &table);
        assert!(visit(Peer::CnOnly).contains(accepted));
        row.accepted("server with its name in the CN alone");
    }
    row.passed();
}
