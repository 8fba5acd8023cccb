//! Java: PKIX paths with lists, the trust manager that TLS asks, and stapled responses (`Judge.java`).

use super::stock::Stock;
use super::{read, weigh};
use crate::harness::{Workshop, fixture};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["java"]) else { return };
    let stock = Stock::get();
    let program = fixture("judges/Judge.java");
    // What compares names of hosts in TLS is the JDK's own.
    let words = ["--add-exports", "java.base/sun.security.util=ALL-UNNAMED", program.to_str().unwrap()];
    let run = shop.tool("java", &[&words[..], &[stock.manifest.to_str().unwrap()]].concat());
    weigh("java", stock, &read(stock, run));
}
