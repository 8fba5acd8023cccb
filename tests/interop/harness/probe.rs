//! What openssl's client sees of a server: the alert by which it refuses a certificate, and which
//! certificate it shows itself.

use std::path::Path;

use super::Workshop;
use super::cast::{Cast, Client};

/// What openssl's client gets with this certificate: `alert 45`, or `accepted`. By TLS 1.2 a refusal
/// comes before the handshake's end, as an alert with a number (RFC 5246 section 7.2). `how` has
/// further words, such as `-starttls postgres`.
pub fn alert(cast: &Cast, client: Client, port: u16, how: &[&str]) -> String {
    let shop: &Workshop = cast.shop;
    let (address, trust) = (format!("127.0.0.1:{port}"), cast.trust());
    let mut words = vec!["s_client", "-tls1_2", "-connect", &address, "-CAfile", trust.to_str().unwrap()];
    let identity = cast.client(client);
    let files = identity.map(|identity| [identity.crt(), identity.key()].map(|path| path.to_str().unwrap().to_owned()));
    if let Some([crt, key]) = &files {
        words.extend(["-cert", crt, "-cert_chain", crt, "-key", key]);
    }
    words.extend(how);
    let run = shop.tool("openssl", &words);
    let said = format!("{}{}", run.stdout, run.stderr);
    match said.split_once("SSL alert number ") {
        Some((_, number)) => format!("alert {}", number.lines().next().unwrap_or_default().trim()),
        None if said.contains("Verify return code: 0 (ok)") && run.code == Some(0) => "accepted".to_owned(),
        None => format!("closed: {said}"),
    }
}

/// The serial number of the certificate that a server shows, as openssl writes it.
pub fn shown(shop: &Workshop, port: u16, how: &[&str]) -> String {
    let script = "address=$1; shift; openssl s_client -connect \"$address\" \"$@\" </dev/null 2>/dev/null | \
                  openssl x509 -noout -serial";
    shop.tool("sh", &[&["-c", script, "sh", &format!("127.0.0.1:{port}")], how].concat()).stdout
}

/// The serial number of the first certificate of a file, in the same spelling.
pub fn serial(shop: &Workshop, path: &Path) -> String {
    shop.tool("openssl", &["x509", "-noout", "-serial", "-in", path.to_str().unwrap()]).ok().stdout
}
