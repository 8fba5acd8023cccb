//! WildFly, configured offline by the recipe's script, accepts our client in a deployment, says who it
//! was, and refuses everybody else, each for its own reason.

use std::fs;

use crate::harness::caller::{TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Shape};
use crate::harness::jvm::{self, QUICK};
use crate::harness::load::{self, serial_of};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Server, Workshop, eventually_within, fixture, free_port};

const PROGRAMS: [&str; 6] = ["java", "javac", "jar", "sh", "openssl", "mvn:wildfly_elytron"];

/// Elytron counts path lengths in its own way, and finds too many CAs below one that says `pathlen:0`.
const WITH_ROOM: Shape = Shape { path_length: Some(2), ..DEEP };

fn version() -> String {
    let folder = jvm::distribution("wildfly_elytron").file_name().unwrap().to_str().unwrap().to_owned();
    folder.trim_start_matches("wildfly-").to_owned()
}

/// `jboss-cli.sh` on the server in `base`.
fn cli(shop: &Workshop, words: &str) -> Run {
    let home = jvm::distribution("wildfly_elytron");
    let settings = format!("{} -Djboss.server.base.dir={}", QUICK.join(" "), shop.path("base").display());
    let home = home.display();
    shop.tool(
        "sh",
        &["-c", &format!("JBOSS_HOME='{home}' JAVA_OPTS='{settings}' sh '{home}/bin/jboss-cli.sh' {words}")],
    )
}

/// A server in `base`, with the recipe in `out` and a deployment that names its client.
fn start(cast: &Cast, port: u16, management: u16) -> Server {
    let (shop, home) = (cast.shop, jvm::distribution("wildfly_elytron"));
    cast.recipe("wildfly-elytron", &["--port", &port.to_string()], "out");
    fs::create_dir_all(shop.path("base/deployments")).unwrap();
    let configuration = home.join("standalone/configuration");
    shop.tool("cp", &["-R", configuration.to_str().unwrap(), "base/"]).ok();
    let servlet = "modules/system/layers/base/jakarta/servlet/api/main/*";
    jvm::compile(shop, home.join(servlet).to_str().unwrap(), &[fixture("wildfly_elytron/Who.java")]);
    shop.tool("sh", &["-c", "mv classes out/WEB-INF/"]).ok();
    let archive = ["--create", "--file", "base/deployments/ROOT.war", "-C", "out", "WEB-INF"];
    shop.tool("jar", &archive).ok();
    cli(shop, "--file=out/mtls.cli").ok().says("The batch executed successfully");

    let home = home.to_str().unwrap();
    let opened = ["lang", "lang.invoke", "lang.reflect", "io", "net", "security", "util", "util.concurrent"];
    let opened = opened.map(|package| format!("--add-opens=java.base/java.{package}=ALL-UNNAMED"));
    let settings = [
        "-Djavax.net.debug=ssl:handshake".to_owned(),
        "-Djava.net.preferIPv4Stack=true".to_owned(),
        format!("-Dlogging.configuration=file:{}", shop.path("base/configuration/logging.properties").display()),
        format!("-Dorg.jboss.boot.log.file={}", shop.path("base/log/server.log").display()),
    ];
    let modules = [format!("{home}/jboss-modules.jar"), format!("{home}/modules")];
    let place = [
        format!("-Djboss.home.dir={home}"),
        format!("-Djboss.server.base.dir={}", shop.path("base").display()),
        format!("-Djboss.management.http.port={management}"),
    ];
    let start = ["-jar", &modules[0], "-mp", &modules[1], "org.jboss.as.standalone"];
    let before = opened.iter().chain(&settings).map(String::as_str);
    let words: Vec<&str> =
        QUICK.into_iter().chain(before).chain(start).chain(place.iter().map(String::as_str)).collect();
    let server = shop.serve("java", &words, port);
    eventually_within(60, "WildFly's start", || server.log().contains("WFLYSRV0025"));
    server
}

const ACCEPTED: &str = "200 billing";

fn refuses(cast: &Cast, row: &mut Row, server: &Server, at: (u16, Version), table: &[(Client, &str, &str)]) {
    let visit = |client| cast.caller(client, at.1).visit(at.0, "/");
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
}

const ALERT: &str = "alert CertificateUnknown";
const NO_PATH: &str = "unable to find valid certification path to requested target";

#[test]
#[ignore = "run by ./tests/run.sh interop wildfly_elytron"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("wildfly_elytron", &PROGRAMS) else { return };
    let mut row = Row::open("wildfly-elytron", "deep", &version());
    let (cast, port, management) = (Cast::make(&shop, WITH_ROOM), free_port(), free_port());
    let server = start(&cast, port, management);
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

    // A renewal is taken up by the recipe's second script.
    let stores = ["--format", "pkcs12", "--format", "truststore-pkcs12", "--store-password-file", "out/password"];
    shop.mtls_ca(&[["--ca-dir", "ca", "renew", "out/tls"].as_slice(), &stores].concat()).ok();
    cli(&shop, &format!("--connect --controller=127.0.0.1:{management} --file=out/reload.cli")).ok();
    let caller = cast.caller(Client::Ours, TLS13);
    let served = load::serial(&caller.connect(port).unwrap().certificate()).unwrap();
    assert_eq!(served, serial_of(&shop.path("out/tls/current/tls.crt")));
    assert!(caller.visit(port, "/").contains(ACCEPTED));
    row.rotation("renewed stores and CRLs are taken up by reload.cli, without a restart");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop wildfly_elytron"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("wildfly_elytron", &PROGRAMS) else { return };
    let mut row = Row::open("wildfly-elytron", "flat", &version());
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, port, free_port());
    let table = [
        (Client::OtherCa, ALERT, NO_PATH),
        (Client::Revoked, ALERT, "Certificate has been revoked, reason: KEY_COMPROMISE"),
        (Client::Another, "403 ", ""),
    ];
    refuses(&cast, &mut row, &server, (port, TLS13), &table);
    row.passed();
}

/// What the recipe warns of: with CRLs, an issuing CA of path length zero is too much for Elytron, which
/// RFC 5280, 4.2.1.9 allows.
#[test]
#[ignore = "run by ./tests/run.sh interop wildfly_elytron"]
fn refuses_everybody_below_an_issuing_ca_of_path_length_zero() {
    let Some(shop) = Workshop::open("wildfly_elytron", &PROGRAMS) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, port, free_port());
    let seen = cast.caller(Client::Ours, TLS13).visit(port, "/");
    assert!(seen.contains(ALERT), "{seen}");
    eventually_within(5, "the reason", || {
        server.log().contains("this cert must be the last cert in the certification path")
    });
}
