//! Node.js with its recipe accepts our client, says who it was, and refuses everybody else, each for
//! its own reason; it takes up new files and CRLs while it serves.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::axios;
use crate::harness::caller::{Caller, TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer};
use crate::harness::load::{self, Figures};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::revocation::Revocation;
use crate::harness::turnover::{self, Turnover};
use crate::harness::visitor::Visitor;
use crate::harness::{Server, Workshop, free_port, recipe};

pub const PROGRAMS: [&str; 3] = ["node", "openssl", "pkill"];

/// What the recipe's service answers and logs: it closes without an alert, and its log has the reason.
pub const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "", "refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"),
    // Where a stranger sends its issuing CA along, the last thing that OpenSSL misses is that CA's CRL.
    (Client::OtherCa, "closed", "refused: UNABLE_TO_GET_CRL"),
    (Client::Impostor, "closed", "refused: UNABLE_TO_GET_CRL"),
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
    refuses(&cast, &server, &mut row, (port, TLS13), &FEW);
    row.passed();
}

/// Whom the second shape is tried with.
pub const FEW: [(Client, &str, &str); 2] =
    [(Client::OtherCa, "closed", "refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE"), REFUSED[8]];

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn compares_whole_subjects() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    shop.mtls_ca(&["init", "--name", "Fleet Root"]).ok();
    for (folder, subject) in
        [("listed", "CN=billing,O=Example"), ("bare", "CN=billing"), ("turned", "O=Example,CN=billing")]
    {
        let words = ["issue", "billing", "--profile", "client", "--subject", subject, "--out", folder];
        shop.mtls_ca(&[words.as_slice(), &["--san", "dns:billing.internal"]].concat()).ok();
    }
    let port = free_port();
    recipe::recipe(&shop, "nodejs", &["--allow", "listed/billing.crt", "--port", &port.to_string()], "out");
    let _server = shop.serve("node", &["out/server.js"], port);
    let visit = |folder: &str| {
        let [crt, key] = ["crt", "key"].map(|end| shop.path(&format!("{folder}/billing.{end}")));
        Caller::new(Some((&crt, &key)), &shop.path("ca/ca.crt"), TLS13).unwrap().visit(port, "/")
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
        renew: &[],
        reload: &["pkill", "-HUP", "-F", pid_file.to_str().unwrap()],
        crls: Some(&["crl", "set", "--out", "out/crl/crl.pem"]),
        logged: &logged,
    };
    turnover.walk(&shop, "hello CN=billing", &mut row);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn refuses_a_revoked_client_at_its_next_request() {
    let Some(shop) = Workshop::open("nodejs", &PROGRAMS) else { return };
    revokes(&shop, "nodejs", Row::open("nodejs", "revocation", &version(&shop)));
}

/// A client of this recipe is revoked.
pub fn revokes(shop: &Workshop, system: &str, mut row: Row) {
    let port = free_port();
    turnover::prepare(shop, system, &["--port", &port.to_string()], "out");
    let server = shop.serve("node", &["out/server.js"], port);
    // Without a reload a session is taken up again: what ends it below is the reload.
    let caller = load::of_folder(&shop.path("billing"), TLS13).unwrap().remembering();
    let resumed = || {
        let mut line = caller.connect(port).unwrap();
        assert_eq!(line.get("/", true).unwrap().body, "hello CN=billing\n");
        line.resumed()
    };
    assert_eq!([resumed(), resumed()], [false, true]);
    let crls = [env!("CARGO_BIN_EXE_mtls-ca"), "crl", "set", "--out", "out/crl/crl.pem"];
    let revocation = Revocation {
        port,
        path: "/",
        refresh: &[&crls, &["pkill", "-HUP", "-F", "out/server.pid"]],
        wanted: ["hello CN=billing", "hello CN=reports"],
        refused: "closed",
        bound: Duration::from_secs(1),
    };
    revocation.walk(shop, &mut row);
    let log = server.log();
    assert!(log.contains("refused: CERT_REVOKED"), "{log}");
    row.passed();
}

const CLIENT: Visitor =
    Visitor { system: "nodejs-client", program: ["node", "client.js"], accepted: "200 hello CN=billing" };

#[test]
#[ignore = "run by ./tests/run.sh interop nodejs"]
fn client_refuses_bad_servers_each_for_its_reason() {
    for (shape, part, table, taken) in
        [(DEEP, "deep", &axios::REFUSED[..], &[Peer::CnOnly][..]), (FLAT, "flat", &axios::FEW[..], &[])]
    {
        let Some(shop) = Workshop::open("nodejs-client", &PROGRAMS) else { return };
        let mut row = Row::open("nodejs-client", part, &version(&shop));
        CLIENT.walk(&Cast::make(&shop, shape), &mut row, table, taken);
        row.passed();
    }
}
