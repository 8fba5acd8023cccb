//! Go: crypto/x509 for paths and lists, golang.org/x/crypto/ocsp for responses (`go/main.go`).

use super::stock::Stock;
use super::{read, weigh};
use crate::harness::{Workshop, fixture};

/// Where Debian keeps the library that is no part of Go.
const LIBRARY: &str = "/usr/share/gocode/src/golang.org/x/crypto/ocsp/ocsp.go";

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["go", LIBRARY]) else { return };
    let stock = Stock::get();
    shop.write("go/main.go", std::fs::read(fixture("judges/go/main.go")).unwrap());
    let script = "cd go && GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode go build -o ../judge main.go";
    shop.tool("sh", &["-c", script]).ok();
    let mut command = std::process::Command::new(shop.path("judge"));
    command.arg(&stock.manifest);
    weigh("go", stock, &read(stock, shop.run(command)));
}
