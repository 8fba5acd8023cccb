//! gRPC in Python with its recipe: the server accepts our client, says who it was, and refuses
//! everybody else, each for its own reason; the client tells bad servers apart. It knows no CRLs.

use std::path::Path;

use crate::harness::caller::TLS13;
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT, Identity};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually_says, free_port, renewal};

const PROGRAMS: [&str; 3] = ["venv:python", "openssl", "env"];
const ACCEPTED: &str = "hello billing.internal\n";
/// What its BoringSSL says, in the log of the server as in the error of the client.
const UNKNOWN: &str = "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate";
const EXPIRED: &str = "CERTIFICATE_VERIFY_FAILED: certificate has expired";
const PURPOSE: &str = "CERTIFICATE_VERIFY_FAILED: unsupported certificate purpose";

/// The tests' Python has grpcio.
fn open() -> Option<(Workshop, String)> {
    let shop = Workshop::open("grpc", &PROGRAMS)?;
    let version = shop.tool("venv:python", &["-c", "import grpc; print(grpc.__version__)"]).ok();
    Some((shop, version.stdout.trim().to_owned()))
}

/// A folder as the program wants it, with somebody else's certificate.
fn folder(cast: &Cast, name: &str, identity: &Identity) {
    let files = [(identity.crt(), "tls.crt"), (identity.key(), "tls.key"), (cast.trust(), "ca.crt")];
    for (from, to) in files {
        cast.shop.write(&format!("{name}/tls/current/{to}"), std::fs::read(from).unwrap());
    }
    cast.shop.write(&format!("{name}/allowed.txt"), "billing.internal\n");
}

fn serve(shop: &Workshop, dir: &str, port: u16) -> Server {
    let python = shop.path_of("venv:python");
    let address = format!("127.0.0.1:{port}");
    let words = [Path::new("GRPC_VERBOSITY=info"), &python, Path::new("out/service.py"), Path::new("serve")];
    shop.serve("env", &[words.as_slice(), &[Path::new(dir), Path::new(&address)]].concat(), port)
}

/// What the client of the recipe says.
fn call(shop: &Workshop, dir: &str, port: u16) -> String {
    let run = shop.tool("venv:python", &["out/service.py", "call", dir, &format!("localhost:{port}")]);
    format!("{}{}", run.stdout, run.stderr)
}

/// A client of the cast by the program of the recipe.
fn visit(cast: &Cast, client: Client, port: u16) -> String {
    let name = format!("visitors/{}", client.said());
    match cast.client(client) {
        Some(identity) => folder(cast, &name, &identity),
        None => return cast.caller(client, TLS13).visit(port, "/"),
    }
    call(cast.shop, &name, port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop grpc"]
fn refuses_strangers_each_for_its_reason() {
    let Some((shop, version)) = open() else { return };
    let mut row = Row::open("grpc", "deep", &version);
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("grpc", &["--port", &port.to_string()], "out");
    let server = serve(&shop, "out", port);
    let closed = "Socket closed";
    let table = [
        (Client::Nobody, "", "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        (Client::OtherCa, closed, UNKNOWN),
        (Client::Impostor, closed, UNKNOWN),
        (Client::Expired, closed, EXPIRED),
        (Client::NotYetValid, closed, "CERTIFICATE_VERIFY_FAILED: certificate is not yet valid"),
        (Client::ServerOnly, closed, PURPOSE),
        (Client::LeafOnly, closed, UNKNOWN),
        (Client::Another, "PERMISSION_DENIED: not on the list", ""),
    ];
    let (visit, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    // As the recipe says, it reads no CRLs.
    assert!(visit(Client::Revoked).contains(ACCEPTED));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop grpc"]
fn takes_rsa_below_a_root() {
    let Some((shop, version)) = open() else { return };
    let mut row = Row::open("grpc", "flat", &version);
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    cast.recipe("grpc", &["--port", &port.to_string()], "out");
    let server = serve(&shop, "out", port);
    let table =
        [(Client::OtherCa, "Socket closed", UNKNOWN), (Client::Another, "PERMISSION_DENIED: not on the list", "")];
    let (visit, log) = (|client| visit(&cast, client, port), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, None);

    // With nobody on the list, nobody is let in.
    shop.write("out/allowed.txt", "# Nobody\n");
    let said = visit(Client::Ours);
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop grpc"]
fn tells_bad_servers_apart() {
    let Some((shop, version)) = open() else { return };
    let mut row = Row::open("grpc", "client", &version);
    let cast = Cast::make(&shop, DEEP);
    cast.recipe("grpc", &[], "out");
    folder(&cast, "billing", &cast.client(Client::Ours).unwrap());
    let table = [
        (Peer::WrongSan, "Hostname Verification Check failed", ""),
        (Peer::OtherCa, UNKNOWN, ""),
        (Peer::Expired, EXPIRED, ""),
        (Peer::ClientOnly, PURPOSE, ""),
        (Peer::LeafOnly, UNKNOWN, ""),
    ];
    let servers: Vec<(Peer, u16, Server)> = [Peer::Good, Peer::CnOnly]
        .into_iter()
        .chain(table.iter().map(|(peer, ..)| *peer))
        .map(|peer| {
            let (dir, port) = (format!("servers/{}", peer.said()), free_port());
            folder(&cast, &dir, &cast.peer(peer));
            (peer, port, serve(&shop, &dir, port))
        })
        .collect();
    let visit = |wanted| {
        let (_, port, _) = servers.iter().find(|(peer, ..)| *peer == wanted).unwrap();
        call(&shop, "billing", *port)
    };
    Refusals { friend: Peer::Good, accepted: ACCEPTED, visit: &visit, log: &String::new }.walk(&mut row, &table);
    // A server certificate without alternative names is taken by its common name.
    assert_eq!(visit(Peer::CnOnly), ACCEPTED);
    row.accepted("as a client, a server certificate with CN only");
    ed25519_is_refused(&cast, &mut row);
    row.passed();
}

/// BoringSSL offers no such signature.
fn ed25519_is_refused(cast: &Cast, row: &mut Row) {
    let (shop, port) = (cast.shop, free_port());
    shop.write("odd/allowed.txt", "billing.internal\n");
    let words = ["issue", "localhost", "--profile", "server", "--san", "dns:localhost", "--key-algorithm", "ed25519"];
    shop.mtls_ca(&[words.as_slice(), &["--deliver", "odd/tls"]].concat()).ok();
    let server = serve(shop, "odd", port);
    let said = call(shop, "billing", port);
    assert!(said.starts_with("UNAVAILABLE"), "{said}");
    eventually_says("the reason", "NO_COMMON_SIGNATURE_ALGORITHMS", || server.log());
    row.refused("as a client: Ed25519 key");
}
