//! Traefik with its recipe accepts our client, tells the application who called, and refuses everybody
//! else, each for its own reason. It knows no CRLs.

use crate::harness::backend::Backend;
use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::Client;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::by_go;
use crate::harness::matrix::Row;
use crate::harness::recipe::recipe;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, free_port, renewal};

const PROGRAMS: [&str; 4] = ["venv:traefik", "openssl", "curl", "touch"];
/// `Subject="CN=billing"`, in the escapes of a URL.
const ACCEPTED: &str = "x-forwarded-tls-client-cert-info: Subject%3D%22CN%3Dbilling%22";

/// A line `Version:      3.7.15`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("venv:traefik", &["version"]).ok().stdout;
    said.lines().find_map(|line| line.strip_prefix("Version:")).unwrap().trim().to_owned()
}

/// The recipe in `out`, which says besides why it refuses. It listens before it has read its routes.
fn start(cast: &Cast, out: &str, port: u16, first: &str) -> Server {
    let file = format!("{out}/traefik.yaml");
    let text = String::from_utf8(cast.shop.read(&file)).unwrap();
    cast.shop.write(&file, format!("{text}log:\n  level: DEBUG\n"));
    let server = cast.shop.serve("venv:traefik", &[format!("--configFile={file}")], port);
    eventually("routes", || cast.caller(Client::Ours, TLS13).visit(port, "/").contains(first));
    server
}

#[test]
#[ignore = "run by ./tests/run.sh interop traefik"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("traefik", &PROGRAMS) else { return };
    let mut row = Row::open("traefik", "deep", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, DEEP), free_port(), Backend::start());
    cast.recipe("traefik", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let server = start(&cast, "out", port, ACCEPTED);
    for version in [TLS12, TLS13] {
        let visit = |client| cast.caller(client, version).visit(port, "/");
        let mut table = by_go(version);
        table.push((Client::Another, "403 Forbidden", ""));
        let log = || server.log();
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    // As the recipe says, it reads no CRLs.
    assert!(cast.caller(Client::Revoked, TLS13).visit(port, "/").contains(ACCEPTED));
    nobody_writes_its_own_name(&cast, port);
    row.passed();
}

/// The list goes by a header, which only Traefik writes.
fn nobody_writes_its_own_name(cast: &Cast, port: u16) {
    let another = cast.client(Client::Another).unwrap();
    let (crt, key, trust) = (another.crt(), another.key(), cast.trust());
    let [crt, key, trust] = [&crt, &key, &trust].map(|path| path.to_str().unwrap());
    let (url, name) = (format!("https://localhost:{port}/"), ACCEPTED);
    let words = ["-sS", "--cacert", trust, "--cert", crt, "--key", key, "-H", name, &url];
    cast.shop.tool("curl", &words).ok().says("Forbidden");
}

#[test]
#[ignore = "run by ./tests/run.sh interop traefik"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("traefik", &PROGRAMS) else { return };
    let mut row = Row::open("traefik", "flat", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, FLAT), free_port(), Backend::start());
    let (listen, upstream) = (port.to_string(), backend.address());
    cast.recipe("traefik", &["--port", &listen, "--upstream", &upstream], "out");
    let server = start(&cast, "out", port, ACCEPTED);
    let visit = |client| cast.caller(client, TLS13).visit(port, "/");
    let table =
        [(Client::OtherCa, "", "certificate signed by unknown authority"), (Client::Another, "403 Forbidden", "")];
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, Some(("touch", &["out/dynamic.yaml"])));

    // With nobody on the list, nobody is let in.
    let port = free_port();
    recipe(&shop, "traefik", &["--port", &port.to_string(), "--upstream", &upstream], "closed");
    let _server = start(&cast, "closed", port, "403");
    assert_eq!(cast.caller(Client::Ours, TLS13).visit(port, "/"), "403 Forbidden");
    row.passed();
}
