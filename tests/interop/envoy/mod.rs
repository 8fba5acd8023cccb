//! Envoy with its recipe accepts our client, tells the upstream who called, and refuses everybody else,
//! each for its own reason; it tells bad upstreams apart; nobody notices when leaves and root are
//! replaced.

use std::collections::BTreeSet;

use crate::harness::backend::Backend;
use crate::harness::caller::{Caller, TLS12, TLS13};
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::host::Host;
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::recipe::recipe;
use crate::harness::refusals::Refusals;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, eventually, eventually_says, free_port, renewal};

const PROGRAMS: [&str; 3] = ["venv:envoy", "openssl", "sh"];
/// What the upstream reads of the caller.
const ACCEPTED: &str = "Subject=\"CN=billing\";URI=;DNS=billing.internal";
/// What Envoy's BoringSSL says.
const UNKNOWN: &str = "unable to get local issuer certificate";
const EXPIRED: &str = "at depth 0: certificate has expired";
const PURPOSE: &str = "at depth 0: unsupported certificate purpose";

/// `… version: HASH/1.40.0/Clean/RELEASE/BoringSSL`
fn version(shop: &Workshop) -> String {
    shop.tool("venv:envoy", &["--version"]).ok().stdout.trim().rsplit('/').nth(3).unwrap().to_owned()
}

/// The recipe in `out`, which says besides why it closes connections.
fn start(shop: &Workshop, out: &str, port: u16) -> Server {
    let config = format!("{out}/envoy.yaml");
    let words = ["-c", &config, "--concurrency", "2", "--use-dynamic-base-id"];
    shop.serve("venv:envoy", &[words.as_slice(), &["--component-log-level", "connection:debug"]].concat(), port)
}

/// An upstream that answers with what reaches it.
fn upstream<'a>(cast: &'a Cast) -> Host<'a> {
    Host::answering(cast, |caller, request| format!("hello {caller}\n{request}"))
}

