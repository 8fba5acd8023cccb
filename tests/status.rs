//! What is said of a CA that has been at work for a while: which certificate of a name counts, what
//! asks for attention, and what to type. Every moment is given.

mod fleet;

use fleet::{Fleet, act, days, open};
use mtls_ca::authority::status::{Item, Kind, Level};
use mtls_ca::authority::{CrlOrder, RevokeOrder, StatusOrder, StatusReport};
use mtls_ca::encoding::revocation;
use mtls_ca::ledger::{Filter, IssuerState, LedgerError, Status};
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Authority, KeyOrder, Now, Threshold};

fn now() -> Now {
    Now::at("2040-06-01T00:00:00Z".parse().unwrap())
}

fn order(window: &str) -> StatusOrder {
    StatusOrder { window: window.parse().unwrap(), ..StatusOrder::default() }
}

fn status(fleet: &Fleet, window: &str) -> StatusReport {
    fleet.open().status(&order(window), fleet.now).unwrap()
}

/// Name, level and words of the leaves.
fn leaves(report: &StatusReport) -> Vec<(&str, Level, &str)> {
    report.of(Kind::Leaf).map(|leaf| (leaf.name.as_str(), leaf.level, leaf.says.as_str())).collect()
}

fn only(report: &StatusReport, kind: Kind) -> &Item {
    let mut found = report.of(kind);
    let first = found.next().unwrap_or_else(|| panic!("no {kind:?}: {:#?}", report.items));
    assert_eq!(found.next(), None, "more than one {kind:?}");
    first
}

#[test]
fn of_each_name_the_newest_counts() {
    let fleet = Fleet::new(now());
    fleet.server("ends-soon.internal", 90, 80);
    fleet.server("was-renewed.internal", 90, 80);
    fleet.server("was-renewed.internal", 90, 10);
    fleet.server("fine.internal", 90, 20);
    fleet.server("expired.internal", 90, 93);
    fleet.server("nobody-misses-it.internal", 90, 190);
    // Of the same name by another profile, and with a name more: other matters.
    fleet.client("fine.internal", 90, 70);
    fleet.issue(KeyOrder::server("fine.internal").unwrap().and("10.0.0.1").unwrap(), 90, 65);

    let report = status(&fleet, "30d");
    assert_eq!(
        leaves(&report),
        [
            ("expired.internal", Level::Red, "expired 3 days ago"),
            ("ends-soon.internal", Level::Due, "expires in 10 days"),
            ("fine.internal", Level::Due, "expires in 20 days"),
            ("fine.internal", Level::Due, "expires in 25 days"),
            ("fine.internal", Level::Fine, "expires in 70 days"),
            ("was-renewed.internal", Level::Fine, "expires in 80 days"),
        ]
    );
    let superseded: Vec<(&str, Option<&String>)> =
        report.superseded.iter().map(|item| (item.name.as_str(), item.next.as_ref())).collect();
    assert_eq!(superseded, [("was-renewed.internal", None)]);
    let counts = report.leaves;
    assert_eq!((counts.live, counts.inside_window, counts.due, counts.later), (6, 4, 4, 2));
    assert_eq!((counts.superseded, counts.unseen, counts.complete), (1, 0, true));
    assert_eq!((report.level(), report.asking()), (Level::Red, 4));

    let next: Vec<Option<&str>> = report.of(Kind::Leaf).map(|leaf| leaf.next.as_deref()).collect();
    assert_eq!(next[..2], [Some("mtls-ca renew expired.internal"), Some("mtls-ca renew ends-soon.internal")]);
    // Where a name means several, the number says which.
    let serial = report.of(Kind::Leaf).nth(2).unwrap().serial.as_ref().unwrap();
    assert_eq!(next[2], Some(format!("mtls-ca renew {serial}").as_str()));
    assert_eq!(next[4..], [None, None]);
}

