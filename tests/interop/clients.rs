//! The clients that a server with mutual TLS meets: one that belongs, and strangers of each kind.

use crate::harness::Workshop;

/// A client by the files that it presents, or none.
pub struct Client {
    pub name: &'static str,
    pub files: Option<(&'static str, &'static str)>,
}

/// The client that every server is to accept.
pub const FRIEND: Client = Client { name: "ours", files: Some(("client/billing.crt", "client/billing.key")) };
pub const NONE: Client = Client { name: "no certificate", files: None };
pub const STRANGER: Client = Client { name: "another CA's", files: Some(("other/billing.crt", "other/billing.key")) };
pub const EXPIRED: Client = Client { name: "expired", files: Some(("expired.crt", "expired.key")) };
pub const SERVER_ONLY: Client =
    Client { name: "server-only", files: Some(("web/web.internal.crt", "web/web.internal.key")) };

/// Makes a root in `root`, an intermediate in `ca`, the server's files in `server`, and the files of
/// all clients.
pub fn make(shop: &Workshop) {
    shop.mtls_ca(&["init", "--ca-dir", "root", "--name", "Fleet Root"]).ok();
    shop.mtls_ca(&["init", "--ca-dir", "ca", "--name", "Fleet Issuing", "--parent", "root"]).ok();
    let server = ["issue", "localhost", "--profile", "server", "--san", "ip:127.0.0.1", "--san", "dns:localhost"];
    shop.mtls_ca(&[server.as_slice(), &["--out", "server"]].concat()).ok();
    let client = ["issue", "billing", "--profile", "client", "--san", "dns:billing.internal", "--out"];
    shop.mtls_ca(&[client.as_slice(), &["client"]].concat()).ok();
    shop.mtls_ca(&["issue", "web.internal", "--profile", "server", "--out", "web"]).ok();
    shop.mtls_ca(&["init", "--ca-dir", "stranger", "--name", "Fleet Root"]).ok();
    shop.mtls_ca(&[client.as_slice(), &["other", "--ca-dir", "stranger"]].concat()).ok();
    expired(shop);
}

/// A client certificate of our own intermediate that ended long ago. The binary has no way to make
/// one, so openssl signs it with the intermediate's key.
fn expired(shop: &Workshop) {
    let words =
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=billing"];
    shop.tool("openssl", &[words.as_slice(), &["-keyout", "expired.key", "-out", "expired.csr"]].concat()).ok();
    shop.write("index", "");
    shop.write(
        "ca.cnf",
        "[ca]\ndefault_ca = here\n[here]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\n\
         policy = any\nx509_extensions = leaf\n[any]\ncommonName = supplied\n[leaf]\nbasicConstraints = critical, CA:FALSE\n\
         keyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth\nsubjectAltName = DNS:billing.internal\n\
         subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n",
    );
    let words = ["ca", "-batch", "-config", "ca.cnf", "-in", "expired.csr", "-out", "expired.leaf", "-notext"];
    let dates = ["-startdate", "20250101000000Z", "-enddate", "20250201000000Z"];
    let issuer = ["-cert", "ca/issuers/g1/issuer.crt", "-keyfile", "ca/issuers/g1/issuer.key"];
    shop.tool("openssl", &[words.as_slice(), &dates, &issuer].concat()).ok();
    shop.write("expired.crt", [shop.read("expired.leaf"), shop.read("ca/chain.crt")].concat());
    let said = shop.mtls_ca(&["verify", "expired.crt", "--ca", "root/ca.crt", "--as", "client"]).code(3);
    said.says("expired");
}
