//! Tomcat on the folder of its recipe accepts our client, says who it was, refuses everybody else, each
//! for its own reason, and serves on while everything is replaced.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::caller::{TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT};
use crate::harness::jvm::{self, QUICK};
use crate::harness::load::Figures;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::turnover::{self, Turnover};
use crate::harness::{Server, Workshop, eventually_within, fixture, free_port};

const PROGRAMS: [&str; 4] = ["java", "curl", "openssl", "mvn:tomcat"];

fn version() -> String {
    let folder = jvm::distribution("tomcat").file_name().unwrap().to_str().unwrap().to_owned();
    folder.rsplit('-').next().unwrap().to_owned()
}

/// Tomcat on the recipe in `out`, with a page that names its client, and a log of refusals.
fn start(shop: &Workshop, port: u16) -> Server {
    let home = jvm::distribution("tomcat");
    let log = "handlers=java.util.logging.ConsoleHandler\njava.util.logging.ConsoleHandler.level=FINE\n\
               org.apache.tomcat.util.net.NioEndpoint.handshake.level=FINE\n";
    shop.write("out/conf/logging.properties", log);
    shop.write("out/conf/web.xml", fs::read(home.join("conf/web.xml")).unwrap());
    shop.write("out/webapps/ROOT/who.jsp", fs::read(fixture("tomcat/who.jsp")).unwrap());
    fs::create_dir(shop.path("out/temp")).unwrap();
    let (home, base) = (home.to_str().unwrap().to_owned(), shop.path("out").to_str().unwrap().to_owned());
    let class_path = format!("{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar");
    let settings = [
        format!("-Dcatalina.home={home}"),
        format!("-Dcatalina.base={base}"),
        format!("-Djava.io.tmpdir={base}/temp"),
        format!("-Djava.util.logging.config.file={base}/conf/logging.properties"),
    ];
    let settings = settings.iter().map(String::as_str);
    let words = ["-cp", &class_path, "org.apache.catalina.startup.Bootstrap", "start"];
    let words: Vec<&str> = QUICK.into_iter().chain(settings).chain(words).collect();
    let server = shop.serve("java", &words, port);
    eventually_within(60, "Tomcat's start", || server.log().contains("Server startup in"));
    server
}

const ACCEPTED: &str = "CN=billing ";

fn refuses(cast: &Cast, row: &mut Row, server: &Server, at: (u16, Version), table: &[(Client, &str, &str)]) {
    let visit = |client| cast.caller(client, at.1).visit(at.0, "/who.jsp");
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
}

const ALERT: &str = "alert CertificateUnknown";
const NO_PATH: &str = "unable to find valid certification path to requested target";

#[test]
#[ignore = "run by ./tests/run.sh interop tomcat"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("tomcat", &PROGRAMS) else { return };
    let mut row = Row::open("tomcat", "deep", &version());
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    cast.recipe("tomcat", &["--port", &port.to_string()], "out");
    let server = start(&shop, port);
    let table = [
        (Client::Nobody, "alert BadCertificate", "Empty client certificate chain"),
        (Client::OtherCa, ALERT, NO_PATH),
        (Client::Impostor, ALERT, "Path does not chain with any of the trust anchors"),
        (Client::Expired, ALERT, "CertificateExpiredException: NotAfter"),
        (Client::NotYetValid, ALERT, "CertificateNotYetValidException: NotBefore"),
        (Client::Revoked, ALERT, "Certificate has been revoked, reason: KEY_COMPROMISE"),
        (Client::ServerOnly, ALERT, "Extended key usage does not permit use for TLS client authentication"),
        (Client::LeafOnly, ALERT, NO_PATH),
        (Client::Another, "403 ", ""),
    ];
    for version in [TLS13, TLS12] {
        refuses(&cast, &mut row, &server, (port, version), &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop tomcat"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("tomcat", &PROGRAMS) else { return };
    let mut row = Row::open("tomcat", "flat", &version());
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    cast.recipe("tomcat", &["--port", &port.to_string()], "out");
    let server = start(&shop, port);
    let table = [(Client::OtherCa, ALERT, NO_PATH), (Client::Another, "403 ", "")];
    refuses(&cast, &mut row, &server, (port, TLS13), &table);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop tomcat"]
fn serves_while_everything_is_replaced() {
    let Some(shop) = Workshop::open("tomcat", &PROGRAMS) else { return };
    let mut row = Row::open("tomcat", "rotation", &version());
    let port = free_port();
    turnover::prepare(&shop, "tomcat", &["--port", &port.to_string()], "out");
    let _server = start(&shop, port);
    // The page names the client's number.
    let logged = |figures: &Figures| -> BTreeSet<String> {
        figures.bodies.keys().map(|body| body.trim().rsplit(' ').next().unwrap().to_owned()).collect()
    };
    let turnover = Turnover {
        out: "out",
        port,
        path: "/who.jsp",
        renew: &["--format", "pkcs12", "--format", "truststore-pkcs12", "--store-password-file", "out/password"],
        reload: &["sh", "out/reload.sh"],
        crls: Some(&["crl", "set", "--out", "out/crl/crl.pem"]),
        logged: &logged,
    };
    turnover.walk(&shop, ACCEPTED, &mut row);
    row.passed();
}