#[test]
fn the_window_is_a_time_or_a_share() {
    let fleet = Fleet::new(now());
    fleet.server("long.internal", 400, 390);
    fleet.server("short.internal", 10, 5);
    let names = |window: &str| -> Vec<String> {
        let report = status(&fleet, window);
        report.of(Kind::Leaf).filter(|leaf| leaf.level >= Level::Due).map(|leaf| leaf.name.clone()).collect()
    };
    assert_eq!(names("9d"), ["short.internal"]);
    assert_eq!(names("11d"), ["short.internal", "long.internal"]);
    // Ten of four hundred days are less than 3 %, five of ten are half.
    assert_eq!(names("5%"), ["long.internal"]);
    assert_eq!(names("60%"), ["short.internal", "long.internal"]);
    assert_eq!(status(&fleet, "5%").leaves.inside_window, 1);
}

#[test]
fn lists_are_cut_and_what_is_cut_is_counted() {
    let fleet = Fleet::new(now());
    for ago in 0..4 {
        fleet.server(&format!("due-{ago}.internal"), 40, 20 + ago);
        fleet.server(&format!("later-{ago}.internal"), 90, ago);
    }
    let order = StatusOrder { most: 1, ahead: 2, ..StatusOrder::default() };
    let report = fleet.open().status(&order, fleet.now).unwrap();
    let names: Vec<&str> = report.of(Kind::Leaf).map(|leaf| leaf.name.as_str()).collect();
    assert_eq!(names, ["due-3.internal", "later-3.internal", "later-2.internal"]);
    assert_eq!((report.asking(), report.leaves.due, report.leaves.later), (4, 4, 4));
}

#[test]
fn nothing_and_one_thing() {
    let fleet = Fleet::new(now());
    let report = status(&fleet, "30d");
    assert_eq!((report.leaves.live, report.leaves.complete, report.asking()), (0, true, 0));
    assert_eq!(only(&report, Kind::Root).says, "expires in 2 years");
    assert!(report.chain.len() == 2 && report.chain[0].signed_by.is_none());
    assert_eq!(report.chain[1].signed_by, Some(report.chain[0].sha256));
    assert_eq!(report.chain[1].state, Some(IssuerState::Active));
    fleet.server("one.internal", 90, 0);
    let report = status(&fleet, "30d");
    assert_eq!(leaves(&report), [("one.internal", Level::Fine, "expires in 90 days")]);
    assert_eq!(report.chain[1].live, 1);
}

#[test]
fn cas_ask_for_attention_before_their_leaves_suffer() {
    let mut fleet = Fleet::new(now());
    // The root ends two years from now, and with it the intermediate: 730 days. Leaves hold 90.
    for (ahead, level, next) in [
        (0, Level::Fine, None),
        (730 - 181, Level::Fine, None),
        (730 - 179, Level::Notice, Some("mtls-ca rotate prepare --parent DIR")),
        (730 - 29, Level::Due, Some("mtls-ca rotate prepare --parent DIR")),
        (731, Level::Red, Some("mtls-ca rotate prepare --parent DIR")),
    ] {
        fleet.now = days(now(), ahead);
        let ca = fleet.open();
        let report = ca.status(&order("30d"), fleet.now).unwrap();
        let own = only(&report, Kind::Intermediate);
        assert_eq!((own.level, own.next.as_deref()), (level, next), "{ahead}: {}", own.says);
        let told: Vec<&str> = ca.warnings(fleet.now).iter().map(|finding| finding.code).collect();
        let wanted: &[&str] = match level {
            Level::Fine => &[],
            Level::Notice | Level::Due => &["ca.ends"],
            Level::Red => &["ca.ended"],
        };
        assert_eq!(told, wanted, "{ahead}");
    }
}

#[test]
fn a_leaf_that_was_ordered_for_longer_moves_the_warning() {
    let fleet = Fleet::new(now());
    let told = |fleet: &Fleet| fleet.open().warnings(fleet.now).len();
    assert_eq!(told(&fleet), 0);
    fleet.server("long.internal", 370, 0);
    assert_eq!(told(&fleet), 1, "2 x 370 days are more than the 730 that are left");
}

