//! Prometheus with its recipe: its own pages are for our clients alone, each stranger is refused for
//! its own reason; as a scraper it tells bad targets apart. It knows no CRLs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::caller::{TLS12, TLS13};
use crate::harness::case::{Client, Peer};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::go_refusals::{by_go, by_old_go};
use crate::harness::host::Host;
use crate::harness::matrix::Row;
use crate::harness::recipe::recipe;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually, eventually_says, eventually_within, free_port, renewal};

const PROGRAMS: [&str; 3] = ["prometheus", "promtool", "openssl"];
const ACCEPTED: &str = "200 Prometheus Server is Healthy.";

/// `prometheus, version 2.42.0+ds (branch: …`
fn version(shop: &Workshop) -> String {
    let said = shop.tool("prometheus", &["--version"]).ok();
    format!("{}{}", said.stdout, said.stderr).split_whitespace().nth(2).unwrap().to_owned()
}

/// The recipe in `out`. Debian's is older than the list of allowed names, and says so.
fn start(shop: &Workshop, port: u16) -> Server {
    let text = String::from_utf8(shop.read("out/web.yml")).unwrap();
    let (older, list) = text.split_once("  client_allowed_sans:\n").unwrap();
    assert!(list.contains("- \"billing.internal\"\n"), "{text}");
    let checked = shop.tool("promtool", &["check", "web-config", "out/web.yml"]);
    if checked.code != Some(0) {
        checked.says("field client_allowed_sans not found");
        shop.write("out/web.yml", older);
    }
    shop.tool("promtool", &["check", "web-config", "out/web.yml"]).ok();
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    let files = ["--config.file=out/prometheus.yml", "--web.config.file=out/web.yml", "--storage.tsdb.path=out/data"];
    shop.serve("prometheus", &[files.as_slice(), &[&listen]].concat(), port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop prometheus"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("prometheus", &PROGRAMS) else { return };
    let mut row = Row::open("prometheus", "deep", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("prometheus", &["--port", &port.to_string()], "out");
    let server = start(&shop, port);
    for version in [TLS12, TLS13] {
        let (visit, log) = (|client| cast.caller(client, version).visit(port, "/-/healthy"), || server.log());
        Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }
            .walk(&mut row, &by_old_go(version));
    }
    // As the recipe says, it reads no CRLs.
    assert!(cast.caller(Client::Revoked, TLS13).visit(port, "/-/healthy").contains(ACCEPTED));
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop prometheus"]
fn a_newer_exporter_keeps_to_the_list() {
    let Some(shop) = Workshop::open("prometheus", &["toolkit-exporter", "openssl"]) else { return };
    let toolkit = include_str!("toolkit-exporter/go.mod").split_once("exporter-toolkit v").unwrap().1;
    let version = toolkit.split_whitespace().next().unwrap();
    let mut row = Row::open("prometheus", "exporter", &format!("exporter-toolkit {version}"));
    let cast = Cast::make(&shop, DEEP);
    // As it is, with its list; and one on which nobody is.
    cast.recipe("prometheus", &[], "out");
    recipe(&shop, "prometheus", &[], "closed");
    let [(server, port), (closed, closed_port)] = ["out", "closed"].map(|out| {
        let port = free_port();
        let words = [format!("127.0.0.1:{port}"), format!("{out}/web.yml")];
        (shop.serve("toolkit-exporter", &words, port), port)
    });
    for version in [TLS12, TLS13] {
        let mut table = by_go(version);
        let alert = if version == TLS12 { "alert BadCertificate" } else { "" };
        table.push((Client::Another, alert, "could not find allowed SANs in client cert"));
        let (visit, log) = (|client| cast.caller(client, version).visit(port, "/metrics"), || server.log());
        let accepted = "200 scraped_by{subject=\"CN=billing\"} 1\n";
        Refusals { friend: Client::Ours, accepted, visit: &visit, log: &log }.walk(&mut row, &table);
    }
    assert_eq!(cast.caller(Client::Ours, TLS12).visit(closed_port, "/metrics"), "alert BadCertificate");
    eventually_says("the reason", "could not find allowed SANs in client cert", || closed.log());
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop prometheus"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("prometheus", &PROGRAMS) else { return };
    let mut row = Row::open("prometheus", "flat", &version(&shop));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    cast.recipe("prometheus", &["--port", &port.to_string()], "out");
    let server = start(&shop, port);
    let (visit, log) = (|client| cast.caller(client, TLS13).visit(port, "/-/healthy"), || server.log());
    let table = [
        (Client::OtherCa, "", "certificate signed by unknown authority"),
        (Client::ServerOnly, "", "certificate specifies an incompatible key usage"),
    ];
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(&mut row, &table);
    renewal::is_taken_up(&cast, &mut row, "out", port, None);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop prometheus"]
fn tells_bad_targets_apart() {
    let Some(shop) = Workshop::open("prometheus", &PROGRAMS) else { return };
    let mut row = Row::open("prometheus", "client", &version(&shop));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let table = [
        (Peer::WrongSan, "certificate is valid for elsewhere.internal, not localhost"),
        (Peer::CnOnly, "certificate relies on legacy Common Name field, use SANs instead"),
        (Peer::OtherCa, "certificate signed by unknown authority"),
        (Peer::Expired, "certificate has expired or is not yet valid"),
        (Peer::ClientOnly, "certificate specifies an incompatible key usage"),
        (Peer::LeafOnly, "certificate signed by unknown authority"),
    ];
    // A metric, which says who asked for it.
    let body = |caller: &str, _: &str| format!("scraped_by{{subject=\"{caller}\"}} 1\n");
    let host = |peer| {
        let host = Host::answering(&cast, body);
        host.show(peer);
        (format!("localhost:{}", host.port), peer)
    };
    let peers = table.iter().map(|(peer, _)| *peer).chain([Peer::Good]);
    let hosts: BTreeMap<String, Peer> = peers.map(host).collect();
    let good = hosts.iter().find(|(_, peer)| **peer == Peer::Good).unwrap().0;
    cast.recipe("prometheus", &["--port", &port.to_string(), "--upstream", good], "out");
    let targets = serde_json::to_string(&hosts.keys().collect::<Vec<_>>()).unwrap();
    let text = String::from_utf8(shop.read("out/prometheus.yml")).unwrap();
    let all = text.replace(&format!("[\"{good}\"]"), &targets);
    shop.write(
        "out/prometheus.yml",
        all.replace("  scheme: https\n", "  scheme: https\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n"),
    );
    let _server = start(&shop, port);

    eventually("its pages", || cast.caller(Client::Ours, TLS13).visit(port, "/-/ready").starts_with("200"));
    let ask = |path: &str| -> Value {
        let page = cast.caller(Client::Ours, TLS13).get(port, path).unwrap();
        let body = &page.body[page.body.find('{').unwrap()..=page.body.rfind('}').unwrap()];
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {}", page.body))
    };
    let targets = || -> BTreeMap<String, (String, String)> {
        let answer = ask("/api/v1/targets");
        let text = |target: &Value, key: &str| target[key].as_str().unwrap_or_default().to_owned();
        let target = |target: &Value| {
            let address = text(&target["labels"], "instance");
            (address, (text(target, "health"), text(target, "lastError")))
        };
        answer["data"]["activeTargets"].as_array().unwrap().iter().map(target).collect()
    };
    let seen = || targets().len() == hosts.len() && targets().values().all(|(health, _)| health != "unknown");
    // It looks at its targets for the first time five seconds after its start.
    eventually_within(20, "each target's health", seen);
    let targets = targets();
    for (peer, wanted) in table {
        let address = hosts.iter().find(|(_, other)| **other == peer).unwrap().0;
        let (health, error) = &targets[address];
        assert!(health == "down" && error.contains(wanted), "{}: {health} {error}", peer.said());
        row.refused(&format!("as a client: {}", peer.said()));
    }
    assert_eq!(targets[good], ("up".to_owned(), String::new()));
    let metric = ask("/api/v1/query?query=scraped_by");
    assert_eq!(metric["data"]["result"][0]["metric"]["subject"], "CN=localhost", "{metric}");
    row.accepted("as a client: CN=localhost");
    row.passed();
}
