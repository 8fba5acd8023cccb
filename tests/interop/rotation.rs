//! A CA certificate is replaced under load: NGINX with mutual TLS and clients that come again and
//! again, each time with a new connection and a full handshake. Not one request fails.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use crate::harness::{Server, Workshop, eventually, free_port};

/// How many requests there are around each step at least.
const AROUND_EACH_STEP: usize = 200;

/// Clients in a loop.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    failed: Arc<Mutex<Vec<String>>>,
    threads: Vec<JoinHandle<()>>,
    steps: Vec<(String, usize)>,
}

impl Load {
    /// One client for each version of TLS, whose certificate, key and trust file are read for each
    /// request, as a process that is started for it would.
    fn start(port: u16, identity: &Path, trust: &Path) -> Self {
        let (stop, done, failed) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::default());
        let threads = [&rustls::version::TLS12, &rustls::version::TLS13].map(|version| {
            let (stop, done, failed) = (Arc::clone(&stop), Arc::clone(&done), Arc::clone(&failed));
            let (identity, trust) = (identity.to_owned(), trust.to_owned());
            let failed: Arc<Mutex<Vec<String>>> = failed;
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Err(error) = visit(port, &identity, &trust, version) {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self { stop, done, failed, threads: threads.into(), steps: Vec::new() }
    }

    /// Takes a step while requests go on, and lets them go on for a while; none may have failed.
    fn around(&mut self, step: &str, take: impl FnOnce()) {
        let before = self.done.load(Ordering::Relaxed);
        take();
        let after = self.done.load(Ordering::Relaxed);
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.done.load(Ordering::Relaxed) < after + AROUND_EACH_STEP {
            assert!(Instant::now() < deadline, "{step}: requests do not go on");
            thread::sleep(Duration::from_millis(5));
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(
            failed.is_empty(),
            "{step}: {} of {} failed: {}",
            failed.len(),
            self.done.load(Ordering::Relaxed),
            failed[0]
        );
        drop(failed);
        self.steps.push((step.to_owned(), self.done.load(Ordering::Relaxed) - before));
    }

    /// Ends it, and says how many requests there were.
    fn end(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(failed.is_empty(), "{failed:?}");
        for (step, count) in &self.steps {
            eprintln!("{count:6} requests around: {step}");
        }
        self.done.load(Ordering::Relaxed)
    }
}

/// One request on a new connection with a full handshake.
fn visit(port: u16, identity: &Path, trust: &Path, version: &'static SupportedProtocolVersion) -> Result<(), String> {
    let said = |what: &str, error: &dyn std::fmt::Display| format!("{what} ({version:?}): {error}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(trust).map_err(|error| said("trust", &error))? {
        roots.add(certificate.map_err(|error| said("trust", &error))?).map_err(|error| said("trust", &error))?;
    }
    // Key and certificate are one file, which is replaced at once.
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(identity).map_err(|error| said("identity", &error))?.collect();
    let key = PrivateKeyDer::from_pem_file(identity).map_err(|error| said("identity", &error))?;
    let mut config = ClientConfig::builder_with_protocol_versions(&[version])
        .with_root_certificates(roots)
        .with_client_auth_cert(chain.map_err(|error| said("identity", &error))?, key)
        .map_err(|error| said("identity", &error))?;
    config.resumption = Resumption::disabled();
    let name = ServerName::try_from("localhost").map_err(|error| said("name", &error))?;
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|error| said("client", &error))?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| said("connect", &error))?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(|error| said("connect", &error))?;
    let mut tls = rustls::Stream::new(&mut tls, &mut stream);
    tls.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .map_err(|error| said("request", &error))?;
    let mut answer = String::new();
    if let Err(error) = tls.read_to_string(&mut answer) {
        // A server may close without close_notify once everything was said.
        if error.kind() != std::io::ErrorKind::UnexpectedEof {
            return Err(said("answer", &error));
        }
    }
    if answer.starts_with("HTTP/1.1 200") && answer.contains("hello CN=billing") {
        Ok(())
    } else {
        Err(said("answer", &answer.chars().take(300).collect::<String>()))
    }
}

fn start(shop: &Workshop, port: u16, crls: bool) -> Server {
    let crls = if crls { "ssl_crl served/crls.pem;\n" } else { "" };
    shop.write(
        "nginx.conf",
        format!(
            "daemon off;\nworker_processes 2;\npid nginx.pid;\nerror_log error.log notice;\nevents {{}}\nhttp {{\n\
             log_format identity '$ssl_client_verify|$ssl_client_serial|$status|$ssl_session_reused';\n\
             access_log access.log identity;\nclient_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\n\
             uwsgi_temp_path tmp;\nscgi_temp_path tmp;\nserver {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\n\
             ssl_protocols TLSv1.2 TLSv1.3;\n\
             ssl_certificate served/localhost.crt;\nssl_certificate_key served/localhost.key;\n\
             ssl_client_certificate served/ca.crt;\nssl_verify_client on;\nssl_verify_depth 3;\n{crls}\
             ssl_session_cache off;\nssl_session_tickets off;\nlocation / {{ return 200 \"hello $ssl_client_s_dn\\n\"; }}\n}}\n}}\n"
        ),
    );
    let prefix = shop.path("");
    let words = ["-p", prefix.to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log"];
    shop.serve("nginx", &words, port)
}

/// NGINX reads its files again; waits until the workers of the old configuration are gone.
fn reload(shop: &Workshop) {
    let count = || String::from_utf8_lossy(&shop.read("error.log")).matches("exited with code 0").count();
    let before = count();
    let prefix = shop.path("");
    shop.tool("nginx", &["-p", prefix.to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log", "-s", "reload"]).ok();
    eventually("the old workers' end", || count() >= before + 2);
}

/// Replaces a file at once, as a delivery does.
fn put(shop: &Workshop, name: &str, content: &[u8]) {
    let beside = shop.write(&format!("{name}.new"), content);
    fs::rename(beside, shop.path(name)).unwrap();
}

fn distribute(shop: &Workshop, rotated: &Rotated) {
    to_server(shop, rotated);
    put(shop, "clients/ca.crt", &shop.read(&format!("{}/ca.crt", rotated.ca)));
}

/// The trust file, and the set of CRLs where it checks them.
fn to_server(shop: &Workshop, rotated: &Rotated) {
    put(shop, "served/ca.crt", &shop.read(&format!("{}/ca.crt", rotated.ca)));
    if rotated.crls {
        put(shop, "served/crls.pem", &shop.read(&format!("{}/published/crls.pem", rotated.ca)));
    }
}

/// The client's identity: key and certificates in one file.
fn hand_to_client(shop: &Workshop) {
    let identity = [shop.read("issued/billing.crt"), shop.read("issued/billing.key")].concat();
    put(shop, "clients/identity.pem", &identity);
}

/// The number of the certificate that NGINX serves, as openssl sees it.
fn served_serial(shop: &Workshop, port: u16) -> String {
    let script = format!(
        "openssl s_client -connect 127.0.0.1:{port} -servername localhost < /dev/null 2>/dev/null | \
         openssl x509 -noout -serial"
    );
    shop.tool("sh", &["-c", &script]).ok().stdout.trim().to_owned()
}

/// One CA directory that is rotated: its own words before `rotate prepare`, and behind.
struct Rotated {
    ca: &'static str,
    prepare: &'static [&'static str],
    /// Whether NGINX checks CRLs.
    crls: bool,
}

fn through_a_whole_rotation(shop: &Workshop, rotated: &Rotated) {
    let Rotated { ca, prepare, crls } = rotated;
    let mtls_ca = |words: &[&str]| {
        let words: Vec<&str> = ["--ca-dir", ca, "--quiet"].iter().chain(words).copied().collect();
        shop.mtls_ca(&words).ok()
    };
    for folder in ["served", "clients", "issued"] {
        fs::create_dir_all(shop.path(folder)).unwrap();
    }
    let build_crls = || {
        if *crls {
            mtls_ca(&["crl", "build"]);
        }
    };
    if *crls {
        let config = [shop.read(&format!("{ca}/ca.toml")), b"\n[publish]\ndir = \"published\"\n".to_vec()].concat();
        shop.write(&format!("{ca}/ca.toml"), config);
        fs::create_dir_all(shop.path(&format!("{ca}/published"))).unwrap();
    }
    build_crls();
    mtls_ca(&["issue", "localhost", "--profile", "server", "--out", "served"]);
    mtls_ca(&["issue", "billing", "--profile", "client", "--out", "issued"]);
    distribute(shop, rotated);
    hand_to_client(shop);

    let port = free_port();
    let server = start(shop, port, *crls);
    let (identity, trust): (PathBuf, PathBuf) = (shop.path("clients/identity.pem"), shop.path("clients/ca.crt"));
    let mut load = Load::start(port, &identity, &trust);
    let first_served = served_serial(shop, port);
    load.around("nothing yet", || {});

    load.around("prepare", || {
        mtls_ca(prepare);
        build_crls();
    });
    load.around("the server gets the bundle", || {
        to_server(shop, rotated);
        reload(shop);
    });
    load.around("the client gets the bundle", || distribute(shop, rotated));
    load.around("activate", || drop(mtls_ca(&["rotate", "activate", "--force"])));
    load.around("the server's certificate is renewed", || {
        mtls_ca(&["renew", "served/localhost.crt"]);
        reload(shop);
    });
    let second_served = served_serial(shop, port);
    assert_ne!(first_served, second_served);
    load.around("the client's certificate is renewed", || {
        mtls_ca(&["renew", "issued/billing.crt"]);
        hand_to_client(shop);
    });
    // Nothing is dropped while somebody may serve an old one.
    let words = ["--ca-dir", ca, "rotate", "retire"];
    shop.mtls_ca(&words).code(4).says("`g1` is needed by 2 live certificates");
    load.around("retire", || drop(mtls_ca(&["rotate", "retire", "--deployed"])));
    load.around("everybody gets the bundle without the old root", || {
        distribute(shop, rotated);
        reload(shop);
    });
    load.around("nothing any more", || {});
    let requests = load.end();
    drop(server);

    // The log agrees: as many requests, each with a full handshake, and two client certificates.
    let log = String::from_utf8_lossy(&shop.read("access.log")).into_owned();
    let lines: Vec<Vec<&str>> = log.lines().map(|line| line.split('|').collect()).collect();
    let served = lines.iter().filter(|line| line[2] == "200").count();
    assert_eq!(served, requests, "NGINX answered {served} of {requests} requests");
    assert!(lines.iter().filter(|line| line[2] == "200").all(|line| line[0] == "SUCCESS" && line[3] == "."), "{log}");
    let serials: BTreeSet<&str> = lines.iter().filter(|line| line[2] == "200").map(|line| line[1]).collect();
    assert_eq!(serials.len(), 2, "{serials:?}");
    let known = shop.json(&["--ca-dir", ca, "list", "--name", "billing", "--status", "all"]);
    for row in known["certificates"].as_array().unwrap() {
        assert!(serials.contains(row["serial"].as_str().unwrap().to_uppercase().as_str()), "{row}");
    }
    eprintln!(
        "{requests} requests through the rotation of {ca}, none failed; serials {serials:?}, served {first_served}, then {second_served}"
    );
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_serves_while_a_root_is_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl", "sh"]) else { return };
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]).ok();
    through_a_whole_rotation(&shop, &Rotated { ca: "root", prepare: &["rotate", "prepare"], crls: false });
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_serves_and_checks_crls_while_a_root_is_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl", "sh"]) else { return };
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]).ok();
    through_a_whole_rotation(&shop, &Rotated { ca: "root", prepare: &["rotate", "prepare"], crls: true });
}

