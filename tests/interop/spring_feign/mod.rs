//! A Spring Boot application that calls others by Feign, with its certificate in PKCS#12: a Spring Boot
//! receiver knows it by its name, and it refuses servers that it should, each for its own reason.

use crate::harness::cast::{Cast, DEEP, FLAT, Peer};
use crate::harness::host::Host;
use crate::harness::jvm::{self, Program};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Workshop, fixture, free_port};
use crate::spring_boot;

const PROGRAMS: [&str; 5] = ["java", "javac", "sh", "openssl", "mvn:spring_feign"];

fn version() -> String {
    jvm::version_of("spring_feign", "feign-core-")
}

/// The recipe in `sender`, and an application that takes it in.
fn compile(cast: &Cast) -> String {
    cast.recipe("spring-feign", &["--url", "https://localhost:8443"], "sender");
    cast.shop.tool("sh", &["sender/stores.sh"]).ok();
    let sources = [cast.shop.path("sender/MtlsFeign.java"), fixture("spring_feign/Sender.java")];
    jvm::compile(cast.shop, &jvm::libraries("spring_feign"), &sources)
}

fn start(cast: &Cast) -> Program {
    let class_path = compile(cast);
    Program::start(cast.shop, &class_path, &["Sender", "--spring.config.import=file:sender/application.yaml"])
}

const ACCEPTED: &str = "200 hello CN=billing";

fn refuses(row: &mut Row, sender: &Program, host: &Host, table: &[(Peer, &str, &str)]) {
    let visit = |peer| {
        host.show(peer);
        sender.ask(&host.url())
    };
    Refusals { friend: Peer::Good, accepted: ACCEPTED, visit: &visit, log: &String::new }.walk(row, table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop spring_feign"]
fn refuses_servers_each_for_its_reason() {
    let Some(shop) = Workshop::open("spring_feign", &PROGRAMS) else { return };
    let mut row = Row::open("spring-feign", "deep", &version());
    let cast = Cast::make(&shop, DEEP);
    let (sender, host) = (start(&cast), Host::start(&cast));
    let no_path = "unable to find valid certification path to requested target";
    let table = [
        (Peer::WrongSan, "No subject alternative DNS name matching localhost found", ""),
        (Peer::OtherCa, no_path, ""),
        (Peer::Impostor, "PKIX path", ""),
        (Peer::Expired, "NotAfter", ""),
        (Peer::NotYetValid, "NotBefore", ""),
        (Peer::ClientOnly, "Extended key usage does not permit use for TLS server authentication", ""),
        (Peer::LeafOnly, no_path, ""),
    ];
    refuses(&mut row, &sender, &host, &table);
    // A name in the CN alone is taken, and there are no CRLs.
    for peer in [Peer::CnOnly, Peer::Revoked] {
        host.show(peer);
        assert!(sender.ask(&host.url()).contains(ACCEPTED), "{peer:?}");
    }
    row.accepted("server with its name in the CN alone");
    row.revocation("a revoked server is called: no CRLs, short lifetimes");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop spring_feign"]
fn calls_a_spring_boot_receiver() {
    let Some(shop) = Workshop::open("spring_feign", &PROGRAMS) else { return };
    let Some(_) = Workshop::open("spring_boot", &spring_boot::PROGRAMS) else { return };
    let mut row = Row::open("spring-feign", "flat", &version());
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let _receiver = spring_boot::start(&cast, port);
    let (sender, host) = (start(&cast), Host::start(&cast));
    let said = sender.ask(&format!("https://localhost:{port}/"));
    assert!(said.contains("200 CN=billing"), "{said}");
    row.accepted("CN=billing by a Spring Boot receiver");
    refuses(&mut row, &sender, &host, &[(Peer::OtherCa, "PKIX path", ""), (Peer::Expired, "NotAfter", "")]);
    row.passed();
}
