//! NGINX with `ssl_verify_client on` accepts our client, says who it was, and refuses strangers,
//! each for its own reason.

use crate::clients::{self, Client};
use crate::harness::{Server, Workshop, eventually, free_port};

fn start(shop: &Workshop, port: u16) -> Server {
    shop.write(
        "nginx.conf",
        format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log info;\nevents {{}}\nhttp {{\n\
             log_format identity '$ssl_client_verify|$ssl_client_s_dn|$ssl_client_i_dn|$ssl_client_serial|$status';\n\
             access_log access.log identity;\nclient_body_temp_path tmp;\nproxy_temp_path tmp;\nfastcgi_temp_path tmp;\n\
             uwsgi_temp_path tmp;\nscgi_temp_path tmp;\nserver {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\n\
             ssl_certificate server/localhost.crt;\nssl_certificate_key server/localhost.key;\n\
             ssl_client_certificate root/ca.crt;\nssl_verify_client on;\nssl_verify_depth 2;\n\
             ssl_session_cache off;\nssl_session_tickets off;\nlocation / {{ return 200 \"hello $ssl_client_s_dn\\n\"; }}\n}}\n}}\n"
        ),
    );
    let prefix = shop.path("");
    let words = ["-p", prefix.to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log"];
    shop.serve("nginx", &words, port)
}

/// What curl gets with this client's certificate: the HTTP status and the body.
fn visit(shop: &Workshop, port: u16, client: &Client) -> String {
    let url = format!("https://localhost:{port}/");
    let mut words = vec!["-sS", "--max-time", "10", "--cacert", "root/ca.crt", "-w", "status %{http_code}"];
    if let Some((certificate, key)) = client.files {
        words.extend(["--cert", certificate, "--key", key]);
    }
    words.push(&url);
    let run = shop.tool("curl", &words).ok();
    run.stdout
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn accepts_ours_and_refuses_strangers() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "curl", "openssl"]) else { return };
    clients::make(&shop);
    let port = free_port();
    let _server = start(&shop, port);
    let log = |name: &str| String::from_utf8_lossy(&shop.read(name)).into_owned();

    let accepted = || {
        let answer = visit(&shop, port, &clients::FRIEND);
        assert_eq!(answer, "hello CN=billing\nstatus 200");
    };
    accepted();
    for (client, told, logged) in [
        (clients::NONE, "No required SSL certificate was sent", "client sent no required SSL certificate"),
        (clients::STRANGER, "The SSL certificate error", "unable to verify the first certificate"),
        (clients::IMPOSTOR, "The SSL certificate error", "unable to verify the first certificate"),
        (clients::EXPIRED, "The SSL certificate error", "certificate has expired"),
        (clients::SERVER_ONLY, "The SSL certificate error", "certificate purpose"),
    ] {
        let before = log("error.log").len();
        let answer = visit(&shop, port, &client);
        assert!(answer.contains(told) && answer.ends_with("status 400"), "{}: {answer}", client.name);
        eventually(&format!("{}: `{logged}` in error.log", client.name), || {
            log("error.log")[before..].contains(logged)
        });
        accepted();
    }
    let listed = shop.json(&["list"]);
    let certificates = listed["certificates"].as_array().unwrap();
    let ours = certificates.iter().find(|row| row["subject"] == "CN=billing").unwrap();
    let serial = ours["serial"].as_str().unwrap().to_uppercase();
    let seen = log("access.log");
    let ours = format!("SUCCESS|CN=billing|CN=Fleet Issuing|{serial}|200");
    assert_eq!(seen.lines().filter(|line| *line == ours).count(), 6, "{seen}");
}
