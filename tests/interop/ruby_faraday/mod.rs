//! Faraday with its recipe shows its certificate with the chain, and refuses servers that are not
//! what they should be.

use crate::harness::Workshop;
use crate::harness::case::Peer;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::matrix::Row;
use crate::harness::visitor::Visitor;

const CLIENT: Visitor =
    Visitor { system: "ruby-faraday", program: ["ruby", "client.rb"], accepted: "200 hello CN=billing" };

const REFUSED: [(Peer, &str, &str); 8] = [
    (Peer::WrongSan, "hostname mismatch", ""),
    (Peer::OtherCa, "unable to get local issuer certificate", ""),
    (Peer::Impostor, "unable to get local issuer certificate", ""),
    (Peer::Expired, "certificate has expired", ""),
    (Peer::NotYetValid, "certificate is not yet valid", ""),
    (Peer::Revoked, "certificate revoked", ""),
    (Peer::ClientOnly, "unsuitable certificate purpose", ""),
    (Peer::LeafOnly, "unable to get local issuer certificate", ""),
];

const PROGRAMS: [&str; 3] = ["ruby", "openssl", "/usr/share/doc/ruby-faraday/copyright"];

fn version(shop: &Workshop) -> String {
    shop.tool("ruby", &["-e", "require 'faraday'; puts Faraday::VERSION"]).ok().stdout.trim().to_owned()
}

#[test]
#[ignore = "run by ./tests/run.sh interop ruby_faraday"]
fn refuses_bad_servers_each_for_its_reason() {
    let Some(shop) = Workshop::open("ruby-faraday", &PROGRAMS) else { return };
    let mut row = Row::open("ruby-faraday", "deep", &version(&shop));
    CLIENT.walk(&Cast::make(&shop, DEEP), &mut row, &REFUSED, &[Peer::CnOnly]);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop ruby_faraday"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("ruby-faraday", &PROGRAMS) else { return };
    let mut row = Row::open("ruby-faraday", "flat", &version(&shop));
    CLIENT.walk(&Cast::make(&shop, FLAT), &mut row, &REFUSED[..2], &[]);
    row.passed();
}
