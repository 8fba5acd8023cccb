//! NGINX with its recipe accepts our client, says who it was, and refuses everybody else, each for its
//! own reason.

use crate::harness::backend::Backend;
use crate::harness::caller::{TLS12, TLS13, Version};
use crate::harness::cast::{Cast, Client, DEEP, FLAT};
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;
use crate::harness::{Server, Workshop, free_port};

/// `nginx version: nginx/1.22.1`
fn version(shop: &Workshop) -> String {
    shop.tool("nginx", &["-v"]).ok().stderr.trim().rsplit('/').next().unwrap().to_owned()
}

/// What stands around a recipe: everything of NGINX stays in the workshop.
fn words(shop: &Workshop, include: &str) -> Vec<String> {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path tmp;\n"));
    shop.write(
        "around.conf",
        format!(
            "daemon off;\nworker_processes 2;\npid nginx.pid;\nerror_log error.log info;\nevents {{}}\nhttp {{\n\
             log_format seen '$ssl_client_s_dn|$ssl_client_serial|$status|$ssl_session_reused';\naccess_log access.log seen;\n{}\
             include {include};\n}}\n",
            temporary.concat()
        ),
    );
    let prefix = shop.path("").to_str().unwrap().to_owned();
    ["-p", &prefix, "-c", "around.conf", "-e", "error.log"].map(str::to_owned).to_vec()
}

fn log(shop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(shop.path(name)).unwrap_or_default()
}

/// The recipe in `out`, in front of a backend.
fn start(cast: &Cast, port: u16, backend: &Backend) -> Server {
    let (listen, upstream) = (port.to_string(), backend.address());
    cast.recipe("nginx", &["--port", &listen, "--upstream", &upstream], "out");
    cast.shop.serve("nginx", &words(cast.shop, "out/nginx.conf"), port)
}

const ACCEPTED: &str = "x-client-dn: CN=billing\n";

fn refuses(cast: &Cast, row: &mut Row, port: u16, version: Version, table: &[(Client, &str, &str)]) {
    let visit = |client| cast.caller(client, version).visit(port, "/");
    let log = || log(cast.shop, "error.log");
    Refusals { friend: Client::Ours, accepted: ACCEPTED, visit: &visit, log: &log }.walk(row, table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "curl", "openssl"]) else { return };
    let mut row = Row::open("nginx", "deep", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, DEEP), free_port(), Backend::start());
    let _server = start(&cast, port, &backend);
    let error = "400 <html>\r\n<head><title>400 The SSL certificate error";
    let table = [
        (Client::Nobody, "No required SSL certificate was sent", "client sent no required SSL certificate"),
        (Client::OtherCa, error, "(20:unable to get local issuer certificate)"),
        (Client::Impostor, error, "(20:unable to get local issuer certificate)"),
        (Client::Expired, error, "(10:certificate has expired)"),
        (Client::NotYetValid, error, "(9:certificate is not yet valid)"),
        (Client::Revoked, error, "(23:certificate revoked)"),
        (Client::ServerOnly, error, "(26:unsuitable certificate purpose)"),
        (Client::LeafOnly, error, "unable to"),
        (Client::Another, "403 <html>", ""),
    ];
    for version in [TLS13, TLS12] {
        refuses(&cast, &mut row, port, version, &table);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop nginx"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("nginx", &["nginx", "openssl"]) else { return };
    let mut row = Row::open("nginx", "flat", &version(&shop));
    let (cast, port, backend) = (Cast::make(&shop, FLAT), free_port(), Backend::start());
    let _server = start(&cast, port, &backend);
    let table = [(Client::OtherCa, "400 The SSL certificate error", "unable to"), (Client::Another, "403 <html>", "")];
    refuses(&cast, &mut row, port, TLS13, &table);
    row.passed();
}
