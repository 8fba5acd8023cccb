//! The clock is set forward and back between commands: numbers and dates of CRLs only rise, serial
//! numbers differ, and whoever works while the ledger is from the future hears of it.

mod session;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Output};

use mtls_ca::authority::{AuthorityError, CrlOrder, RevokeOrder};
use mtls_ca::encoding::revocation;
use mtls_ca::ledger::LedgerError;
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::x509::crl_number::CrlNumber;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::{Act, Authority, KeyOrder, Now, Time};
use serde_json::Value;
use session::{Session, binary};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

fn at(seconds: i64) -> Act {
    let began: Time = "2027-01-31T12:00:00Z".parse().unwrap();
    Act::of_process("clock", Now::at(began.plus_seconds(seconds)))
}

#[test]
fn numbers_and_dates_rise_whatever_the_clock_does() {
    let mut ca = Authority::ephemeral(at(0).now).unwrap();
    let signer = ca.unlock(None).unwrap();
    let (mut serials, mut last): (BTreeSet<_>, Option<RevocationList>) = (BTreeSet::new(), None);
    let (mut built, mut refused) = (0, 0);
    // A walk of 400 steps, from a second to a month, that goes back nearly as often as forward.
    let mut dice: u64 = 20_270_131;
    let mut clock = 0_i64;
    for step in 0..400 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let reach = [1, MINUTE, 10 * MINUTE, DAY, 30 * DAY][usize::try_from((dice >> 20) % 5).unwrap()];
        let way = i64::try_from((dice >> 40) % 1_000).unwrap() * reach / 1_000;
        clock = (clock + if (dice >> 33) % 5 < 3 { way } else { -way }).max(0);
        let act = at(clock);
        let issued = ca.issue_key(&KeyOrder::client(&format!("svc-{step}")).unwrap(), &signer, &act).unwrap();
        assert!(serials.insert(issued.issued().certificate().serial().clone()), "step {step}: a number comes again");
        if step % 3 == 0 {
            let row = ca.ledger().by_serial(issued.issued().certificate().serial()).unwrap()[0].id;
            let order = RevokeOrder { reason: RevocationReason::Superseded, invalid_since: None };
            ca.revoke(&[row], &order, &act).unwrap();
        }
        let behind = last.as_ref().map_or(0, |last| last.this_update().seconds_since(act.now.time()));
        match ca.build_crl(&CrlOrder { issuer: IssuerNumber::FIRST, lifetime: None }, &signer, &act) {
            Ok(crl) => {
                assert!(behind <= 5 * MINUTE, "step {step}: {behind} s behind the last one");
                let crl = revocation::read(crl.der()).unwrap();
                if let Some(last) = &last {
                    // RFC 5280 section 5.2.3: numbers rise; and nobody is told that time went back.
                    assert!(number(&crl) > number(last), "step {step}: {:?}", crl.number());
                    assert!(crl.this_update() >= last.this_update(), "step {step}");
                }
                assert!(crl.next_update() > Some(crl.this_update()));
                last = Some(crl);
                built += 1;
            }
            Err(AuthorityError::Ledger(LedgerError::ClockBehind { .. })) => {
                assert!(behind > 5 * MINUTE, "step {step}: refused {behind} s behind the last one");
                refused += 1;
            }
            Err(error) => panic!("step {step}: {error}"),
        }
        let ahead = ca.ahead_of(act.now);
        let told = ca.warnings(act.now).iter().any(|finding| finding.code == "ca.clock_behind");
        assert_eq!(told, ahead.is_some(), "step {step}");
        assert!(behind <= 5 * MINUTE || told, "step {step}: the last CRL is {behind} s away, and nobody says so");
    }
    assert!(built > 50 && refused > 50, "{built} built, {refused} refused");
    println!("COUNTED clock: 400 steps, {} serial numbers, {built} CRLs, {refused} refused", serials.len());
}

fn number(crl: &RevocationList) -> CrlNumber {
    crl.number().unwrap()
}

