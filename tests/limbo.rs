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

use std::collections::BTreeMap;
use std::time::Instant;

use mtls_ca::encoding::{certificate, pem, revocation};
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Now, San, Time};
use serde_json::Value;

const EXCEPTIONS: &str = include_str!("vectors/limbo-exceptions.txt");

#[test]
fn x509_limbo() {
    let Some(corpus) = corpora::json("limbo-core.json.xz") else { return };
    let cases = cases(&corpus);
    assert!(cases.len() > 200, "only {} cases were read", cases.len());
    let exceptions = exceptions();
    let mut wrong = Vec::new();
    let (mut right, mut standard, mut standard_right, mut false_accepts, mut false_refusals) = (0, 0, 0, 0, 0);
    for case in cases {
        let id = text(case, "id");
        // The CA/Browser forum's rules for public roots, and pedantic cases, are no matter of RFC 5280.
        let is_standard = !id.starts_with("webpki::") && !features(case).iter().any(|f| f.starts_with("pedantic-"));
        let started = Instant::now();
        let (accepted, why) = answer(case);
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
    assert!(standard_right >= 140, "{standard_right} of {standard}");
}

#[test]
fn bettertls() {
    let Some(corpus) = corpora::json("limbo.json.xz") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases(&corpus).iter().filter(|case| text(case, "id").starts_with("bettertls::")) {
        count += 1;
        let (accepted, why) = answer(case);
        if accepted != (text(case, "expected_result") == "SUCCESS") {
            wrong.push(format!("{}: {accepted} ({why})", text(case, "id")));
        }
    }
    println!("BetterTLS: {} of {count} right", count - wrong.len());
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Our answer to a case, and its first cause.
fn answer(case: &Value) -> (bool, String) {
    let read = |text: &str| certificate::read_all(text.as_bytes());
    let all = |key: &str| -> Vec<Certificate> {
        strings(case, key).flat_map(|text| read(text).unwrap_or_default()).collect()
    };
    let certificates = match read(text(case, "peer_certificate")) {
        Ok(certificates) => certificates,
        Err(error) => return (false, error.to_string()),
    };
    let (anchors, intermediates) = (all("trusted_certs"), all("untrusted_intermediates"));
    let crls: Vec<RevocationList> = strings(case, "crls")
        .flat_map(|text| pem::blocks(text.as_bytes()).unwrap_or_default())
        .filter_map(|block| revocation::read(&block.der).ok())
        .collect();
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
            Err(error) => return (false, error.to_string()),
        }
    }
    let answer = verify(&question);
    assert_eq!(answer.verdict(), answer.first_cause().is_none());
    let why = answer.first_cause().map_or_else(|| "ok".to_owned(), |check| format!("{}: {}", check.rule, check.found));
    (answer.verdict(), why)
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
