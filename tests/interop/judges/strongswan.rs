//! strongSwan: `pki --verify` with the lists of all CAs. It knows no purposes and no names of hosts, and
//! this version of it no responses.

use super::stock::{Item, Kind, Stock};
use super::{CANNOT, each, weigh};
use crate::harness::Workshop;

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["pki"]) else { return };
    let stock = Stock::get();
    let remarks = each(stock, |item| match item.kind {
        Kind::Certificate => certificate(&shop, item),
        Kind::Crl => list(&shop, item),
        Kind::Ocsp => vec![CANNOT.to_owned()],
    });
    weigh("strongswan", stock, &remarks);
}

fn verify(shop: &Workshop, certificate: &std::path::Path, item: &Item, crls: &[String]) -> (Option<i32>, String) {
    let file = |option: &str, path: &str| [option.to_owned(), path.to_owned()];
    let mut words = vec!["--verify".to_owned()];
    words.extend(file("--in", certificate.to_str().unwrap()));
    for (n, ca) in blocks(item).iter().enumerate() {
        let path = shop.write(&format!("ca-{n}.pem"), ca);
        words.extend(file("--cacert", path.to_str().unwrap()));
    }
    for (n, list) in crls.iter().enumerate() {
        let path = shop.write(&format!("crl-{n}.pem"), list);
        words.extend(file("--crl", path.to_str().unwrap()));
    }
    let run = shop.tool("pki", &words);
    // Plug-ins that are not installed are told of at each start.
    let told = run.stdout.lines().chain(run.stderr.lines()).filter(|line| !line.starts_with("plugin '"));
    (run.code, told.map(str::trim).collect::<Vec<_>>().join("; "))
}

/// Each CA above, alone: it reads the first of a file only.
fn blocks(item: &Item) -> Vec<String> {
    let files = item.chain.iter().chain([&item.root]);
    files.flat_map(|file| super::make::blocks(&std::fs::read_to_string(file).unwrap())).collect()
}

fn certificate(shop: &Workshop, item: &Item) -> Vec<String> {
    let lists = super::make::blocks(&std::fs::read_to_string(&item.crls).unwrap());
    let (code, told) = verify(shop, &item.file, item, &lists);
    let is_root = item.file != item.root && std::fs::read(&item.file).unwrap() == std::fs::read(&item.root).unwrap();
    let wanted =
        if is_root { "certificate trusted" } else { "certificate trusted, lifetimes valid, certificate not revoked" };
    if code == Some(0) && told.contains(wanted) { Vec::new() } else { vec![told] }
}

/// By a certificate that it does not revoke, and the lists of the CAs above.
fn list(shop: &Workshop, item: &Item) -> Vec<String> {
    let own = std::fs::read_to_string(&item.file).unwrap();
    let (code, told) = verify(shop, item.about.as_deref().unwrap(), item, &[own]);
    let good = code == Some(0) && told.contains("crl correctly signed by") && told.contains("crl is valid");
    if good { Vec::new() } else { vec![told] }
}
