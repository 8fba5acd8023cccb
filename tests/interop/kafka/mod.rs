//! A Kafka broker and its clients on their recipes: the broker knows our client by its name and lets it
//! write and read, refuses everybody else, and takes up a renewal; the client refuses brokers that it should.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::harness::caller::TLS13;
use crate::harness::cast::{Cast, Client, DEEP, FLAT, Peer};
use crate::harness::host::Host;
use crate::harness::jvm::{self, Program, QUICK};
use crate::harness::load::{self, serial_of};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, eventually_within, fixture, free_port};

const PROGRAMS: [&str; 5] = ["java", "javac", "sh", "openssl", "mvn:kafka"];

fn version() -> String {
    jvm::version_of("kafka", "kafka_2.13-")
}

const LOG: &str = "appender.out.type=Console\nappender.out.name=out\nappender.out.layout.type=PatternLayout\n\
                   appender.out.layout.pattern=%p %c{1} %m%n\nrootLogger.level=INFO\n\
                   rootLogger.appenderRef.out.ref=out\nlogger.authorizer.name=kafka.authorizer.logger\n\
                   logger.authorizer.level=DEBUG\n";

/// The scripts of Kafka's distribution that the recipe calls, which Maven does not have.
fn write_scripts(shop: &Workshop) {
    for (name, class) in
        [("kafka-acls.sh", "org.apache.kafka.tools.AclCommand"), ("kafka-configs.sh", "kafka.admin.ConfigCommand")]
    {
        let (quick, libraries) = (QUICK.join(" "), jvm::libraries("kafka"));
        let script = format!("#!/bin/sh\nexec java {quick} -cp '{libraries}' {class} \"$@\"\n");
        let path = shop.write(&format!("bin/{name}"), script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// The recipe in `out`, and a broker with a controller that runs on it; ACLs are written.
fn start(cast: &Cast, port: u16) -> Server {
    let (shop, controller) = (cast.shop, free_port());
    cast.recipe("kafka", &["--port", &port.to_string()], "out");
    let mtls = String::from_utf8(shop.read("out/mtls.properties")).unwrap();
    shop.write("log4j2.properties", LOG);
    shop.write(
        "server.properties",
        format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:{controller}\n\
             controller.listener.names=CONTROLLER\nlisteners=SSL://localhost:{port},CONTROLLER://localhost:{controller}\n\
             log.dirs={}\noffsets.topic.replication.factor=1\n{mtls}",
            shop.path("data").display()
        ),
    );
    let libraries = jvm::libraries("kafka");
    let settings = ["-Xmx512m", "-Dlog4j2.configurationFile=log4j2.properties", "-cp", &libraries];
    let format = ["kafka.tools.StorageTool", "format", "-t", "bXRscy1jYS10ZXN0LTAwMQ", "-c", "server.properties"];
    shop.tool("java", &[QUICK.as_slice(), &settings, &format].concat()).ok();
    let why = ["-Djavax.net.debug=ssl:handshake", "kafka.Kafka", "server.properties"];
    let server = shop.serve("java", &[QUICK.as_slice(), &settings, &why].concat(), port);
    eventually_within(60, "Kafka's start", || server.log().contains("Kafka Server started"));
    write_scripts(shop);
    shop.tool("sh", &["-c", "PATH=$PWD/bin:$PATH sh out/acls.sh"]).ok();
    server
}

/// A client's settings: those of the recipe in `client`, or the same with another's certificate.
fn settings(cast: &Cast, client: Client) -> String {
    if client == Client::Ours {
        return "client/client.properties".to_owned();
    }
    let recipe = String::from_utf8(cast.shop.read("client/client.properties")).unwrap();
    let own = ["ssl.keystore.", "ssl.key."];
    let mut lines: Vec<&str> = recipe.lines().filter(|line| !own.iter().any(|own| line.starts_with(own))).collect();
    let store = format!("ssl.keystore.location={}", cast.client(client).unwrap().combined().display());
    lines.extend(["ssl.keystore.type=PEM", &store]);
    let name = format!("client/{client:?}.properties");
    cast.shop.write(&name, lines.join("\n"));
    name
}

/// A client on the recipe in `client`.
fn client(cast: &Cast, port: u16) -> Program {
    cast.recipe("kafka-client", &["--upstream", &format!("localhost:{port}")], "client");
    let class_path = jvm::compile(cast.shop, &jvm::libraries("kafka"), &[fixture("kafka/Talk.java")]);
    Program::start(cast.shop, &class_path, &["Talk"])
}

const ACCEPTED: &str = "sent to orders";
const ALERT: &str = "alert CertificateUnknown";
const NO_PATH: &str = "unable to find valid certification path to requested target";

fn refuses(cast: &Cast, row: &mut Row, server: &Server, at: (&Program, u16), table: &[(Client, &str, &str)]) {
    // Java shows no certificate at all where it has none of the CAs that the broker names; ours does.
    let visit = |client| match client {
        Client::Ours | Client::Another => at.0.ask(&format!("localhost:{} {}", at.1, settings(cast, client))),
        stranger => cast.caller(stranger, TLS13).visit(at.1, "/"),
    };
    let log = || server.log();
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
    let seen = "Principal = User:billing is Allowed operation = WRITE";
    assert!(server.log().contains(seen), "{}", server.log());
    row.accepted("User:billing");
}

#[test]
#[ignore = "run by ./tests/run.sh interop kafka"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("kafka", &PROGRAMS) else { return };
    let mut row = Row::open("kafka", "deep", &version());
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, port);
    let program = client(&cast, port);
    let denied = "Not authorized to access topics: [orders]";
    let table = [
        (Client::Nobody, "alert BadCertificate", "Empty client certificate chain"),
        (Client::OtherCa, ALERT, NO_PATH),
        (Client::Impostor, ALERT, "PKIX path"),
        (Client::Expired, ALERT, "CertificateExpiredException: NotAfter"),
        (Client::NotYetValid, ALERT, "CertificateNotYetValidException: NotBefore"),
        (Client::ServerOnly, ALERT, "Extended key usage does not permit use for TLS client authentication"),
        (Client::LeafOnly, ALERT, NO_PATH),
        (Client::Another, denied, "Principal = User:reports is Denied operation"),
    ];
    refuses(&cast, &mut row, &server, (&program, port), &table);
    // There is no setting for CRLs: the recipe says so.
    let said = program.ask(&format!("localhost:{port} {}", settings(&cast, Client::Revoked)));
    assert!(said.contains(ACCEPTED), "{said}");
    row.revocation("a revoked certificate is let in: no CRLs, short lifetimes");

    // The recipe's command after a renewal.
    shop.mtls_ca(&["--ca-dir", "ca", "renew", "out/tls", "--format", "combined"]).ok();
    let [key_store, trust_store] = ["tls.pem", "ca.crt"].map(|name| shop.path(&format!("out/tls/current/{name}")));
    let listener = "listener.name.ssl.ssl";
    let files = format!(
        "{listener}.keystore.location={},{listener}.truststore.location={}",
        key_store.display(),
        trust_store.display()
    );
    let reload = format!(
        "bin/kafka-configs.sh --bootstrap-server localhost:{port} --command-config out/admin.properties --alter \
         --entity-type brokers --entity-name 1 --add-config {files}"
    );
    shop.tool("sh", &["-c", &reload]).ok();
    let caller = cast.caller(Client::Ours, TLS13);
    let wanted = serial_of(&shop.path("out/tls/current/tls.crt"));
    eventually_within(30, "the renewed certificate", || {
        caller.connect(port).is_ok_and(|line| load::serial(&line.certificate()).unwrap() == wanted)
    });
    row.rotation("a renewed key store is taken up by kafka-configs.sh, without a restart");
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop kafka"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("kafka", &PROGRAMS) else { return };
    let mut row = Row::open("kafka", "flat", &version());
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, port);
    let program = client(&cast, port);
    let table = [
        (Client::OtherCa, ALERT, NO_PATH),
        (Client::Another, "Not authorized to access topics: [orders]", "User:reports is Denied"),
    ];
    refuses(&cast, &mut row, &server, (&program, port), &table);
    row.passed();

    // The same client, and brokers that it should not talk to.
    let mut row = Row::open("kafka-client", "flat", &version());
    let host = Host::start(&cast);
    let visit = |peer| {
        host.show(peer);
        let port = if peer == Peer::Good { port } else { host.port };
        program.ask(&format!("localhost:{port} client/client.properties"))
    };
    let table = [
        (Peer::WrongSan, "No subject alternative DNS name matching localhost found", ""),
        (Peer::OtherCa, NO_PATH, ""),
        (Peer::Impostor, "PKIX path", ""),
        (Peer::Expired, "NotAfter", ""),
        (Peer::NotYetValid, "NotBefore", ""),
        (Peer::ClientOnly, "Extended key usage does not permit use for TLS server authentication", ""),
    ];
    Refusals { friend: Peer::Good, accepted: ACCEPTED, visit: &visit, log: &String::new }.walk(&mut row, &table);
    row.accepted("User:billing by the broker");
    row.passed();
}
