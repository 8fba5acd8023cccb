//! NSS: `vfychain` by libpkix with the lists in its database, and `crlutil`.

use std::collections::BTreeMap;
use std::path::Path;

use super::make::blocks;
use super::stock::{Item, Kind, Stock};
use super::{CANNOT, Remarks, weigh};
use crate::harness::{Run, Workshop};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["certutil", "crlutil", "vfychain"]) else { return };
    let stock = Stock::get();
    // One database for all files that have the same CAs and lists above them.
    let mut groups: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in &stock.items {
        let files = item.chain.iter().chain([&item.root, &item.crls]);
        let own = (item.kind == Kind::Crl).then_some(&item.file);
        let key = files.chain(own).map(|file| std::fs::read_to_string(file).unwrap()).collect();
        groups.entry(key).or_default().push(item);
    }
    let mut remarks = Remarks::new();
    for (n, items) in groups.values().enumerate() {
        let database = format!("sql:db-{n}");
        std::fs::create_dir(shop.path(&format!("db-{n}"))).unwrap();
        shop.tool("certutil", &["-N", "-d", &database, "--empty-password"]).ok();
        let mut told = authorities(&shop, &database, items[0]);
        if told.is_empty() && items[0].kind != Kind::Crl {
            told.extend(lists(&shop, &database, &items[0].crls));
        }
        for item in items {
            let said = match item.kind {
                // Without the CAs nothing that follows means anything.
                _ if !told.is_empty() => Vec::new(),
                Kind::Certificate => {
                    item.purposes.iter().flat_map(|role| certificate(&shop, &database, item, role)).collect()
                }
                Kind::Crl => lists(&shop, &database, &item.file),
                Kind::Ocsp => Vec::new(),
            };
            let said = if item.kind == Kind::Ocsp { vec![CANNOT.to_owned()] } else { said };
            let told = if item.kind == Kind::Ocsp { &[][..] } else { &told };
            let said: Vec<String> = told.iter().cloned().chain(said).collect();
            if !said.is_empty() {
                remarks.insert(item.id.clone(), said);
            }
        }
    }
    weigh("nss", stock, &remarks);
}

fn authorities(shop: &Workshop, database: &str, item: &Item) -> Vec<String> {
    let read = |file: &Path| blocks(&std::fs::read_to_string(file).unwrap());
    let root = read(&item.root).into_iter().map(|pem| (pem, "CT,C,C"));
    let between = item.chain.iter().flat_map(|chain| read(chain)).map(|pem| (pem, ",,"));
    let mut told = Vec::new();
    for (n, (pem, trust)) in root.chain(between).enumerate() {
        shop.write("ca.pem", pem);
        let name = format!("ca-{n}");
        let run = shop.tool("certutil", &["-A", "-d", database, "-n", &name, "-t", trust, "-i", "ca.pem"]);
        told.extend(said(&run, ""));
    }
    told
}

/// Takes in the lists of a file, whose signatures it checks.
fn lists(shop: &Workshop, database: &str, file: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for block in pem::parse_many(std::fs::read(file).unwrap()).unwrap() {
        shop.write("crl.der", block.contents());
        told.extend(said(&shop.tool("crlutil", &["-I", "-d", database, "-i", "crl.der", "-t", "1"]), ""));
    }
    told
}

fn certificate(shop: &Workshop, database: &str, item: &Item, purpose: &str) -> Vec<String> {
    let usage = match purpose {
        "client" => "0",
        "server" => "1",
        "ca" => "3",
        "ocsp" => "10",
        // It has none for documents; this is nearest to it.
        _ => "9",
    };
    let own = [item.file.to_str().unwrap()];
    let words = ["-d", database, "-pp", "-u", usage, "-g", "leaf", "-m", "crl", "-s", "requireInfo", "-a"];
    said(&shop.tool("vfychain", &[&words[..], &own].concat()), "Chain is good!")
}

fn said(run: &Run, wanted: &str) -> Vec<String> {
    let text = format!("{}\n{}", run.stdout, run.stderr);
    if run.code == Some(0) && text.contains(wanted) {
        return Vec::new();
    }
    vec![text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")]
}
