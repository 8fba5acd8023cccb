//! What our binary issues for the other tools to judge.

use std::path::PathBuf;

use crate::harness::{Algorithm, Workshop};

/// A root, an intermediate below it, and where their files are.
pub struct Authority {
    pub root: PathBuf,
    pub issuer: PathBuf,
}

/// A certificate with its chain, its key, and the role that it was issued for.
pub struct Issued {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub profile: &'static str,
    pub name: &'static str,
}

/// One of each role that a TLS peer checks.
const ROLES: [(&str, &str); 3] = [("server", "api.internal"), ("client", "billing"), ("peer", "node-1.internal")];

/// A root and an intermediate with keys of this algorithm, in `ALGORITHM/root` and `ALGORITHM/ca`.
pub fn authority(shop: &Workshop, algorithm: &Algorithm) -> Authority {
    let name = algorithm.ours;
    let (root, ca) = (format!("{name}/root"), format!("{name}/ca"));
    std::fs::create_dir_all(shop.path(name)).unwrap();
    shop.mtls_ca(&["init", "--ca-dir", &root, "--name", "Interop Root", "--key-algorithm", name]).ok();
    let words =
        ["init", "--ca-dir", &ca, "--name", "Interop Issuing", "--key-algorithm", name, "--parent", root.as_str()];
    shop.mtls_ca(&words).ok();
    Authority { root: shop.path(&format!("{root}/ca.crt")), issuer: shop.path(&ca) }
}

/// A key and a certificate of each role, with keys of this algorithm, from this authority.
pub fn one_of_each_role(shop: &Workshop, authority: &Authority, algorithm: &Algorithm) -> Vec<Issued> {
    let ca = authority.issuer.to_str().unwrap();
    let mut all = Vec::new();
    for (profile, name) in ROLES {
        let out = format!("{}/{profile}", algorithm.ours);
        let mut words = vec!["issue", name, "--ca-dir", ca, "--profile", profile, "--out", &out];
        words.extend(["--key-algorithm", algorithm.ours]);
        if profile == "client" {
            words.extend(["--san", "uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]);
        }
        shop.mtls_ca(&words).ok();
        let file = |ending: &str| shop.path(&format!("{out}/{name}.{ending}"));
        all.push(Issued { certificate: file("crt"), key: file("key"), profile, name });
    }
    all
}

/// A root with this passphrase on its key, in `ALGORITHM/locked`. Answers with its key and certificate.
pub fn locked_root(shop: &Workshop, algorithm: &Algorithm, passphrase: &str) -> (PathBuf, PathBuf) {
    let dir = format!("{}/locked", algorithm.ours);
    std::fs::create_dir_all(shop.path(algorithm.ours)).unwrap();
    let file = shop.write("passphrase", format!("{passphrase}\n"));
    let words = ["init", "--ca-dir", &dir, "--key-algorithm", algorithm.ours, "--passphrase-file"];
    shop.mtls_ca(&[words.as_slice(), &[file.to_str().unwrap()]].concat()).ok();
    (shop.path(&format!("{dir}/issuers/g1/issuer.key")), shop.path(&format!("{dir}/issuers/g1/issuer.crt")))
}

/// A service's key with this passphrase, issued by a root in `ca`, in `ALGORITHM/service`.
pub fn locked_service(shop: &Workshop, algorithm: &Algorithm, passphrase: &str) -> PathBuf {
    let dir = format!("{}/service", algorithm.ours);
    std::fs::create_dir_all(shop.path(algorithm.ours)).unwrap();
    let file = shop.write("service-passphrase", format!("{passphrase}\n"));
    let words = ["issue", "billing", "--key-algorithm", algorithm.ours, "--out", &dir, "--key-passphrase-file"];
    shop.mtls_ca(&[words.as_slice(), &[file.to_str().unwrap()]].concat()).ok();
    shop.path(&format!("{dir}/billing.key"))
}

/// A root with a P-256 key in `ca`, for requests of all kinds.
pub fn plain_root(shop: &Workshop) -> PathBuf {
    shop.mtls_ca(&["init", "--ca-dir", "ca"]).ok();
    shop.path("ca/ca.crt")
}

/// Signs a request with the root in `ca` and checks the result with our own `verify`.
pub fn sign(shop: &Workshop, request: &str, profile: &str) -> PathBuf {
    let out = format!("{request}.crt");
    shop.mtls_ca(&["sign", request, "--ca-dir", "ca", "--profile", profile, "--out", &out]).ok();
    let purpose = if profile == "client" { "client" } else { "server" };
    shop.mtls_ca(&["verify", &out, "--ca", "ca/ca.crt", "--as", purpose]).ok();
    shop.path(&out)
}
