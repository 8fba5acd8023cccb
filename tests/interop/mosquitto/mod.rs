//! Mosquitto with its recipe knows our client by its name and lets it publish, and refuses everybody
//! else, each for its own reason.

use crate::harness::account::Account;
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer, Shape};
use crate::harness::matrix::Row;
use crate::harness::probe::{alert, serial, shown};
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, free_port};

const PROGRAMS: [&str; 4] = ["openssl", "setpriv", "mosquitto", "mosquitto_pub"];

fn version(shop: &Workshop) -> String {
    let said = shop.tool("mosquitto", &["-h"]).stdout;
    said.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
}

/// What mosquitto_pub says when it publishes with these files; the user that the broker wrote it down
/// as; and what openssl's client is told by TLS 1.2, as mosquitto_pub says of no refusal why.
fn visit(cast: &Cast, server: &Server, port: u16, client: Client) -> String {
    let (trust, listen, before) = (cast.trust(), port.to_string(), server.log().len());
    let mut words = vec!["-V", "5", "-q", "1", "-t", "orders", "-m", "one", "-h", "localhost", "-p", &listen];
    words.extend(["--cafile", trust.to_str().unwrap()]);
    let files = cast.client(client);
    let files = files.map(|files| [files.crt(), files.key()].map(|path| path.to_str().unwrap().to_owned()));
    if let Some([crt, key]) = &files {
        words.extend(["--cert", crt, "--key", key]);
    }
    let run = cast.shop.tool("mosquitto_pub", &words);
    let log = server.log();
    let user = log[before..].lines().filter_map(|line| line.split_once(", u'")).next_back();
    let user = user.map(|(_, user)| format!("user {}, ", user.trim_end_matches("').")));
    format!("{}{}{}{}", run.stdout, run.stderr, user.unwrap_or_default(), alert(cast, client, port, &[]))
}

/// An alert (RFC 5246 section 7.2), and what the broker writes.
const REFUSED: [(Client, &str, &str); 9] = [
    (Client::Nobody, "alert 40", "peer did not return a certificate"),
    (Client::OtherCa, "alert 48", "certificate verify failed"),
    (Client::Impostor, "alert 48", "certificate verify failed"),
    (Client::Expired, "alert 45", "certificate verify failed"),
    (Client::NotYetValid, "alert 42", "certificate verify failed"),
    (Client::Revoked, "alert 44", "certificate verify failed"),
    (Client::ServerOnly, "alert 43", "certificate verify failed"),
    (Client::LeafOnly, "alert 48", "certificate verify failed"),
    (Client::Another, "Warning: Publish 1 failed: Not authorized.\nuser reports, ", "Denied PUBLISH from "),
];

fn refuses(shape: Shape, part: &str, table: &[(Client, &str, &str)]) {
    let Some(shop) = Workshop::open("mosquitto", &PROGRAMS) else { return };
    let mut row = Row::open("mosquitto", part, &version(&shop));
    let (cast, port) = (Cast::make(&shop, shape), free_port());
    cast.recipe("mosquitto", &["--port", &port.to_string()], "out");
    let account = Account::open(&shop, "mosquitto");
    account.give("out");
    let server = account.serve(&[], "mosquitto", &["-v", "-c", "out/mosquitto.conf"], port);
    let (visit, log) = (|client| visit(&cast, &server, port, client), || server.log());
    Refusals { friend: Client::Ours, accepted: "user billing, accepted", visit: &visit, log: &log }
        .walk(&mut row, table);

    // New files and a new CRL, while it serves.
    let ours = cast.client(Client::Ours).unwrap().crt();
    shop.mtls_ca(&["revoke", ours.to_str().unwrap()]).ok();
    shop.mtls_ca(&["crl", "set", "--out", "out/crl/crl.pem"]).ok();
    shop.mtls_ca(&["--quiet", "renew", "out/tls", "--exec", "kill", "-HUP", &server.id().to_string()]).ok();
    let wanted = serial(&shop, &shop.path("out/tls/current/tls.crt"));
    eventually("the renewed certificate", || shown(&shop, port, &[]) == wanted);
    assert_eq!(alert(&cast, Client::Ours, port, &[]), "alert 44");
    let other = visit(Client::Another);
    assert!(other.ends_with("user reports, accepted"), "{other}");
    row.revocation("refused at the next connection after SIGHUP; others go on");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop mosquitto"]
fn refuses_strangers_each_for_its_reason() {
    refuses(DEEP, "deep", &REFUSED);
}

#[test]
#[ignore = "run by ./tests/run.sh interop mosquitto"]
fn takes_rsa_below_a_root() {
    refuses(FLAT, "flat", &[REFUSED[1], REFUSED[8]]);
}

#[test]
#[ignore = "run by ./tests/run.sh interop mosquitto"]
fn mosquitto_pub_refuses_bad_servers() {
    let Some(shop) = Workshop::open("mosquitto", &PROGRAMS) else { return };
    let mut row = Row::open("mosquitto", "client", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("mosquitto", &["--port", &port.to_string()], "out");
    let recipe = String::from_utf8(shop.read("out/mosquitto.conf")).unwrap();
    let account = Account::open(&shop, "mosquitto");
    let ours = cast.client(Client::Ours).unwrap();
    let [trust, crt, key] = [cast.trust(), ours.crt(), ours.key()].map(|path| path.to_str().unwrap().to_owned());
    let listen = port.to_string();
    let visit = |peer: Peer| {
        let identity = cast.peer(peer);
        shop.write("out/face.crt", std::fs::read(identity.crt()).unwrap());
        shop.write("out/face.key", std::fs::read(identity.key()).unwrap());
        let own = |name: &str| shop.path(&format!("out/tls/current/{name}")).display().to_string();
        let face = |name: &str| shop.path(&format!("out/face.{name}")).display().to_string();
        let shown = recipe.replace(&own("tls.crt"), &face("crt")).replace(&own("tls.key"), &face("key"));
        assert_ne!(shown, recipe);
        shop.write("out/face.conf", shown);
        account.give("out");
        let server = account.serve(&[], "mosquitto", &["-v", "-c", "out/face.conf"], port);
        let words = ["-d", "-q", "1", "-t", "orders", "-m", "one", "-h", "localhost", "-p", &listen];
        let run =
            shop.tool("mosquitto_pub", &[&words[..], &["--cafile", &trust, "--cert", &crt, "--key", &key]].concat());
        let known = if server.log().contains(", u'billing')") { "user billing" } else { "" };
        format!("{}{}{known}", run.stdout, run.stderr)
    };
    let log = String::new;
    let table = [
        (Peer::WrongSan, "host name verification failed", ""),
        (Peer::OtherCa, "certificate verify failed", ""),
        (Peer::Impostor, "certificate verify failed", ""),
        (Peer::Expired, "certificate verify failed", ""),
        (Peer::NotYetValid, "certificate verify failed", ""),
        (Peer::ClientOnly, "certificate verify failed", ""),
        (Peer::LeafOnly, "certificate verify failed", ""),
    ];
    Refusals { friend: Peer::Good, accepted: "user billing", visit: &visit, log: &log }.walk(&mut row, &table);
    let said = visit(Peer::CnOnly);
    assert!(said.contains("user billing"), "{said}");
    row.accepted(&format!("mosquitto_pub takes a server: {}", Peer::CnOnly.said()));
    row.passed();
}