#[test]
fn crls_are_red_where_peers_trust_what_was_taken_back() {
    let mut fleet = Fleet::new(now());
    let serial = fleet.server("taken-back.internal", 90, 10);
    let crl = |fleet: &Fleet| {
        let report = status(fleet, "30d");
        let item = only(&report, Kind::Crl);
        (item.level, item.says.clone(), item.next.clone())
    };
    let build = Some("mtls-ca crl build".to_owned());
    assert_eq!(crl(&fleet), (Level::Fine, "none built".to_owned(), None));

    let mut ca = fleet.open();
    let rows: Vec<_> = ca.ledger().by_serial(&serial).unwrap().iter().map(|entry| entry.id).collect();
    let why = RevokeOrder { reason: RevocationReason::Superseded, invalid_since: None };
    ca.revoke(&rows, &why, &act(fleet.now)).unwrap();
    assert_eq!(crl(&fleet), (Level::Red, "1 revocation is not on it".to_owned(), build.clone()));
    assert_eq!(leaves(&status(&fleet, "30d")), []);

    let signer = ca.unlock(None).unwrap();
    let order = CrlOrder { issuer: IssuerNumber::FIRST, lifetime: Some("10d".parse().unwrap()) };
    ca.build_crl(&order, &signer, &act(fleet.now)).unwrap();
    assert_eq!(crl(&fleet), (Level::Fine, "expires in 10 days, 1 revoked".to_owned(), None));
    // By a clock that is behind the one that it was built by, peers refuse it; a few minutes disturb nobody.
    let built = fleet.now;
    fleet.now = days(built, -2);
    let (level, says, next) = crl(&fleet);
    assert_eq!(level, Level::Red, "{says}");
    assert!(says.contains("which is to come") && next.unwrap().ends_with("date --utc"), "{says}");
    fleet.now = Now::at(built.time().plus_seconds(-240));
    assert_eq!(crl(&fleet).0, Level::Fine);
    for (later, level) in [(7, Level::Fine), (9, Level::Due), (11, Level::Red)] {
        fleet.now = days(now(), later);
        assert_eq!(crl(&fleet).0, level, "after {later} days");
    }
    assert_eq!(crl(&fleet).2, build);
    // The root above lives elsewhere, and its CRL belongs to the set for peers.
    let report = status(&fleet, "30d");
    assert_eq!(only(&report, Kind::CrlAbove).level, Level::Due);
}

#[test]
fn a_crl_of_a_time_to_come_is_told_of_where_the_ca_above_built_it() {
    let fleet = Fleet::new(now());
    let mut root = open(&fleet.root);
    let signer = root.unlock(None).unwrap();
    let wanted = CrlOrder { issuer: IssuerNumber::FIRST, lifetime: Some("10d".parse().unwrap()) };
    let crl = root.build_crl(&wanted, &signer, &act(days(now(), 3))).unwrap();
    let mut ca = fleet.open();
    ca.import_crl(&revocation::read(crl.der()).unwrap(), &act(now())).unwrap();
    let told = |now: Now| {
        let report = fleet.open().status(&order("30d"), now).unwrap();
        let codes: Vec<&str> = fleet.open().warnings(now).iter().map(|finding| finding.code).collect();
        (only(&report, Kind::CrlAbove).level, codes.contains(&"crl.not_yet_valid"))
    };
    assert_eq!(told(now()), (Level::Red, true));
    assert_eq!(told(days(now(), 4)), (Level::Fine, false));
}

#[test]
fn what_a_root_issued_to_others_is_told_of() {
    let fleet = Fleet::new(now());
    let report = open(&fleet.root).status(&order("30d"), fleet.now).unwrap();
    let below = only(&report, Kind::IssuedCa);
    assert_eq!((below.name.as_str(), below.level), ("Example Issuing CA", Level::Fine));
    let report = open(&fleet.root).status(&order("900d"), fleet.now).unwrap();
    assert_eq!(only(&report, Kind::IssuedCa).level, Level::Due);
    assert_eq!(report.of(Kind::Leaf).count(), 0);
}