/// What a peer meets that has only the old root: server and client, one after the other.
fn with_the_old_root_alone(prepare: &[&str]) -> (bool, bool) {
    let shop = Workshop::open("nginx", &["nginx", "openssl"]).unwrap();
    let mtls_ca = |words: &[&str]| {
        let words: Vec<&str> = ["--ca-dir", "root", "--quiet"].iter().chain(words).copied().collect();
        shop.mtls_ca(&words).ok()
    };
    mtls_ca(&["init", "--name", "Fleet Root"]);
    for folder in ["served", "clients", "issued"] {
        fs::create_dir_all(shop.path(folder)).unwrap();
    }
    mtls_ca(&["issue", "localhost", "--profile", "server", "--out", "served"]);
    mtls_ca(&["issue", "billing", "--profile", "client", "--out", "issued"]);
    let rotated = Rotated { ca: "root", prepare: &[], crls: false };
    distribute(&shop, &rotated);
    hand_to_client(&shop);
    let port = free_port();
    let _server = start(&shop, port, false);
    let (identity, trust) = (shop.path("clients/identity.pem"), shop.path("clients/ca.crt"));
    let visit = || {
        let versions = [&rustls::version::TLS12, &rustls::version::TLS13];
        let [one, other] = versions.map(|version| visit(port, &identity, &trust, version).is_ok());
        assert_eq!(one, other);
        one
    };
    assert!(visit());
    mtls_ca(prepare);
    mtls_ca(&["rotate", "activate", "--force"]);
    // Leaves first, and nobody has the new root: the wrong order.
    mtls_ca(&["renew", "served/localhost.crt"]);
    reload(&shop);
    let client_accepts = visit();
    put(&shop, "clients/ca.crt", &shop.read("root/ca.crt"));
    assert!(visit(), "a client with both roots accepts it");
    mtls_ca(&["renew", "issued/billing.crt"]);
    hand_to_client(&shop);
    (client_accepts, visit())
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_and_client_with_the_old_root_alone_follow_by_the_cross_certificate_only() {
    if Workshop::open("nginx", &["nginx", "openssl"]).is_none() {
        return;
    }
    assert_eq!(with_the_old_root_alone(&["rotate", "prepare"]), (true, true));
    assert_eq!(with_the_old_root_alone(&["rotate", "prepare", "--no-cross"]), (false, false));
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_serves_while_an_intermediate_is_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl", "sh"]) else { return };
    shop.mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]).ok();
    shop.mtls_ca(&["--ca-dir", "issuing", "init", "--parent", "root", "--name", "Fleet Issuing"]).ok();
    through_a_whole_rotation(
        &shop,
        &Rotated { ca: "issuing", prepare: &["rotate", "prepare", "--parent", "root"], crls: false },
    );
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_serves_while_a_root_and_the_intermediate_below_are_replaced() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl", "sh"]) else { return };
    let mtls_ca = |words: &[&str]| shop.mtls_ca(words).ok();
    mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]);
    mtls_ca(&["--ca-dir", "issuing", "init", "--parent", "root", "--name", "Fleet Issuing"]);
    // The root first; the intermediate's trust file has both roots from its own preparation on.
    mtls_ca(&["--ca-dir", "root", "rotate", "prepare"]);
    mtls_ca(&["--ca-dir", "root", "rotate", "activate", "--force"]);
    through_a_whole_rotation(
        &shop,
        &Rotated { ca: "issuing", prepare: &["rotate", "prepare", "--parent", "root"], crls: false },
    );
    let roots = shop.read("issuing/ca.crt");
    assert_eq!(roots, shop.read("root/issuers/g2/issuer.crt"), "the new root alone");
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_names_the_roots_that_it_trusts() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl"]) else { return };
    let mtls_ca = |words: &[&str]| shop.mtls_ca(words).ok();
    mtls_ca(&["--ca-dir", "root", "init", "--name", "Fleet Root"]);
    fs::create_dir_all(shop.path("served")).unwrap();
    mtls_ca(&["--ca-dir", "root", "issue", "localhost", "--profile", "server", "--out", "served"]);
    let port = free_port();
    let _server = start(&shop, port, false);
    mtls_ca(&["--ca-dir", "root", "rotate", "prepare"]);
    let target = format!("127.0.0.1:{port}");
    let said = || {
        let status = shop.json(&["--ca-dir", "root", "rotate", "status", "--probe", &target]);
        let probe = &status["probes"][0];
        let said = probe["trust"].as_array().unwrap().iter().map(|trust| trust["said"].as_str().unwrap().to_owned());
        (said.collect::<Vec<_>>(), probe["serves"].as_str().map(str::to_owned))
    };
    assert_eq!(said(), (vec!["yes".to_owned(), "no".to_owned()], Some("g1".to_owned())));
    put(&shop, "served/ca.crt", &shop.read("root/ca.crt"));
    reload(&shop);
    eventually("the new root among the names", || said().0 == ["yes", "yes"]);
}