/// `localhost:PORT`, as Envoy is to call it.
fn address(host: &Host) -> String {
    format!("localhost:{}", host.port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop envoy"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("envoy", &PROGRAMS) else { return };
    let mut row = Row::open("envoy", "deep", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let host = upstream(&cast);
    cast.recipe("envoy", &["--port", &port.to_string(), "--upstream", &address(&host)], "out");
    let server = start(&shop, "out", port);
    let table = [
        (Client::Nobody, "alert HandshakeFailure", "peer did not provide required client certificate"),
        (Client::OtherCa, "alert UnknownCA", "unable to get local issuer certificate"),
        (Client::Impostor, "alert UnknownCA", "unable to get local issuer certificate"),
        (Client::Expired, "alert CertificateExpired", EXPIRED),
        (Client::NotYetValid, "alert CertificateExpired", "at depth 0: certificate is not yet valid"),
        (Client::Revoked, "alert CertificateRevoked", "certificate revoked"),
        (Client::ServerOnly, "alert UnsupportedCertificate", PURPOSE),
        (Client::LeafOnly, "alert UnknownCA", UNKNOWN),
        (Client::Another, "403 RBAC: access denied", ""),
    ];
    for version in [TLS12, TLS13] {
        // By TLS 1.3 the connection's end may overtake the alert: then the log alone tells.
        let told = |told: &'static str| if version == TLS13 && told.starts_with("alert") { "" } else { told };
        let table = table.map(|(client, alert, logged)| (client, told(alert), logged));
        let (visit, log) = (|client| cast.caller(client, version).visit(port, "/"), || server.log());
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    // BoringSSL asks for no signature of such a key, so the client shows nothing.
    let odd = ["issue", "billing", "--profile", "client", "--key-algorithm", "ed25519", "--out", "odd"];
    shop.mtls_ca(&odd).ok();
    let (crt, key) = (shop.path("odd/billing.crt"), shop.path("odd/billing.key"));
    let caller = Caller::new(Some((&crt, &key)), &cast.trust(), TLS12).unwrap();
    assert_eq!(caller.visit(port, "/"), "alert HandshakeFailure");
    row.refused("Ed25519 key");
    assert!(host.log().lines().all(|line| line == "hello CN=localhost"), "{}", host.log());
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop envoy"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("envoy", &PROGRAMS) else { return };
    let mut row = Row::open("envoy", "flat", &version(&shop));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let host = upstream(&cast);
    cast.recipe("envoy", &["--port", &port.to_string(), "--upstream", &address(&host)], "out");
    let server = start(&shop, "out", port);
    let table = [(Client::OtherCa, "", UNKNOWN), (Client::Another, "403 RBAC: access denied", "")];
    let (visit, log) = (|client| cast.caller(client, TLS13).visit(port, "/"), || server.log());
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, None);

    // A client that is revoked now, after the recipe's reload.
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["--quiet", "revoke", ours.to_str().unwrap()]).ok();
    std::fs::copy(cast.crls(), shop.path("out/crl/crl.pem")).unwrap();
    assert!(visit(Client::Ours).contains(ACCEPTED), "it took up the CRL without a reload");
    shop.tool("sh", &["out/reload.sh"]).ok();
    eventually("the refusal", || !visit(Client::Ours).contains(ACCEPTED));
    eventually_says("the reason", "certificate revoked", || server.log());
    assert!(visit(Client::Another).starts_with("403"), "another's is as good as before");
    row.revocation("refused from its next connection on, after the reload");

    // With nobody on the list, nobody is let in.
    let port = free_port();
    recipe(&shop, "envoy", &["--port", &port.to_string(), "--upstream", &address(&host)], "closed");
    let _server = start(&shop, "closed", port);
    assert!(cast.caller(Client::Another, TLS13).visit(port, "/").starts_with("403 RBAC: access denied"));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop envoy"]
fn tells_bad_upstreams_apart() {
    let Some(shop) = Workshop::open("envoy", &PROGRAMS) else { return };
    let mut row = Row::open("envoy", "client", &version(&shop));
    let cast = Cast::make(&shop, DEEP);
    let failed = "503 upstream connect error or disconnect/reset before headers";
    let table = [
        (Peer::WrongSan, failed, "SAN matcher, certificate SANs are [elsewhere.internal]"),
        (Peer::CnOnly, failed, "SAN matcher, certificate SANs are []"),
        (Peer::OtherCa, failed, UNKNOWN),
        (Peer::Expired, failed, EXPIRED),
        (Peer::Revoked, failed, "certificate revoked"),
        (Peer::ClientOnly, failed, PURPOSE),
        (Peer::LeafOnly, failed, UNKNOWN),
    ];
    let (host, port) = (upstream(&cast), free_port());
    cast.recipe("envoy", &["--port", &port.to_string(), "--upstream", &address(&host)], "out");
    let server = start(&shop, "out", port);
    let visit = |peer| {
        host.show(peer);
        cast.caller(Client::Ours, TLS13).visit(port, "/")
    };
    let (accepted, log) = ("200 hello CN=localhost\n", || server.log());
    Refusals { friend: Peer::Good, accepted, visit: &visit, log: &log }.walk(&mut row, &table);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop envoy"]
fn goes_on_while_leaves_and_root_are_replaced() {
    let Some(shop) = Workshop::open("envoy", &PROGRAMS) else { return };
    let mut row = Row::open("envoy", "rotation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    turnover::prepare(&shop, "envoy", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    // The upstream speaks no TLS, and is told the number of the certificate besides.
    let text = String::from_utf8(shop.read("out/envoy.yaml")).unwrap();
    let (text, _) = text.split_once("\n    transport_socket:\n").unwrap();
    let route = "route: { cluster: upstream }\n";
    let header = "{ header: { key: x-client-serial, value: \"%DOWNSTREAM_PEER_SERIAL%\" } }";
    let told = format!("{route}                request_headers_to_add: [{header}]\n");
    assert!(text.contains(route), "{text}");
    shop.write("out/envoy.yaml", text.replace(route, &told) + "\n");
    let _server = start(&shop, "out", port);
    let logged = |figures: &Figures| -> BTreeSet<String> {
        let serial =
            |body: &String| body.lines().find_map(|line| line.strip_prefix("x-client-serial: ")).map(str::to_owned);
        figures.bodies.keys().filter_map(serial).collect()
    };
    let crls = ["crl", "set", "--out", "out/crl/crl.pem"];
    let turnover = Turnover {
        out: "out",
        port,
        path: "/",
        renew: &[],
        reload: &["sh", "out/reload.sh"],
        crls: Some(&crls),
        logged: &logged,
    };
    turnover.walk(&shop, "Subject=\"CN=billing\"", &mut row);
    row.passed();
}