#[test]
fn reservations_and_open_keys_are_told_of() {
    let fleet = Fleet::new(now());
    let report = status(&fleet, "30d");
    assert_eq!(only(&report, Kind::Key).level, Level::Notice);
    assert_eq!(report.of(Kind::Reservations).count(), 0);
    assert_eq!(report.asking(), 0);
    std::fs::remove_file(fleet.issuing.join("issuers/g1/issuer.key")).unwrap();
    assert!(only(&status(&fleet, "30d"), Kind::Key).says.starts_with("not to be read here"));
}

#[test]
fn a_watcher_that_is_not_heard_of_is_dead() {
    let fleet = Fleet::new(now());
    let at = |seconds: i64| fleet.now.time().plus_seconds(seconds);
    let target = |place: &str, failures| {
        format!(
            r#"{{"place":"{place}","outcome":"failed","error":"busy","failures":{failures},"next_attempt":"{}"}}"#,
            at(60)
        )
    };
    let write = |heartbeat, stopped: &str, targets: &str| {
        let text = format!(
            r#"{{"format":1,"pid":7,"started_at":"{}","heartbeat":"{}","stopped_at":{stopped},"targets":[{targets}]}}"#,
            at(-9_000),
            at(heartbeat)
        );
        std::fs::write(fleet.issuing.join("watch.json"), text).unwrap();
        let report = status(&fleet, "30d");
        report.of(Kind::Watcher).map(|item| (item.level, item.says.clone())).collect::<Vec<_>>()
    };
    assert_eq!(status(&fleet, "30d").of(Kind::Watcher).count(), 0);
    assert_eq!(write(-60, "null", ""), [(Level::Fine, "0 targets, last heard of 60 seconds ago".to_owned())]);
    assert_eq!(write(-7_200, "null", "")[0], (Level::Red, "dead or hanging: last heard of 2 hours ago".to_owned()));
    let stopped = format!("\"{}\"", at(-7_200));
    assert_eq!(write(-7_200, &stopped, "")[0], (Level::Notice, "stopped 2 hours ago".to_owned()));
    let targets = format!("{},{}", target("/etc/tls/a", 1), target("/etc/tls/b", 3));
    assert_eq!(write(-60, "null", &targets)[1..], [(Level::Due, "failed 3 times in a row: busy".to_owned())]);
}

#[test]
fn an_authority_in_memory_has_a_status_too() {
    let mut ca = Authority::ephemeral(now()).unwrap();
    let signer = ca.unlock(None).unwrap();
    ca.issue_key(&KeyOrder::client("billing").unwrap(), &signer, &act(now())).unwrap();
    let report = ca.status(&StatusOrder::default(), days(now(), 70)).unwrap();
    assert_eq!(leaves(&report)[0].1, Level::Due);
}

/// The list and the report say the same of what is inside the window.
#[test]
fn the_count_is_that_of_the_list() {
    let fleet = Fleet::new(now());
    for number in 0..30 {
        fleet.client(&format!("client-{number}"), 10 + number * 5, 5);
    }
    for window in ["1d", "20d", "60d", "10%", "50%", "90%"] {
        let threshold: Threshold = window.parse().unwrap();
        let filter = Filter { expiring: Some(threshold), status: Status::Valid, ..Filter::default() };
        let (ca, mut listed) = (fleet.open(), 0);
        ca.ledger()
            .list::<LedgerError>(&filter, fleet.now, |_| {
                listed += 1;
                Ok(())
            })
            .unwrap();
        let report = status(&fleet, window);
        assert_eq!(report.leaves.inside_window, listed, "{window}");
        assert_eq!(report.leaves.due, listed, "{window}");
    }
    let ends = fleet.open().ends(64, fleet.now).unwrap();
    assert_eq!(ends.iter().map(|bucket| bucket.count).sum::<u32>(), 30);
    assert!(ends.iter().all(|bucket| bucket.from < bucket.to));
}
