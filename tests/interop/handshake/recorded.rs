//! `--keylog` is what Wireshark reads: an exchange is captured on loopback, and tshark says what was in it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::cast::{Cast, Client, DEEP};
use crate::harness::{Server, Workshop, eventually, free_port};

use super::handshake;
use super::kinds::APACHE;

/// tshark writes what goes over this port until it is dropped.
fn capture(shop: &Workshop, port: u16) -> Option<Server> {
    let filter = format!("tcp port {port}");
    // It needs a right that not every machine gives.
    let may = Command::new("tshark").args(["-i", "lo", "-a", "duration:0", "-q"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        let line = "\nSKIPPED handshake --keylog: tshark may not capture on this machine\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "{}", line.trim());
        return None;
    }
    let words = ["-i", "lo", "-f", &filter, "-w", "exchange.pcapng", "-q"];
    Some(shop.serve("tshark", &words, port))
}

/// What tshark shows of these fields.
fn shown(shop: &Workshop, port: u16, filter: &str, field: &str, with_keys: bool) -> String {
    let mut words = vec!["-r", "exchange.pcapng", "-Y", filter, "-T", "fields", "-e", field];
    if with_keys {
        words.extend(["-o", "tls.keylog_file:keys.log"]);
    }
    // The port is not one of HTTP.
    let (tls, http) = (format!("tcp.port=={port},tls"), format!("tls.port=={port},http"));
    words.extend(["-d", &tls, "-d", &http]);
    shop.tool("tshark", &words).stdout
}

#[test]
#[ignore = "run by ./tests/run.sh interop handshake"]
fn tshark_reads_the_request_and_the_alert_with_our_key_log() {
    let Some(shop) = Workshop::open("tshark", &["tshark", "apache2", "openssl"]) else { return };
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let _server = (APACHE.start)(&cast, port);
    let Some(capturing) = capture(&shop, port) else { return };
    eventually("tshark captures", || {
        capturing.log().contains("Capture started") || shop.path("exchange.pcapng").is_file()
    });
    // The file is there a moment before the first packet is taken: try until one is.
    let _ = std::net::TcpStream::connect(("127.0.0.1", port));
    handshake(&cast, port, Client::Ours, &["--keylog", "keys.log"]).code(0);
    handshake(&cast, port, Client::Expired, &["--keylog", "keys.log"]).code(3);
    let requests = || shown(&shop, port, "http.request", "http.request.line", true);
    let alerts = || shown(&shop, port, "tls.alert_message.desc == 45", "tls.alert_message.desc", true);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while (!requests().contains("Host:") || !alerts().contains("45")) && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
    }
    let (requests, alerts) = (requests(), alerts());
    assert!(requests.contains("User-Agent: mtls-ca"), "{requests}\n{}", capturing.log());
    assert!(alerts.contains("45"), "{alerts}");
    // Without the keys nothing of the request can be read.
    assert_eq!(shown(&shop, port, "http.request", "http.request.line", false).trim(), "");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(shop.path("keys.log")).unwrap());
    assert_eq!(mode & 0o7777, 0o600);
    let keys = String::from_utf8(shop.read("keys.log")).unwrap();
    for label in ["CLIENT_RANDOM ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_HANDSHAKE_TRAFFIC_SECRET "] {
        assert!(keys.lines().any(|line| line.starts_with(label)), "{label}");
    }
}
