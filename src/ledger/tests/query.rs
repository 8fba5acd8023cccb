//! Finding and listing.

use super::*;
use crate::ledger::query::{BY_PUBLIC_KEY, IN_USE_WITH_KEY};

#[test]
fn filters_hold_together() {
    let mut ledger = Ledger::in_memory(act(0).now).unwrap();
    add_issuer(&mut ledger, History::Whole);
    issue(&mut ledger, 1, "old.internal", 0, 10);
    issue(&mut ledger, 2, "api.internal", 5 * DAY, 90);
    issue(&mut ledger, 3, "web.internal", 6 * DAY, 30);
    issue(&mut ledger, 4, "we[b].example", 7 * DAY, 60);
    drop(reserve(&mut ledger, 5, "web.internal", 8 * DAY, 30).unwrap());
    let now = 11 * DAY;
    let any = Filter::default;
    for (filter, expected) in [
        (any(), vec![4, 3, 2]),
        (Filter { status: Status::All, ..any() }, vec![5, 4, 3, 2, 1]),
        (Filter { status: Status::Expired, ..any() }, vec![1]),
        (Filter { status: Status::Pending, ..any() }, vec![5]),
        (Filter { name: Some("*.Internal".into()), ..any() }, vec![3, 2]),
        (Filter { name: Some("w?b.internal".into()), status: Status::All, ..any() }, vec![5, 3]),
        (Filter { name: Some("we[b].*".into()), ..any() }, vec![4]),
        (Filter { name: Some("we[b].example".into()), ..any() }, vec![4]),
        (Filter { profile: Some("server".into()), ..any() }, vec![4, 2]),
        (Filter { issued_since: Some(at(7 * DAY)), ..any() }, vec![4]),
        (Filter { limit: Some(1), ..any() }, vec![4]),
        (Filter { expiring: Some("60d".parse().unwrap()), ..any() }, vec![3, 4]),
        (Filter { expiring: Some("84%".parse().unwrap()), ..any() }, vec![3]),
        (Filter { expiring: Some("95%".parse().unwrap()), ..any() }, vec![3, 4, 2]),
    ] {
        let found = serials(&ledger, &filter, now);
        assert_eq!(found, expected, "{filter:?}");
    }
    // The condition in SQL is the rule in words.
    for text in ["1%", "33%", "84%", "94%", "99%", "3d", "80d"] {
        let threshold = text.parse().unwrap();
        let mut due = Vec::new();
        let keep = |entry: Entry| {
            if crate::words::x509::lifetime::Threshold::is_due(threshold, entry.validity.unwrap(), Now::at(at(now))) {
                due.push(u64::from_be_bytes(entry.serial.octets()[8..].try_into().unwrap()));
            }
            Ok::<_, LedgerError>(())
        };
        ledger.list(&any(), Now::at(at(now)), keep).unwrap();
        let mut found = serials(&ledger, &Filter { expiring: Some(threshold), ..any() }, now);
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, due, "{text}");
    }
}

#[test]
fn certificates_are_found_by_what_people_type() {
    let mut ledger = Ledger::in_memory(act(0).now).unwrap();
    add_issuer(&mut ledger, History::Whole);
    for (n, name) in [(1, "api.internal"), (2, "web.internal"), (3, "api.internal"), (4, "cafe")] {
        issue(&mut ledger, n, name, 0, 90);
    }
    let find = |text: &str| ledger.find(text, 10).unwrap().into_iter().map(|entry| entry.id.get()).collect::<Vec<_>>();
    let (der, _) = certificate(&serial(2));
    for (text, expected) in [
        (serial(2).to_string(), vec![2]),
        (format!("0x{}", serial(2)), vec![2]),
        (Fingerprint::of(&der).colons(), vec![2]),
        ("api.internal".to_owned(), vec![3, 1]),
        ("dns:api.internal".to_owned(), vec![3, 1]),
        ("uri:api.internal".to_owned(), vec![]),
        ("cafe".to_owned(), vec![4]),
        ("nothing".to_owned(), vec![]),
        (String::new(), vec![]),
    ] {
        assert_eq!(find(&text), expected, "{text}");
    }
    assert_eq!(ledger.find("api.internal", 1).unwrap().len(), 1);
    let alike = |text: &str| ledger.candidates(text, 3).unwrap().into_iter().map(|e| e.id.get()).collect::<Vec<_>>();
    assert_eq!(alike("web"), [2]);
    assert_eq!(alike("wbe.internal"), [2]);
    assert_eq!(alike("4000000000000000"), [1, 2, 3]);
    assert_eq!(alike("xyz"), [0; 0]);
}

#[test]
fn what_has_a_public_key_is_found_by_its_index() {
    let mut ledger = Ledger::in_memory(act(0).now).unwrap();
    add_issuer(&mut ledger, History::Whole);
    let (short, long) = (issue(&mut ledger, 1, "a", 0, 10), issue(&mut ledger, 2, "a", 0, 90));
    let key = ledger.entry(short).unwrap().public_key.unwrap();
    assert_eq!(ledger.entry(long).unwrap().public_key, Some(key));
    let ids = |found: Vec<Entry>| found.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(ledger.by_public_key(&key).unwrap()), [long, short]);
    assert_eq!(ids(ledger.in_use_with_key(&key, Now::at(at(11 * DAY))).unwrap()), [long]);
    assert_eq!(ids(ledger.by_public_key(&Fingerprint::of(b"another")).unwrap()), []);

    for (condition, values) in [(BY_PUBLIC_KEY, 1), (IN_USE_WITH_KEY, 2)] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT c.id FROM certificates c WHERE {condition}");
        let values = rusqlite::params_from_iter(vec![1; values]);
        let plan: String = ledger.connection.query_row(&sql, values, |row| row.get(3)).unwrap();
        assert!(plan.contains("certificates_key"), "{condition}: {plan}");
    }
}
