//! NGINX with its recipe: as a server that demands client certificates, and as a gateway that shows one.

mod rotation;

use crate::harness::backend::Backend;
use crate::harness::caller::TLS12;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::load;
use crate::harness::matrix::Row;
use crate::harness::revocation::Revocation;
use crate::harness::turnover;
use crate::harness::{Server, Workshop, eventually, free_port};

const NGINX: Gateway = Gateway {
    system: "nginx",
    programs: &["nginx", "curl", "openssl"],
    version,
    start,
    log: |shop| log_of(shop, "error.log"),
    accepted: "x-client-dn: CN=billing\n",
};

/// `nginx version: nginx/1.22.1`
pub fn version(shop: &Workshop) -> String {
    shop.tool("nginx", &["-v"]).ok().stderr.trim().rsplit('/').next().unwrap().to_owned()
}

/// What stands around a recipe: all files of NGINX stay in the workshop.
pub fn around(shop: &Workshop, include: &str) -> Vec<String> {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path tmp;\n"));
    shop.write(
        "around.conf",
        format!(
            "daemon off;\nworker_processes 2;\npid nginx.pid;\nerror_log error.log info;\nevents {{}}\nhttp {{\n\
             log_format seen '$ssl_client_s_dn|$ssl_client_serial|$status|$ssl_session_reused';\n\
             access_log access.log seen;\n{}include {include};\n}}\n",
            temporary.concat()
        ),
    );
    let prefix = shop.path("").to_str().unwrap().to_owned();
    ["-p", &prefix, "-c", "around.conf", "-e", "error.log"].map(str::to_owned).to_vec()
}

pub fn log_of(shop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(shop.path(name)).unwrap_or_default()
}

fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    cast.recipe("nginx", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    cast.shop.serve("nginx", &around(cast.shop, "out/nginx.conf"), port)
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn refuses_strangers_each_for_its_reason() {
    let error = "400 The SSL certificate error";
    let table = [
        (Client::Nobody, "No required SSL certificate was sent", "client sent no required SSL certificate"),
        // NGINX goes on after the first error, and logs the last: of a stranger, that its CA's CRL is missing.
        (Client::OtherCa, error, "verify error: (3:unable to get certificate CRL)"),
        (Client::Impostor, error, "verify error: (3:unable to get certificate CRL)"),
        (Client::Expired, error, "verify error: (10:certificate has expired)"),
        (Client::NotYetValid, error, "verify error: (9:certificate is not yet valid)"),
        (Client::Revoked, error, "verify error: (23:certificate revoked)"),
        (Client::ServerOnly, error, "verify error: (26:"),
        (Client::LeafOnly, error, "verify error: (21:unable to verify the first certificate)"),
        (Client::Another, "403 <html>", ""),
    ];
    NGINX.refuses(&table, &table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn lets_nobody_in_without_a_list() {
    NGINX.lets_nobody_in("403 <html>");
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn takes_rsa_below_a_root() {
    let table = [
        (Client::OtherCa, "400 The SSL certificate error", "verify error: (21:unable to verify the first certificate)"),
        (Client::Another, "403 <html>", ""),
    ];
    NGINX.takes_rsa(&table);
}

/// NGINX on a root of its own, with two clients on its list.
fn at_work(shop: &Workshop, port: u16, backend: &Backend) -> (Server, Vec<String>) {
    turnover::prepare(shop, "nginx", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let words = around(shop, "out/nginx.conf");
    let server = shop.serve("nginx", &words, port);
    (server, [&["nginx".to_owned()], words.as_slice(), &["-s".to_owned(), "reload".to_owned()]].concat())
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn refuses_a_revoked_client_at_its_next_request() {
    let Some(shop) = Workshop::open("nginx", &["nginx"]) else { return };
    let mut row = Row::open("nginx", "revocation", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    let (_server, reload) = at_work(&shop, port, &backend);
    let reload: Vec<&str> = reload.iter().map(String::as_str).collect();
    let crls = [env!("CARGO_BIN_EXE_mtls-ca"), "bundle", "--crl", "--out", "out/crl/crl.pem", "--exec"];
    let refresh = [&crls, reload.as_slice()].concat();
    let revocation = Revocation {
        port,
        path: "/",
        refresh: &[&refresh],
        wanted: ["x-client-dn: CN=billing\n", "x-client-dn: CN=reports\n"],
        refused: "400 The SSL certificate error",
        bound: std::time::Duration::from_secs(1),
    };
    revocation.walk(&shop, &mut row);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn with_a_session_cache_of_its_own_choice_would_let_a_revoked_client_in_again() {
    let Some(shop) = Workshop::open("nginx", &["nginx"]) else { return };
    let mut row = Row::open("nginx", "sessions", &version(&shop));
    let (port, backend) = (free_port(), Backend::start());
    turnover::prepare(&shop, "nginx", &["--port", &port.to_string(), "--upstream", &backend.address()], "out");
    let strict = log_of(&shop, "out/nginx.conf");
    let cached = strict.replace("ssl_session_cache off;", "ssl_session_cache shared:mtls:1m;\nssl_session_timeout 4s;");
    assert_ne!(strict, cached);
    shop.write("out/nginx.conf", cached);
    let words = around(&shop, "out/nginx.conf");
    let _server = shop.serve("nginx", &words, port);

    let [caller, fresh] = [(); 2].map(|()| load::of_folder(&shop.path("billing"), TLS12).unwrap());
    let caller = caller.remembering();
    let visit = || {
        let mut line = caller.connect(port).unwrap();
        (line.resumed(), line.get("/", false).unwrap().status)
    };
    assert_eq!([visit(), visit()], [(false, 200), (true, 200)]);
    let since = std::time::Instant::now();
    shop.mtls_ca(&["revoke", "billing/current/tls.crt", "--reason", "keyCompromise"]).ok();
    shop.mtls_ca(&["bundle", "--crl", "--out", "out/crl/crl.pem"]).ok();
    shop.tool("nginx", &[words.as_slice(), &["-s".to_owned(), "reload".to_owned()]].concat()).ok();
    eventually("a new session is refused", || fresh.get(port, "/").unwrap().status == 400);
    // The session of before is taken up without a look at the new CRL, until its time is over.
    assert_eq!(visit(), (true, 200));
    eventually("the session's end", || visit().1 == 400);
    assert!(since.elapsed() < std::time::Duration::from_secs(8), "{:?}", since.elapsed());
    row.revocation(
        "with ssl_session_cache, which the recipe has off, a resumed session is let in until ssl_session_timeout",
    );
    row.passed();
}
