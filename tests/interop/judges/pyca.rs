//! Python's cryptography: paths, lists and responses, with every warning an error (`python/paths.py`).

use super::stock::Stock;
use super::{read, weigh};
use crate::harness::{Workshop, fixture};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn takes_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["venv:python", "pip:cryptography"]) else { return };
    let stock = Stock::get();
    let program = fixture("judges/python/paths.py");
    let run = shop.tool("venv:python", &[program.as_path(), &stock.manifest]);
    weigh("pyca", stock, &read(stock, run));
}
