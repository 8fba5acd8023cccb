//! axios with its recipe shows its certificate, and refuses servers that are not what they should be.

use crate::express::version;
use crate::harness::Workshop;
use crate::harness::case::Peer;
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::matrix::Row;
use crate::harness::visitor::Visitor;

/// The recipe's client, run by its interpreter.
const CLIENT: Visitor = Visitor { system: "axios", program: ["node", "client.js"], accepted: "200 hello CN=billing" };

/// Node's own words, which axios hands on.
pub const REFUSED: [(Peer, &str, &str); 8] = [
    (Peer::WrongSan, "ERR_TLS_CERT_ALTNAME_INVALID", ""),
    // Where a stranger sends its issuing CA along, the last thing that OpenSSL misses is that CA's CRL.
    (Peer::OtherCa, "UNABLE_TO_GET_CRL", ""),
    (Peer::Impostor, "UNABLE_TO_GET_CRL", ""),
    (Peer::Expired, "CERT_HAS_EXPIRED", ""),
    (Peer::NotYetValid, "CERT_NOT_YET_VALID", ""),
    (Peer::Revoked, "CERT_REVOKED", ""),
    (Peer::ClientOnly, "INVALID_PURPOSE", ""),
    (Peer::LeafOnly, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", ""),
];

pub const FEW: [(Peer, &str, &str); 2] = [REFUSED[0], (Peer::OtherCa, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "")];

#[test]
#[ignore = "run by ./tests/run.sh interop axios"]
fn refuses_bad_servers_each_for_its_reason() {
    let Some(shop) = Workshop::open("axios", &["node", "openssl", "module:axios"]) else { return };
    let mut row = Row::open("axios", "deep", &version(&shop, "axios"));
    CLIENT.walk(&Cast::make(&shop, DEEP), &mut row, &REFUSED, &[Peer::CnOnly]);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop axios"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("axios", &["node", "openssl", "module:axios"]) else { return };
    let mut row = Row::open("axios", "flat", &version(&shop, "axios"));
    CLIENT.walk(&Cast::make(&shop, FLAT), &mut row, &FEW, &[]);
    row.passed();
}
