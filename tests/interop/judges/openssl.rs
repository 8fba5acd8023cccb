//! OpenSSL: `verify -x509_strict` with the lists of all CAs, `crl`, and `ocsp`.

use std::path::Path;

use super::stock::{Item, Kind, Stock};
use super::{each, weigh};
use crate::harness::{Run, Workshop};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["openssl"]) else { return };
    let stock = Stock::get();
    let remarks = each(stock, |item| match item.kind {
        Kind::Certificate => item.purposes.iter().flat_map(|purpose| certificate(&shop, item, purpose)).collect(),
        Kind::Crl => list(&shop, item),
        Kind::Ocsp => response(&shop, item),
    });
    weigh("openssl", stock, &remarks);
}

fn certificate(shop: &Workshop, item: &Item, purpose: &str) -> Vec<String> {
    let purpose = match purpose {
        "server" => "sslserver",
        "client" => "sslclient",
        "ocsp" => "ocsphelper",
        // It has no name for the others; a CA it tells by itself.
        _ => "any",
    };
    let mut words = vec!["verify", "-x509_strict", "-check_ss_sig", "-auth_level", "2", "-purpose", purpose];
    words.extend(["-crl_check_all", "-no-CApath", "-no-CAstore"]);
    words.extend(["-CAfile", text(&item.root), "-CRLfile", text(&item.crls)]);
    words.extend(item.chain.iter().flat_map(|chain| ["-untrusted", text(chain)]));
    words.extend(item.host.filter(|_| purpose == "sslserver").iter().flat_map(|host| ["-verify_hostname", host]));
    words.push(text(&item.file));
    let run = shop.tool("openssl", &words);
    if run.code == Some(0) && run.stderr.is_empty() && run.stdout.ends_with(": OK\n") { Vec::new() } else { said(&run) }
}

fn list(shop: &Workshop, item: &Item) -> Vec<String> {
    let run = shop.tool("openssl", &["crl", "-in", text(&item.file), "-CAfile", text(&item.issuer), "-noout"]);
    if run.code == Some(0) && run.stderr == "verify OK\n" { Vec::new() } else { said(&run) }
}

fn response(shop: &Workshop, item: &Item) -> Vec<String> {
    let about = item.about.as_deref().unwrap();
    let mut words = vec!["ocsp", "-issuer", text(&item.issuer), "-cert", text(about), "-no_nonce"];
    words.extend(["-respin", text(&item.file), "-CAfile", text(&item.root)]);
    words.extend(item.chain.iter().flat_map(|chain| ["-verify_other", text(chain)]));
    // It asks by SHA-1 unless told.
    words.insert(1, if item.id.ends_with("/sha256") { "-sha256" } else { "-sha1" });
    let run = shop.tool("openssl", &words);
    let wanted = format!(": {}\n", item.purposes[0]);
    let good = run.code == Some(0) && run.stderr == "Response verify OK\n" && run.stdout.contains(&wanted);
    if good { Vec::new() } else { said(&run) }
}

/// The lines that name an error.
fn said(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().chain(run.stderr.lines());
    let mut errors: Vec<String> =
        lines.filter(|line| line.to_lowercase().contains("err") || line.contains("fail")).map(str::to_owned).collect();
    if errors.is_empty() {
        errors.push(format!("{}{}", run.stdout, run.stderr).replace('\n', "; "));
    }
    errors
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
