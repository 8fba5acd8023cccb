//! Express with its recipe accepts our client, says who it was, and refuses everybody else before any
//! route is asked.

use crate::harness::caller::{TLS12, TLS13};
use crate::harness::cast::{Cast, DEEP, FLAT};
use crate::harness::matrix::Row;
use crate::harness::{Workshop, free_port};
use crate::nodejs::{FEW, PROGRAMS, REFUSED, refuses, revokes, start};

/// `5.3.0`, or nothing where it is not installed.
pub fn version(shop: &Workshop, package: &str) -> String {
    let script = format!("console.log(require('{package}/package.json').version)");
    shop.tool("node", &["-e", &script]).ok().stdout.trim().to_owned()
}

#[test]
#[ignore = "run by ./tests/run.sh interop express"]
fn refuses_strangers_each_for_its_reason() {
    let Some(shop) = Workshop::open("express", &[&PROGRAMS[..], &["module:express"]].concat()) else { return };
    let mut row = Row::open("express", "deep", &version(&shop, "express"));
    let (cast, port) = (Cast::make(&shop, DEEP), free_port());
    let server = start(&cast, "express", port);
    for version in [TLS13, TLS12] {
        refuses(&cast, &server, &mut row, (port, version), &REFUSED);
    }
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop express"]
fn takes_rsa_below_a_root() {
    let Some(shop) = Workshop::open("express", &[&PROGRAMS[..], &["module:express"]].concat()) else { return };
    let mut row = Row::open("express", "flat", &version(&shop, "express"));
    let (cast, port) = (Cast::make(&shop, FLAT), free_port());
    let server = start(&cast, "express", port);
    refuses(&cast, &server, &mut row, (port, TLS13), &FEW);
    row.passed();
}

#[test]
#[ignore = "run by ./tests/run.sh interop express"]
fn refuses_a_revoked_client_at_its_next_request() {
    let Some(shop) = Workshop::open("express", &[&PROGRAMS[..], &["module:express"]].concat()) else { return };
    revokes(&shop, "express", Row::open("express", "revocation", &version(&shop, "express")));
}
