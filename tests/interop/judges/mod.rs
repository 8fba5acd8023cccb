//! Every profile with every key algorithm, of each kind of CA, as roots, intermediates, leaves, lists and
//! responses: shown to eight judges, each of which also has to find what was spoilt on purpose. What a judge
//! refuses all the same, and what it overlooks, is in `docs/judges.md` with the reason.

mod gnutls;
mod golang;
mod java;
mod make;
#[path = "../../mint/mod.rs"]
mod mint;
mod nss;
mod openssl;
mod origins;
mod page;
mod pkilint;
mod pyca;
mod spoilt;
mod stock;
mod strongswan;

use std::collections::BTreeMap;
use std::io::Write;

use self::page::Page;
use self::stock::{Item, Stock};
use crate::harness::Run;

/// What is said of a file for which a judge has no command.
const CANNOT: &str = "no command";

/// What a judge says of the files, by their names; a file that it takes is not there.
type Remarks = BTreeMap<String, Vec<String>>;

/// Asks a judge about each file.
fn each(stock: &Stock, ask: impl Fn(&Item) -> Vec<String>) -> Remarks {
    let said = stock.items.iter().map(|item| (item.id.clone(), ask(item)));
    said.filter(|(_, remarks)| !remarks.is_empty()).collect()
}

/// What a program says that read the whole table: a line for each remark, the file's name and the text with
/// a tab between, and at last how many files it judged.
fn read(stock: &Stock, run: Run) -> Remarks {
    let run = run.ok();
    let mut remarks = Remarks::new();
    let mut judged = None;
    for line in run.stdout.lines() {
        match line.split_once('\t') {
            Some(("judged", count)) => judged = count.parse().ok(),
            Some((id, said)) => remarks.entry(id.to_owned()).or_default().push(said.to_owned()),
            None => panic!("not a remark: {line}\n{run}"),
        }
    }
    assert_eq!(judged, Some(stock.items.len()), "it judged all files\n{run}");
    remarks
}

/// Fails the test unless the judge says what `docs/judges.md` explains, no more and no less.
fn weigh(judge: &str, stock: &Stock, remarks: &Remarks) {
    let page = Page::read();
    let none = Vec::new();
    let mut wrong = Vec::new();
    let exceptions = page.exceptions(judge);
    for item in stock.items.iter().filter(|item| !item.is_spoilt()) {
        let said = remarks.get(&item.id).unwrap_or(&none);
        let explained: Vec<_> = exceptions.iter().filter(|row| row.is_about(&item.id)).collect();
        for remark in said.iter().filter(|remark| !explained.iter().any(|row| remark.contains(&row.says))) {
            wrong.push(format!("{}: {remark}", item.id));
        }
        for row in explained.iter().filter(|row| !said.iter().any(|remark| remark.contains(&row.says))) {
            wrong.push(format!("{}: no longer said: {}", item.id, row.says));
        }
    }
    for row in &exceptions {
        if !stock.items.iter().any(|item| row.is_about(&item.id)) {
            wrong.push(format!("no file is called {}", row.files));
        }
    }
    let spoilt: Vec<_> = stock.items.iter().filter(|item| item.is_spoilt()).collect();
    for item in &spoilt {
        let said = remarks.get(&item.id).filter(|said| said[0] != CANNOT);
        if said.is_some() != page.notices(judge, &item.id) {
            wrong.push(format!("{}: the page has it otherwise: {said:?}", item.id));
        }
    }
    let named: Vec<&str> = spoilt.iter().map(|item| item.id.trim_start_matches("spoilt/")).collect();
    if page.spoilt() != named {
        wrong.push(format!("spoilt is, and should stand in docs/judges.md in this order: {}", named.join(", ")));
    }
    assert!(wrong.is_empty(), "{judge} and docs/judges.md differ in {} places:\n{}", wrong.len(), wrong.join("\n"));
    let sound = stock.items.len() - spoilt.len();
    let refused = remarks.keys().filter(|id| !id.starts_with("spoilt/")).count();
    let found = spoilt.iter().filter(|item| page.notices(judge, &item.id)).count();
    // Past the test harness, which would swallow it.
    let line = format!(
        "\njudges: {judge} took {} of {sound} files, the other {refused} for reasons in docs/judges.md, and refused {found} of {} spoilt ones\n",
        sound - refused,
        spoilt.len()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
