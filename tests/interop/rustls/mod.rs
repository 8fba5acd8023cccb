//! rustls with the program of its recipe: the server accepts our client, says who it was, and refuses
//! everybody else, each for its own reason; the client tells bad servers apart.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::host::Host;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, free_port, renewal};

const ACCEPTED: &str = "200 hello billing.internal\n";

/// The program as the repository's own `Cargo.toml` builds it.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--quiet", "--locked", "--example", "recipe_rustls"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    // …/deps/interop-HASH, and …/examples/recipe_rustls beside it.
    let profile = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    profile.join("examples/recipe_rustls")
}

/// The version in `Cargo.lock`.
fn version() -> String {
    let lock: toml::Table = include_str!("../../../Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let rustls = packages.iter().find(|package| package["name"].as_str() == Some("rustls")).unwrap();
    rustls["version"].as_str().unwrap().to_owned()
}

fn start(cast: &Cast, out: &str) -> (Server, u16) {
    let (program, port) = (program(), free_port());
    let address = format!("127.0.0.1:{port}");
    cast.recipe("rustls", &["--port", &port.to_string()], out);
    (cast.shop.serve(program.to_str().unwrap(), &["serve", out, &address], port), port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop rustls"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("rustls", &["openssl"]) else { return };
    let mut row = Row::open("rustls", "deep", &version());
    let cast = Cast::make(&shop, DEEP);
    let (server, port) = start(&cast, "out");
    let table = [
        (Client::Nobody, "alert CertificateRequired", "peer sent no certificates"),
        (Client::OtherCa, "alert UnknownCA", "UnknownIssuer"),
        (Client::Impostor, "alert DecryptError", "BadSignature"),
        (Client::Expired, "alert CertificateExpired", "certificate expired"),
        (Client::NotYetValid, "alert CertificateExpired", "certificate not valid yet"),
        (Client::Revoked, "alert CertificateRevoked", "Revoked"),
        (Client::ServerOnly, "alert UnsupportedCertificate", "extended key usage"),
        (Client::LeafOnly, "alert UnknownCA", "UnknownIssuer"),
        (Client::Another, "403 not on the list", ""),
    ];
    for version in [TLS12, TLS13] {
        let (visit, log) = (|client| cast.caller(client, version).visit(port, "/"), || server.log());
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop rustls"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("rustls", &["openssl"]) else { return };
    let mut row = Row::open("rustls", "flat", &version());
    let cast = Cast::make(&shop, FLAT);
    let (server, port) = start(&cast, "out");
    let table = [(Client::OtherCa, "alert UnknownCA", "UnknownIssuer"), (Client::Another, "403 not on the list", "")];
    let (visit, log) = (|client| cast.caller(client, TLS13).visit(port, "/"), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, None);

    // The next connection of a client that is revoked now: CRLs are read at each.
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["--quiet", "revoke", ours.to_str().unwrap()]).ok();
    std::fs::copy(cast.crls(), shop.path("out/crl/crl.pem")).unwrap();
    eventually("the refusal", || visit(Client::Ours) == "alert CertificateRevoked");
    row.revocation("refused from its next connection on, without a reload");

    // With nobody on the list, nobody is let in.
    shop.write("out/allowed.txt", "# Nobody\n");
    let another = visit(Client::Another);
    assert_eq!(another, "403 not on the list\n");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop rustls"]
fn tells_bad_servers_apart() {
    let Some(shop) = Workshop::open("rustls", &["openssl"]) else { return };
    let mut row = Row::open("rustls", "client", &version());
    let (cast, program) = (Cast::make(&shop, DEEP), program());
    cast.recipe("rustls", &[], "out");
    let host = Host::start(&cast);
    let visit = |peer| {
        host.show(peer);
        let run = shop.tool(program.to_str().unwrap(), &["call", "out", &format!("localhost:{}", host.port)]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let table = [
        (Peer::WrongSan, "certificate not valid for name \"localhost\"", ""),
        (Peer::CnOnly, "certificate not valid for name \"localhost\"", ""),
        (Peer::OtherCa, "UnknownIssuer", ""),
        (Peer::Expired, "certificate expired", ""),
        (Peer::Revoked, "Revoked", ""),
        (Peer::ClientOnly, "extended key usage", ""),
        (Peer::LeafOnly, "UnknownIssuer", ""),
    ];
    let accepted = "hello CN=localhost";
    Refusals { friend: Peer::Good, accepted, visit: &visit, log: &String::new }.walk(&mut row, &table);
    row.passed();
}
