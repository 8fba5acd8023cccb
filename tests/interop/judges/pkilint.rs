//! pkilint: its linters of certificates, of pairs of issuer and subject, of lists and of responses, at the
//! level NOTICE, in one process (`python/lint.py`).

use super::stock::Stock;
use super::{read, weigh};
use crate::harness::{Workshop, fixture};

#[test]
#[ignore = "run by ./tests/run.sh interop judges"]
fn finds_nothing_in_all_that_is_sound() {
    let Some(shop) = Workshop::open("judges", &["venv:python", "pip:pkilint"]) else { return };
    let stock = Stock::get();
    let program = fixture("judges/python/lint.py");
    let run = shop.tool("venv:python", &[program.as_path(), &stock.manifest]);
    weigh("pkilint", stock, &read(stock, run));
}
