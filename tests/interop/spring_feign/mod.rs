//! A Spring Boot application that calls others by Feign, with its certificate in PKCS#12: a Spring Boot
//! receiver knows it by its name, and it refuses servers that it should, each for its own reason.

use crate::harness::cast::{Cast, DEEP, FLAT, Peer};
use crate::harness::jvm::{self, Calls};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Run, Workshop, fixture, free_port};
use crate::spring_boot;

const PROGRAMS: [&str; 4] = ["java", "javac", "openssl", "mvn:spring_feign"];

fn version() -> String {
    jvm::version_of("spring_feign", "feign-core-")
}

/// The recipe in `sender`, and an application that takes it in.
fn compile(cast: &Cast) -> String {
    cast.recipe("spring-feign", &["--url", "https://localhost:8443"], "sender");
    let sources = [cast.shop.path("sender/MtlsFeign.java"), fixture("spring_feign/Sender.java")];
    jvm::compile(cast.shop, &jvm::libraries("spring_feign"), &sources)
}

fn call(shop: &Workshop, class_path: &str, urls: &[String]) -> Run {
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let words = ["Sender", "--spring.config.import=file:sender/application.yaml"];
    jvm::run(shop, class_path, &[&words, urls.as_slice()].concat())
}

#[test]
#[ignore = "run by ./tests/run.sh interop spring_feign"]
fn refuses_servers_each_for_its_reason() {
    let Some(shop) = Workshop::open("spring_feign", &PROGRAMS) else { return };
    let mut row = Row::open("spring-feign", "deep", &version());
    let cast = Cast::make(&shop, DEEP);
    let class_path = compile(&cast);
    let no_path = "unable to find valid certification path to requested target";
    let table = [
        (Peer::WrongSan, "No subject alternative DNS name matching localhost found", ""),
        (Peer::OtherCa, no_path, ""),
        (Peer::Impostor, "PKIX path", ""),
        (Peer::Expired, "CertificateExpiredException: NotAfter", ""),
        (Peer::NotYetValid, "CertificateNotYetValidException: NotBefore", ""),
        (Peer::ClientOnly, "Extended key usage does not permit use for TLS server authentication", ""),
        (Peer::LeafOnly, no_path, ""),
    ];
    let peers: Vec<Peer> = table.iter().map(|(peer, _, _)| *peer).chain([Peer::CnOnly, Peer::Revoked]).collect();
    let calls = Calls::make(&cast, &peers, &|urls| call(&shop, &class_path, urls));
    let visit = |peer| calls.next(peer);
    let accepted = "200 hello CN=billing";
    Refusals { friend: Peer::Good, accepted, visit: &visit, log: &String::new }.walk(&mut row, &table);
    // A name in the CN alone is taken, and there are no CRLs.
    for peer in [Peer::CnOnly, Peer::Good, Peer::Revoked, Peer::Good] {
        assert!(calls.next(peer).contains(accepted), "{peer:?}");
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
    let class_path = compile(&cast);
    let said = call(&shop, &class_path, &[format!("https://localhost:{port}/")]).ok();
    assert!(said.stdout.contains("200 CN=billing"), "{said}");
    row.accepted("CN=billing by a Spring Boot receiver");
    let peers = [Peer::OtherCa, Peer::Expired];
    let calls = Calls::make(&cast, &peers, &|urls| call(&shop, &class_path, urls));
    let visit = |peer| calls.next(peer);
    let table = [(Peer::OtherCa, "PKIX path", ""), (Peer::Expired, "NotAfter", "")];
    Refusals { friend: Peer::Good, accepted: "200 hello CN=billing", visit: &visit, log: &String::new }
        .walk(&mut row, &table);
    row.passed();
}
