//! Node.js with its recipe accepts our client, says who it was, and refuses everybody else, each for
//! its own reason; it takes up new files and CRLs while it serves. As a client it tells bad servers
//! apart.

use std::collections::BTreeSet;

use crate::harness::caller::{Caller, TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer};
use crate::harness::host::Host;
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, eventually, fixture, free_port};

pub const PROGRAMS: [&str; 3] = ["node", "openssl", "pkill"];

/// What the recipe's service answers and logs: it closes without an alert, and its log has the reason.
pub const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "", "refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"),
    (Client::OtherCa, "closed", "refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    (Client::Impostor, "closed", "refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    (Client::Expired, "closed", "refused: CERT_HAS_EXPIRED"),
    (Client::NotYetValid, "closed", "refused: CERT_NOT_YET_VALID"),
    (Client::Revoked, "closed", "refused: CERT_REVOKED"),
    (Client::ServerOnly, "closed", "refused: INVALID_PURPOSE"),
    (Client::LeafOnly, "closed", "refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    (Client::Another, "403 CN=reports is not on the list", "403 CN=reports "),
];

pub fn version(shop: &Workshop) -> String {
    shop.tool("node", &["--version"]).ok().stdout.trim().trim_start_matches('v').to_owned()
}

/// The recipe of this system in `out`.
pub fn start(cast: &Cast, system: &str, port: u16) -> Server {
    cast.recipe(system, &["--port", &port.to_string()], "out");
    cast.shop.tool("node", &["--check", "out/server.js"]).ok();
    cast.shop.serve("node", &["out/server.js"], port)
}

pub fn refuses(cast: &Cast, server: &Server, row: &mut Row, at: (u16, Version), table: &[(Client, &str, &str)]) {
    let (port, version) = at;
    let visit = |client| cast.caller(client, version).visit(port, "/");
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: "200 hello CN=billing\n", visit: &visit, log: &log }.walk(row, table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    let mut row = Row::open("nodejs", "deep", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, "nodejs", port);
    for version in [TLS13, TLS12] {
        refuses(&cast, &server, &mut row, (port, version), &REFUSED);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    let mut row = Row::open("nodejs", "flat", &version(&shop));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, "nodejs", port);
    let table: Vec<_> = REFUSED.into_iter().filter(|(client, ..)| FEW.contains(client)).collect();
    refuses(&cast, &server, &mut row, (port, TLS13), &table);
    row.passed();
}

/// Whom the second shape is tried with.
pub const FEW: [Client; 2] = [Client::OtherCa, Client::Another];

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn compares_whole_subjects() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    shop.mtls_ca(&["init", "--name", "Fleet Root"]).ok();
    for (folder, subject) in [("listed", "CN=billing,O=Example"), ("bare", "CN=billing"), ("turned", "O=Example,CN=billing")] {
        let words = ["issue", "billing", "--profile", "client", "--subject", subject, "--out", folder];
        shop.mtls_ca(&[words.as_slice(), &["--san", "dns:billing.internal"]].concat()).ok();
    }
    let port = free_port();
    crate::harness::recipe::recipe(
        &shop,
        "nodejs",
        &["--allow", "listed/billing.crt", "--port", &port.to_string()],
        "out",
    );
    let _server = shop.serve("node", &["out/server.js"], port);
    let visit = |folder: &str| {
        let [crt, key] = ["crt", "key"].map(|end| shop.path(&format!("{folder}/billing.{end}")));
        Caller::new(Some((&crt, &key)), &shop.path("ca/ca.crt"), TLS13, false).unwrap().visit(port, "/")
    };
    assert_eq!(visit("listed"), "200 hello CN=billing,O=Example\n");
    assert_eq!(visit("bare"), "403 CN=billing is not on the list\n");
    assert_eq!(visit("turned"), "403 O=Example,CN=billing is not on the list\n");
}

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn serves_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    let mut row = Row::open("nodejs", "rotation", &version(&shop));
    let port = free_port();
    turnover::prepare(&shop, "nodejs", &["--port", &port.to_string()], "out");
    let server = shop.serve("node", &["out/server.js"], port);
    let pid_file = shop.path("out/server.pid");
    let logged = |_: &Figures| -> BTreeSet<String> {
        let log = server.log();
        log.lines().filter_map(|line| line.strip_prefix("200 CN=billing ")).map(str::to_owned).collect()
    };
    let turnover = Turnover {
        out: "out",
        port,
        path: "/",
        reload: &["pkill", "-HUP", "-F", pid_file.to_str().unwrap()],
        crls: Some(&["bundle", "--crl", "--out", "out/crl/crl.pem", "--force"]),
        logged: &logged,
    };
    turnover.walk(&shop, "hello CN=billing", &mut row);
    row.passed();
}