/// The binary at another time, by a library that is loaded before it.
fn at_clock(session: &Session, offset: &str, words: &[&str]) -> Output {
    let all = [&["-f", offset, binary()], words].concat();
    session.command("faketime", &all).env("FAKETIME_DONT_FAKE_MONOTONIC", "1").output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_ledger_from_the_future_is_told_of_by_every_command_that_works_on_it() {
    if Command::new("faketime").arg("--version").output().is_err() {
        // Past the test harness, which would swallow it.
        let line = b"\nSKIPPED system faketime: not found, and no ledger from the future (see tests/packages.txt)\n";
        return std::io::stderr().write_all(line).unwrap();
    }
    let session = Session::new();
    let ok = |offset: &str, words: &[&str]| {
        let output = at_clock(&session, offset, words);
        assert!(output.status.success(), "{words:?} at {offset}: {}", told(&output));
        output
    };
    let crl = || fs::read(session.path().join("ca/issuers/g1/crl.der")).unwrap();
    ok("+0d", &["init"]);
    ok("+0d", &["issue", "a", "--out", "."]);
    ok("+0d", &["crl", "build"]);
    // A wrong clock, and a day on which it is put right.
    for words in [&["issue", "b", "--out", "."][..], &["crl", "build"], &["sign", "billing.csr", "--out", "c.crt"]] {
        assert!(!told(&ok("+30d", words)).contains("from the future"));
    }
    let of_the_future = crl();
    for words in [
        &["sign", "billing.csr", "--out", "d.crt"][..],
        &["issue", "e", "--out", "."],
        &["list"],
        &["show", "a"],
        &["renew", "a"],
        &["rotate", "status"],
        &["backup", "backup.tar"],
    ] {
        let told = told(&ok("+0d", words));
        assert!(told.contains("the ledger is from the future"), "{words:?}: {told}");
        assert!(told.contains("30 days after") && told.contains("date --utc"), "{words:?}: {told}");
    }
    let check = at_clock(&session, "+0d", &["check"]);
    assert_eq!(check.status.code(), Some(3), "{}", told(&check));
    assert!(String::from_utf8_lossy(&check.stdout).contains("the ledger is from the future"), "{}", told(&check));
    // The CRL is not dated back: peers that have the last one would not take it for newer.
    let refused = at_clock(&session, "+0d", &["crl", "build"]);
    assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
    assert!(told(&refused).contains("error: the last CRL of `g1` is of"), "{}", told(&refused));
    assert!(crl() == of_the_future, "the CRL was replaced");
    // A revocation is on record all the same.
    let revoked = at_clock(&session, "+0d", &["revoke", "b", "--reason", "keyCompromise"]);
    assert!(!revoked.status.success() && told(&revoked).contains("the last CRL of `g1` is of"), "{}", told(&revoked));
    let revoked = session.ledger().into_iter().filter(|(_, status)| status == "revoked").count();
    assert_eq!(revoked, 1);
    // The answer of `status` is no, and it says why.
    let status = at_clock(&session, "+0d", &["status", "--json"]);
    assert_eq!(status.status.code(), Some(3), "{}", told(&status));
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let clock = status["status"]["items"].as_array().unwrap().iter().find(|item| item["kind"] == "clock").unwrap();
    assert_eq!((clock["level"].as_str(), clock["name"].as_str()), (Some("red"), Some("of this machine")));

    // When its time has come, all is well again.
    let output = ok("+31d", &["crl", "build"]);
    assert!(!told(&output).contains("from the future"), "{}", told(&output));
    let (now, before) = (revocation::read(&crl()).unwrap(), revocation::read(&of_the_future).unwrap());
    assert!(number(&now) > number(&before) && now.this_update() > before.this_update());
    assert_eq!(now.entries().len(), 1);
    // A clock that is put right by a minute disturbs nobody.
    let output = ok("+2678340", &["crl", "build"]);
    assert!(!told(&output).contains("from the future"), "{}", told(&output));
    let again = revocation::read(&crl()).unwrap();
    assert!(number(&again) > number(&now) && again.this_update() >= now.this_update());
    ok("+31d", &["check"]);
}
