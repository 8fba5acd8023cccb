//! curl with its recipe shows our certificate, and refuses servers that are not who they should be.

use crate::harness::Workshop;
use crate::harness::cast::{Cast, DEEP, FLAT, Peer, Shape};
use crate::harness::host::Host;
use crate::harness::matrix::Row;
use crate::harness::refusals::Refusals;

/// `curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.22 …`
fn version(shop: &Workshop) -> String {
    shop.tool("curl", &["--version"]).ok().stdout.split(' ').nth(1).unwrap().to_owned()
}

fn refuses(shape: Shape, part: &str, table: &[(Peer, &str, &str)]) {
    let Some(shop) = Workshop::open("curl", &["curl", "openssl"]) else { return };
    let mut row = Row::open("curl", part, &version(&shop));
    let cast = Cast::make(&shop, shape);
    let host = Host::start(&cast);
    cast.recipe("curl", &["--url", &host.url()], "out");
    let visit = |peer| {
        host.show(peer);
        let run = shop.tool("curl", &["--config", "out/curl.conf"]);
        format!("{}{}", run.stdout, run.stderr)
    };
    let log = || host.log();
    Refusals { friend: Peer::Good, accepted: "hello CN=billing", visit: &visit, log: &log }.walk(&mut row, table);
    if shape == DEEP {
        assert_eq!(visit(Peer::CnOnly), "hello CN=billing");
        row.accepted("a server with its name in CN alone");
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop curl"]
fn refuses_servers_each_for_its_reason() {
    let table = [
        (Peer::WrongSan, "(60) SSL: no alternative certificate subject name matches target host name", ""),
        (Peer::OtherCa, "(60) SSL certificate problem: unable to get local issuer certificate", "UnknownCA"),
        (Peer::Impostor, "(60) SSL certificate problem: unable to get local issuer certificate", "UnknownCA"),
        (Peer::Expired, "(60) SSL certificate problem: certificate has expired", "CertificateExpired"),
        (Peer::NotYetValid, "(60) SSL certificate problem: certificate is not yet valid", "BadCertificate"),
        (Peer::Revoked, "(60) SSL certificate problem: certificate revoked", "CertificateRevoked"),
        (Peer::ClientOnly, "(60) SSL certificate problem: un", "UnsupportedCertificate"),
        (Peer::LeafOnly, "(60) SSL certificate problem: unable to get local issuer certificate", "UnknownCA"),
    ];
    refuses(DEEP, "deep", &table);
}

#[test]
#[ignore = "run by ./tests/run.sh interop curl"]
fn takes_rsa_below_a_root() {
    let table = [
        (Peer::WrongSan, "(60) SSL: no alternative certificate subject name matches target host name", ""),
        (Peer::Revoked, "(60) SSL certificate problem: certificate revoked", "CertificateRevoked"),
    ];
    refuses(FLAT, "flat", &table);
}
