//! `mtls-ca recipe` with a folder of `examples/recipes`.

use std::fs;
use std::path::Path;

use super::{Run, Workshop};

/// Runs it with the CA in `ca`. A server, or a peer, is `localhost`; a client is `billing`.
pub fn recipe(shop: &Workshop, system: &str, args: &[&str], out: &str) -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/recipes").join(system);
    let settings: toml::Table = fs::read_to_string(folder.join("recipe.toml")).unwrap().parse().unwrap();
    let name: &[&str] = if settings["role"].as_str() == Some("client") {
        &["--name", "billing", "--san", "dns:billing.internal"]
    } else {
        &["--name", "localhost", "--san", "dns:localhost", "--san", "ip:127.0.0.1"]
    };
    // The configuration of before is replaced, and its certificate stays.
    let again: &[&str] = if shop.path(out).exists() { &["--force"] } else { &[] };
    let words = [&["--ca-dir", "ca", "recipe", folder.to_str().unwrap(), "--out", out], name, args, again].concat();
    shop.mtls_ca(&words).ok()
}
