//! Redis with its recipe demands a certificate and a user of its list, and refuses everybody else. It
//! knows no CRLs: a revoked client is let in until its user is taken away.

use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer, Shape};
use crate::harness::matrix::Row;
use crate::harness::probe::{alert, serial, shown};
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Server, Workshop, free_port};

const PROGRAMS: [&str; 3] = ["openssl", "redis-server", "redis-cli"];

/// What stands around the recipe.
const AROUND: [&str; 7] = ["out/redis.conf", "--bind", "127.0.0.1", "--save", "", "--dir", "state"];

fn version(shop: &Workshop) -> String {
    let said = shop.tool("redis-server", &["--version"]).ok().stdout;
    said.split("v=").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

/// The recipe in `out`, and the operator has given `billing` a password.
fn start(cast: &Cast, port: u16) -> Server {
    cast.recipe("redis", &["--port", &port.to_string()], "out");
    std::fs::create_dir(cast.shop.path("state")).unwrap();
    let server = cast.shop.serve("redis-server", &AROUND, port);
    operate(cast, &["ACL", "SETUSER", "billing", ">billing's own"]).ok().says("OK");
    operate(cast, &["ACL", "SAVE"]).ok().says("OK");
    server
}

fn operate(cast: &Cast, words: &[&str]) -> Run {
    cast.shop.tool("sh", &[&["out/operate.sh"], words].concat())
}

/// Who redis-cli is to the server, with these files and billing's password; another service has none.
/// And what openssl's client is told by TLS 1.2, as redis-cli says of no refusal why.
fn visit(cast: &Cast, port: u16, client: Client) -> String {
    let (trust, listen) = (cast.trust(), port.to_string());
    let mut words = vec!["redis-cli", "--no-auth-warning", "--tls", "-h", "localhost", "-p", &listen];
    words.extend(["--cacert", trust.to_str().unwrap()]);
    let files = cast.client(client);
    let files = files.map(|files| [files.crt(), files.key()].map(|path| path.to_str().unwrap().to_owned()));
    if let Some([crt, key]) = &files {
        words.extend(["--cert", crt, "--key", key]);
    }
    if client == Client::Another {
        words.extend(["ACL", "WHOAMI"]);
    } else {
        words.splice(..0, ["REDISCLI_AUTH=billing's own"]);
        words.extend(["--user", "billing", "ACL", "WHOAMI"]);
    }
    let run = cast.shop.tool("env", &words);
    format!("{}, {}{}", run.stdout.trim(), run.stderr, alert(cast, client, port, &[]))
}

/// An alert (RFC 5246 section 7.2), and what Redis writes.
const REFUSED: [(Client, &str, &str); 8] = [
    (Client::Nobody, "alert 40", "peer did not return a certificate"),
    (Client::OtherCa, "alert 48", "certificate verify failed"),
    (Client::Impostor, "alert 48", "certificate verify failed"),
    (Client::Expired, "alert 45", "certificate verify failed"),
    (Client::NotYetValid, "alert 42", "certificate verify failed"),
    (Client::ServerOnly, "alert 43", "certificate verify failed"),
    (Client::LeafOnly, "alert 48", "certificate verify failed"),
    (Client::Another, "NOAUTH Authentication required.", ""),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("redis", &PROGRAMS) else { return };
    let mut row = Row::open("redis", part, &version(&shop));
    let (cast, port) = (Cast::make(&shop, shape), free_port());
    let server = start(&cast, port);
    let (visit, log) = (|client| visit(&cast, port, client), || server.log());
    Refusals { friend: Client::Ours, accepted: "billing, accepted", visit: &visit, log: &log }.walk(&mut row, table);
    // Revocation is nothing to it; the user's end is.
    assert_eq!(visit(Client::Revoked), "billing, accepted");
    row.accepted("a revoked client, until its user is off");
    operate(&cast, &["ACL", "SETUSER", "billing", "off"]).ok().says("OK");
    assert!(visit(Client::Revoked).contains("WRONGPASS"), "{}", visit(Client::Revoked));
    row.revocation("knows no CRLs; refused once its user is off");
    // New files, while it serves.
    let before = shown(&shop, port, &[]);
    let reload = shop.path("out/reload.sh");
    shop.mtls_ca(&["--quiet", "renew", "out/tls", "--exec", "sh", reload.to_str().unwrap()]).ok();
    let after = shown(&shop, port, &[]);
    assert!(before != after && after == serial(&shop, &shop.path("out/tls/current/tls.crt")), "{before} {after}");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop redis"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop redis"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[7]]);
}

/// redis-cli looks at the chain, the dates and the purpose, and not at the name.
#[test]
#[ignore = "run by ./tests/run.sh interop redis"]
fn redis_cli_refuses_bad_servers() {
    let Some(shop) = Workshop::open("redis", &PROGRAMS) else { return };
    let mut row = Row::open("redis", "client", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    drop(start(&cast, port));
    let visit = |peer: Peer| {
        let identity = cast.peer(peer);
        let [crt, key] = [identity.crt(), identity.key()].map(|path| path.to_str().unwrap().to_owned());
        let face = ["--tls-cert-file", &crt, "--tls-key-file", &key];
        let _server = shop.serve("redis-server", &[&AROUND[..], &face].concat(), port);
        let run = operate(&cast, &["ACL", "WHOAMI"]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let log = String::new;
    let refused = "SSL_connect failed: certificate verify failed";
    let bad = [Peer::OtherCa, Peer::Impostor, Peer::Expired, Peer::NotYetValid, Peer::ClientOnly, Peer::LeafOnly];
    let table = bad.map(|peer| (peer, refused, ""));
    Refusals { friend: Peer::Good, accepted: "operator", visit: &visit, log: &log }.walk(&mut row, &table);
    for peer in [Peer::WrongSan, Peer::CnOnly, Peer::Revoked] {
        assert_eq!(visit(peer), "operator\n", "{}", peer.said());
        row.accepted(&format!("redis-cli takes a server: {}", peer.said()));
    }
    row.passed();
}
