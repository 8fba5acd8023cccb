//! NGINX with its recipe: as a server that demands client certificates, and as a gateway that shows one.

use crate::harness::backend::Backend;
use crate::harness::cast::{Cast, Client};
use crate::harness::gateway::Gateway;
use crate::harness::{Server, Workshop};

const NGINX: Gateway = Gateway {
    system: "nginx",
    programs: &["nginx", "curl", "openssl"],
    version,
    start,
    log: |shop| read(shop, "error.log"),
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

pub fn read(shop: &Workshop, name: &str) -> String {
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
fn takes_rsa_below_a_root() {
    let table = [
        (Client::OtherCa, "400 The SSL certificate error", "verify error: (21:unable to verify the first certificate)"),
        (Client::Another, "403 <html>", ""),
    ];
    NGINX.takes_rsa(&table);
}
