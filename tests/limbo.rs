//! Path validation against x509-limbo, other people's test cases for validators
//! (<https://github.com/C2SP/x509-limbo>): which chains are to be accepted and which refused.
//!
//! The corpus is not part of this repository. It is looked for in `$MTLS_CA_CORPORA`, else in
//! `../shared/corpora`, as `limbo-core.json.xz` (and `limbo.json.xz`, which has BetterTLS besides), and
//! unpacked by `xz`. Where it is missing the test says so.
//!
//! Where our answer is another than the corpus expects, `vectors/limbo-exceptions.txt` has the reason. A
//! case that is listed there and comes out as expected fails too, so that the list stays true.

mod corpora;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mtls_ca::encoding::{certificate, revocation};
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, San, Time};
use serde_json::Value;

/// The cases of the three, as they were when the exceptions were written. Fewer are a smaller promise; of more,
/// somebody has to look whether what they expect is what we do.
const CASES: usize = 208;
const STANDARD: usize = 148;
const BETTERTLS: usize = 9_572;

/// Cases of RFC 5280 that are to be refused and are accepted, each an exception with its reason.
const FALSE_ACCEPTS: usize = 2;

/// The cases in which an anchor, an intermediate or a CRL cannot be read here.
const UNREADABLE: &[&str] = &[];

const EXCEPTIONS: &str = include_str!("vectors/limbo-exceptions.txt");

#[test]
fn x509_limbo() {
    let Some(corpus) = corpora::json("limbo-core.json.xz") else { return };
    let cases = cases(&corpus);
    assert_eq!(cases.len(), CASES);
    let exceptions = exceptions();
    let ids: BTreeSet<&str> = cases.iter().map(|case| text(case, "id")).collect();
    let gone: Vec<&&str> = exceptions.keys().filter(|id| !ids.contains(*id)).collect();
    assert!(gone.is_empty(), "listed as exceptions, and no cases: {gone:?}");
    let (mut wrong, mut unreadable) = (Vec::new(), Vec::new());
    let (mut right, mut standard, mut standard_right, mut false_accepts, mut false_refusals) = (0, 0, 0, 0, 0);
    for case in cases {
        let id = text(case, "id");
        // The CA/Browser forum's rules for public roots, and pedantic cases, are no matter of RFC 5280.
        let is_standard = !id.starts_with("webpki::") && !features(case).iter().any(|f| f.starts_with("pedantic-"));
        let started = Instant::now();
        let Answer { accepted, why, unread } = answer(case);
        unreadable.extend(unread.then_some(id));
        let took = started.elapsed();
        assert!(took.as_secs() < 5, "{id} took {took:?}");
        let expected = text(case, "expected_result") == "SUCCESS";
        right += usize::from(accepted == expected);
        standard += usize::from(is_standard);
        standard_right += usize::from(is_standard && accepted == expected);
        false_accepts += usize::from(is_standard && accepted && !expected);
        false_refusals += usize::from(is_standard && !accepted && expected);
        match (accepted == expected, exceptions.get(id)) {
            (false, None) => wrong.push(format!("{id}: {} ({why})", if accepted { "accepted" } else { "refused" })),
            (true, Some(reason)) => wrong.push(format!("{id}: comes out as expected, and is listed: {reason}")),
            _ => {}
        }
        if std::env::var_os("LIMBO_VERBOSE").is_some() {
            println!("{id}: expected {expected}, {accepted}: {why}");
        }
    }
    println!(
        "x509-limbo: {right} of {} right, none skipped; {standard_right} of the {standard} that are RFC 5280's, \
         {false_accepts} accepted and {false_refusals} refused of the rest",
        cases.len()
    );
    assert!(wrong.is_empty(), "{} unexpected:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(unreadable, UNREADABLE);
    assert_eq!((standard, false_accepts), (STANDARD, FALSE_ACCEPTS));
    assert_eq!(standard_right + false_accepts + false_refusals, STANDARD);
}

#[test]
fn bettertls() {
    let Some(corpus) = corpora::json("limbo.json.xz") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases(&corpus).iter().filter(|case| text(case, "id").starts_with("bettertls::")) {
        count += 1;
        let Answer { accepted, why, unread } = answer(case);
        assert!(!unread, "{} has an anchor, an intermediate or a CRL that we cannot read", text(case, "id"));
        if accepted != (text(case, "expected_result") == "SUCCESS") {
            wrong.push(format!("{}: {accepted} ({why})", text(case, "id")));
        }
    }
    println!("BetterTLS: {} of {count} right", count - wrong.len());
    assert_eq!(count, BETTERTLS);
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Our answer to a case, its first cause, and whether anything beside the certificate itself cannot be read.
struct Answer {
    accepted: bool,
    why: String,
    unread: bool,
}

fn answer(case: &Value) -> Answer {
    let read = |text: &str| certificate::read_all(text.as_bytes());
    let mut unread = false;
    let mut all = |key: &str| -> Vec<Certificate> {
        let read = strings(case, key).map(read);
        read.flat_map(|read| read.inspect_err(|_| unread = true).unwrap_or_default()).collect()
    };
    let (anchors, intermediates) = (all("trusted_certs"), all("untrusted_intermediates"));
    let crls = strings(case, "crls").map(|text| revocation::read_all(text.as_bytes()));
    let crls: Vec<RevocationList> =
        crls.flat_map(|read| read.inspect_err(|_| unread = true).unwrap_or_default()).collect();
    let certificates = match read(text(case, "peer_certificate")) {
        Ok(certificates) => certificates,
        Err(error) => return Answer { accepted: false, why: error.to_string(), unread },
    };
    let purpose = if text(case, "validation_kind") == "CLIENT" { Purpose::Client } else { Purpose::Server };
    let mut question = Question::new(&certificates, &anchors, purpose, moment(case));
    question.intermediates = &intermediates;
    question.crls = &crls;
    question.max_depth = case["max_chain_depth"].as_u64().map(|depth| usize::try_from(depth).unwrap());
    let several = case["expected_peer_names"].as_array().into_iter().flatten();
    for name in several.chain(Some(&case["expected_peer_name"]).filter(|name| name.is_object())) {
        let kind = match text(name, "kind") {
            "RFC822" => "email",
            "IP" => "ip",
            _ => "dns",
        };
        let wanted = format!("{kind}:{}", text(name, "value"));
        match wanted.parse::<San>() {
            Ok(san) => question.names.push(san),
            Err(error) => return Answer { accepted: false, why: error.to_string(), unread },
        }
    }
    let answer = verify(&question);
    assert_eq!(answer.verdict(), answer.first_cause().is_none());
    let why = answer.first_cause().map_or_else(|| "ok".to_owned(), |check| format!("{}: {}", check.rule, check.found));
    Answer { accepted: answer.verdict(), why, unread }
}

fn moment(case: &Value) -> Now {
    case["validation_time"].as_str().map_or_else(Now::from_system, |time| Now::at(time.parse::<Time>().unwrap()))
}

fn exceptions() -> BTreeMap<&'static str, &'static str> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("`{line}` has no reason"))).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn strings<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    value[key].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn features(case: &Value) -> Vec<&str> {
    strings(case, "features").collect()
}

fn cases(corpus: &Value) -> &Vec<Value> {
    corpus["testcases"].as_array().expect("a list of test cases")
}
