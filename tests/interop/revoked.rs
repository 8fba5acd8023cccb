//! NGINX and Apache with a CRL: a client is let in, and after its revocation and a reload it is not,
//! while another still is.

use std::process::Command;

use crate::clients;
use crate::harness::{Server, Workshop, eventually, free_port};

/// The clients, a second one of ours, and a set of CRLs in `pub/crls.pem` in which nothing is revoked.
fn make(shop: &Workshop) {
    clients::make(shop);
    let colleague = ["issue", "shipping", "--profile", "client", "--san", "dns:shipping.internal"];
    shop.mtls_ca(&[colleague.as_slice(), &["--out", "colleague"]].concat()).ok();
    std::fs::create_dir(shop.path("pub")).unwrap();
    let settings = String::from_utf8(shop.read("ca/ca.toml")).unwrap();
    shop.write("ca/ca.toml", format!("{settings}\n[publish]\ndir = \"../pub\"\n"));
    shop.mtls_ca(&["crl", "build", "--ca-dir", "root"]).ok();
    shop.mtls_ca(&["crl", "build"]).ok();
    shop.mtls_ca(&["crl", "import", "root/issuers/g1/crl.pem"]).ok();
}

/// What curl gets with this client's certificate: the HTTP status, or its own exit code.
fn visit(shop: &Workshop, port: u16, client: &str) -> String {
    let url = format!("https://localhost:{port}/");
    let (certificate, key) = (format!("{client}.crt"), format!("{client}.key"));
    let words = ["-sS", "--max-time", "10", "--cacert", "root/ca.crt", "-o", "page", "-w", "%{http_code}"];
    let run = shop.tool("curl", &[words.as_slice(), &["--cert", &certificate, "--key", &key, &url]].concat());
    if run.code == Some(0) { run.stdout } else { format!("curl {:?}", run.code) }
}

/// The same walk with either server; `reload` is a command that makes it read its files again.
fn walk(shop: &Workshop, port: u16, reload: &[&str], server: &Server) {
    assert_eq!(visit(shop, port, "client/billing"), "200", "{}", server.log());
    assert_eq!(visit(shop, port, "colleague/shipping"), "200");
    let words = ["revoke", "client/billing.crt", "--reason", "keyCompromise", "--publish-exec"];
    shop.mtls_ca(&[words.as_slice(), reload].concat()).ok();
    eventually("the revoked client is refused", || visit(shop, port, "client/billing") != "200");
    assert_eq!(visit(shop, port, "colleague/shipping"), "200", "{}", server.log());
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn nginx_refuses_a_revoked_client_after_reload() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "curl", "openssl"]) else { return };
    make(&shop);
    let port = free_port();
    shop.write(
        "nginx.conf",
        format!(
            "daemon off;\npid nginx.pid;\nerror_log error.log info;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\nuwsgi_temp_path tmp;\n\
             scgi_temp_path tmp;\nserver {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate server/localhost.crt;\n\
             ssl_certificate_key server/localhost.key;\nssl_client_certificate root/ca.crt;\nssl_crl pub/crls.pem;\n\
             ssl_verify_client on;\nssl_verify_depth 2;\nssl_session_cache off;\nssl_session_tickets off;\n\
             location / {{ return 200 \"hello\\n\"; }}\n}}\n}}\n"
        ),
    );
    let prefix = shop.path("").to_str().unwrap().to_owned();
    let words = ["-p", &prefix, "-c", "nginx.conf", "-e", "error.log"];
    let server = shop.serve("nginx", &words, port);
    walk(&shop, port, &["nginx", "-p", &prefix, "-c", "nginx.conf", "-e", "error.log", "-s", "reload"], &server);
    let log = String::from_utf8_lossy(&shop.read("error.log")).into_owned();
    assert!(log.contains("certificate revoked"), "{log}");
    shop.tool("nginx", &[words.as_slice(), &["-s", "quit"]].concat()).ok();
}

#[test]
#[ignore = "run by ./tests/run.sh interop apache"]
fn apache_refuses_a_revoked_client_after_reload() {
    let Some(shop) = Workshop::open("apache", &["apache2", "curl", "openssl"]) else { return };
    make(&shop);
    let port = free_port();
    let root = shop.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    // Run by root, its workers are somebody else, who has to come to the pages.
    std::fs::create_dir(shop.path("pages")).unwrap();
    shop.write("pages/index.html", "hello\n");
    shop.tool("chmod", &["-R", "a+rX", &root]).ok();
    let modules = "/usr/lib/apache2/modules";
    shop.write(
        "apache.conf",
        format!(
            "ServerRoot {root}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {root}/apache.pid\n\
             ErrorLog {root}/error.log\nLogLevel info\nMutex file:{root}\n\
             LoadModule mpm_event_module {modules}/mod_mpm_event.so\n\
             LoadModule authz_core_module {modules}/mod_authz_core.so\n\
             LoadModule dir_module {modules}/mod_dir.so\n\
             LoadModule ssl_module {modules}/mod_ssl.so\nDocumentRoot {root}/pages\nUser nobody\nGroup nogroup\n\
             SSLEngine on\nSSLCertificateFile {root}/server/localhost.crt\n\
             SSLCertificateKeyFile {root}/server/localhost.key\nSSLCACertificateFile {root}/root/ca.crt\n\
             SSLVerifyClient require\nSSLVerifyDepth 2\nSSLCARevocationFile {root}/pub/crls.pem\n\
             SSLCARevocationCheck chain\nSSLSessionTickets off\n"
        ),
    );
    let conf = shop.path("apache.conf").to_str().unwrap().to_owned();
    let server = shop.serve("apache2", &["-f", &conf, "-DFOREGROUND"], port);
    walk(&shop, port, &["apache2", "-f", &conf, "-k", "graceful"], &server);
    let log = || String::from_utf8_lossy(&shop.read("error.log")).into_owned();
    eventually("`certificate revoked` in error.log", || log().contains("certificate revoked"));
    let mut stop = Command::new("apache2");
    stop.args(["-f", &conf, "-k", "stop"]);
    shop.run(stop);
}
