//! GnuTLS: `certtool` at its medium profile, and `ocsptool`.

use super::stock::{Item, Kind, Stock};
use super::{each, weigh};
use crate::harness::{Run, Workshop};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["certtool", "ocsptool"]) else { return };
    let stock = Stock::get();
    let remarks = each(stock, |item| match item.kind {
        Kind::Certificate => {
            let purposes = item.purposes.iter().flat_map(|purpose| certificate(&shop, item, purpose));
            purposes.chain(revocation(&shop, item)).collect()
        }
        Kind::Crl => list(&shop, item),
        Kind::Ocsp => response(&shop, item),
    });
    weigh("gnutls", stock, &remarks);
}

fn certificate(shop: &Workshop, item: &Item, purpose: &str) -> Vec<String> {
    // RFC 5280 section 4.2.1.12, RFC 9336.
    let usage = match purpose {
        "server" => Some("1.3.6.1.5.5.7.3.1"),
        "client" => Some("1.3.6.1.5.5.7.3.2"),
        "ocsp" => Some("1.3.6.1.5.5.7.3.9"),
        "document" => Some("1.3.6.1.5.5.7.3.36"),
        _ => None,
    };
    // It wants the chain behind the certificate.
    let mut chain = std::fs::read_to_string(&item.file).unwrap();
    chain.extend(item.chain.iter().map(|chain| std::fs::read_to_string(chain).unwrap()));
    shop.write("chain.pem", chain);
    let mut words = vec!["--verify".to_owned(), "--verify-profile=medium".to_owned(), "--infile=chain.pem".to_owned()];
    words.push(format!("--load-ca-certificate={}", item.root.display()));
    words.extend(usage.map(|usage| format!("--verify-purpose={usage}")));
    words.extend(item.host.filter(|_| purpose == "server").map(|host| format!("--verify-hostname={host}")));
    said(&shop.tool("certtool", &words), "Chain verification output: Verified. The certificate is trusted.")
}

/// It looks at lists of CAs that are trusted alone, so for this the CAs between are.
fn revocation(shop: &Workshop, item: &Item) -> Vec<String> {
    if item.purposes == ["ca"] {
        return Vec::new();
    }
    let (issuer, crls) = (item.issuer.display(), item.crls.display());
    let words = [
        "--verify".to_owned(),
        format!("--infile={}", item.file.display()),
        format!("--load-ca-certificate={issuer}"),
        format!("--load-crl={crls}"),
    ];
    said(&shop.tool("certtool", &words), "Chain verification output: Verified. The certificate is trusted.")
}

fn list(shop: &Workshop, item: &Item) -> Vec<String> {
    let words = [
        "--verify-crl".to_owned(),
        format!("--infile={}", item.file.display()),
        format!("--load-ca-certificate={}", item.issuer.display()),
    ];
    said(&shop.tool("certtool", &words), "Verification output: Verified.")
}

fn response(shop: &Workshop, item: &Item) -> Vec<String> {
    let words = [
        "--verify-response".to_owned(),
        format!("--load-response={}", item.file.display()),
        format!("--load-trust={}", item.issuer.display()),
        format!("--load-issuer={}", item.issuer.display()),
        format!("--load-cert={}", item.about.as_ref().unwrap().display()),
    ];
    let mut remarks = said(&shop.tool("ocsptool", &words), "Verifying OCSP Response: Success.");
    let words = ["--response-info".to_owned(), format!("--infile={}", item.file.display())];
    let wanted = format!("Certificate Status: {}", item.purposes[0]);
    remarks.extend(said(&shop.tool("ocsptool", &words), &wanted));
    remarks
}

/// Nothing, where it ended well with this.
fn said(run: &Run, wanted: &str) -> Vec<String> {
    let text = format!("{}\n{}", run.stdout, run.stderr);
    if run.code == Some(0) && text.contains(wanted) {
        return Vec::new();
    }
    let lines = text.lines().filter(|line| line.contains("utput:") || line.contains("rror") || line.contains("erif"));
    vec![lines.map(str::trim).collect::<Vec<_>>().join("; ")]
}
