//! A Spring Boot application with the recipe's settings accepts our client, says who it was, refuses
//! everybody else, and takes up a renewal by itself. It knows no CRLs.

use crate::harness::caller::{TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT};
use crate::harness::jvm::{self, QUICK};
use crate::harness::load::{self, serial_of};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually_within, fixture, free_port};

pub const PROGRAMS: [&str; 5] = ["java", "javac", "sh", "openssl", "mvn:spring_boot"];

pub fn version() -> String {
    jvm::version_of("spring_boot", "spring-boot-")
}

/// The recipe in `out`, and an application that takes it in.
pub fn start(cast: &Cast, port: u16) -> Server {
    let listen = port.to_string();
    cast.recipe("spring-boot", &["--port", &listen], "out");
    cast.shop.tool("sh", &["out/stores.sh"]).ok();
    let sources = [cast.shop.path("out/MtlsSecurity.java"), fixture("spring_boot/Receiver.java")];
    let class_path = jvm::compile(cast.shop, &jvm::libraries("spring_boot"), &sources);
    let words = [
        "-cp",
        &class_path,
        "Receiver",
        "--spring.config.import=file:out/application.yaml",
        "--logging.level.org.apache.tomcat.util.net.NioEndpoint.handshake=debug",
    ];
    let server = cast.shop.serve("java", &[QUICK.as_slice(), &words].concat(), port);
    eventually_within(60, "the application's start", || server.log().contains("Started Receiver"));
    server
}

const ACCEPTED: &str = "200 CN=billing";

fn refuses(cast: &Cast, row: &mut Row, server: &Server, at: (u16, Version), table: &[(Client, &str, &str)]) {
    let visit = |client| cast.caller(client, at.1).visit(at.0, "/");
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
}

const ALERT: &str = "alert CertificateUnknown";
const NO_PATH: &str = "unable to find valid certification path to requested target";

#[test]
#[ignore = "run by ./tests/run.sh interop spring_boot"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("spring_boot", &PROGRAMS) else { return };
    let mut row = Row::open("spring-boot", "deep", &version());
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, port);
    let table = [
        (Client::Nobody, "alert BadCertificate", "Empty client certificate chain"),
        (Client::OtherCa, ALERT, NO_PATH),
        (Client::Impostor, ALERT, "PKIX path"),
        (Client::Expired, ALERT, "CertificateExpiredException: NotAfter"),
        (Client::NotYetValid, ALERT, "CertificateNotYetValidException: NotBefore"),
        (Client::ServerOnly, ALERT, "Extended key usage does not permit use for TLS client authentication"),
        (Client::LeafOnly, ALERT, NO_PATH),
        (Client::Another, "403 ", ""),
    ];
    for version in [TLS13, TLS12] {
        refuses(&cast, &mut row, &server, (port, version), &table);
    }
    // There is no setting for CRLs: the recipe says so.
    assert!(cast.caller(Client::Revoked, TLS13).visit(port, "/").contains(ACCEPTED));
    row.revocation("a revoked certificate is let in: no CRLs, short lifetimes");

    // A renewal is taken up without a restart.
    let folder = "out/tls";
    let password = ["--format", "pkcs12", "--format", "truststore-pkcs12", "--store-password-file", "out/password"];
    let reload = ["--exec", "sh", "out/stores.sh"];
    shop.mtls_ca(&[["--ca-dir", "ca", "renew", folder].as_slice(), &password, &reload].concat()).ok();
    let wanted = serial_of(&shop.path("out/tls/current/tls.crt"));
    let caller = cast.caller(Client::Ours, TLS13);
    eventually_within(30, "the renewed certificate", || {
        caller.connect(port).is_ok_and(|line| load::serial(&line.certificate()).unwrap() == wanted)
    });
    assert!(caller.visit(port, "/").contains(ACCEPTED));
    row.rotation("a renewed key store is taken up by itself (reload-on-update)");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop spring_boot"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("spring_boot", &PROGRAMS) else { return };
    let mut row = Row::open("spring-boot", "flat", &version());
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, port);
    let table = [(Client::OtherCa, ALERT, NO_PATH), (Client::Another, "403 ", "")];
    refuses(&cast, &mut row, &server, (port, TLS13), &table);
    row.passed();
}
