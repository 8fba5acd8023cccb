//! Python's cryptography verifies what we make, opens what we encrypt, and we sign its requests.

use std::path::Path;

use crate::harness::{ALGORITHMS, Run, Workshop, fixture};
use crate::issued;

fn pyca(shop: &Workshop, words: &[&str]) -> Run {
    let program = fixture("python/pyca.py");
    shop.tool("venv:python", &[&[program.to_str().unwrap()], words].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
#[ignore = "run by ./tests/run.sh interop pyca"]
fn takes_what_we_make() {
    let Some(shop) = Workshop::open("pyca", &["venv:python"]) else { return };
    for algorithm in &ALGORITHMS {
        let authority = issued::authority(&shop, algorithm);
        for leaf in issued::one_of_each_role(&shop, &authority, algorithm) {
            let (root, chain, key) = (text(&authority.root), text(&leaf.certificate), text(&leaf.key));
            if leaf.profile != "client" {
                pyca(&shop, &["verify", "server", root, chain, key, leaf.name]).ok();
            }
            if leaf.profile != "server" {
                pyca(&shop, &["verify", "client", root, chain, key]).ok();
            }
        }
        let (key, certificate) = issued::locked_root(&shop, algorithm, "correct horse");
        pyca(&shop, &["open", text(&key), "correct horse", text(&certificate)]).ok();
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop pyca"]
fn its_requests_are_signed() {
    let Some(shop) = Workshop::open("pyca", &["venv:python"]) else { return };
    let root = issued::plain_root(&shop);
    for algorithm in &ALGORITHMS {
        let (request, key) = (format!("{}.csr", algorithm.ours), format!("{}.key", algorithm.ours));
        pyca(&shop, &["request", algorithm.ours, "api.internal", &request, &key]).ok();
        let certificate = issued::sign(&shop, &request, "server");
        pyca(&shop, &["verify", "server", text(&root), text(&certificate), &key, "api.internal"]).ok();
    }
}
