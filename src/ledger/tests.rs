use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;
use crate::audit::event::{Act, Actor};
use crate::store::FileError;
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

const PATIENCE: Duration = Duration::from_secs(30);
const DAY: i64 = 86_400;

/// `openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=fixture -set_serial
/// 0x40000000000000000000000000000001 -days 3650`. Tests put other serials of the same length in.
const CERTIFICATE: &str = "MIIBNDCB56ADAgECAhBAAAAAAAAAAAAAAAAAAAABMAUGAytlcDASMRAwDgYDVQQDDAdmaXh0dXJlMB4XDTI2MTEy\
    MjE2MzgwN1oXDTM2MTExOTE2MzgwN1owEjEQMA4GA1UEAwwHZml4dHVyZTAqMAUGAytlcAMhAE+Df2T5RHI59sWaEM4BWXc1RGt6U7Rwrv3FKlh3\
    ZQ94o1MwUTAdBgNVHQ4EFgQUBTo/uNlq6V0kavVwF3KEjShIaogwHwYDVR0jBBgwFoAUBTo/uNlq6V0kavVwF3KEjShIaogwDwYDVR0TAQH/BAUw\
    AwEB/zAFBgMrZXADQQA8TReTemD318ulRdYca+4ncQ/2QQRhU3iT6U1Sj0G2n+nBxi/9QCW3Z9YNHLLVS5TFTj9bRKVmUEEFZhXsjG4L";

fn at(unix: i64) -> Time {
    Time::from_unix(unix).unwrap()
}

fn act(unix: i64) -> Act {
    Act { now: Now::at(at(unix)), actor: Actor::default(), command: "sign".to_owned() }
}

fn serial(n: u64) -> Serial {
    let mut octets = [0; 16];
    octets[8..].copy_from_slice(&n.to_be_bytes());
    Serial::from_random(octets)
}

fn certificate(serial: &Serial) -> (Vec<u8>, Vec<u8>) {
    let mut der = data_encoding::BASE64.decode(CERTIFICATE.replace(' ', "").as_bytes()).unwrap();
    let read = crate::encoding::certificate::read(&der).unwrap();
    let length = read.to_be_signed().len();
    let before = der.windows(16).position(|window| window == read.serial().octets()).unwrap();
    der[before..before + 16].copy_from_slice(serial.octets());
    let tbs = crate::encoding::certificate::read(&der).unwrap().to_be_signed().to_vec();
    assert_eq!(tbs.len(), length);
    (der, tbs)
}

fn founded(path: &Path) -> Ledger {
    let mut ledger = Ledger::create(path, PATIENCE, act(0).now).unwrap();
    add_issuer(&mut ledger, History::Whole);
    ledger
}

fn add_issuer(ledger: &mut Ledger, history: History) -> IssuerNumber {
    let new = NewIssuer {
        subject: "CN=ca",
        public_key: Fingerprint::of(b"ca key"),
        certificate: b"ca",
        history,
        last_crl_number: None,
    };
    ledger.add_issuer(&new, &act(0)).unwrap()
}

fn reserve(ledger: &mut Ledger, n: u64, name: &str, from: i64, days: i64) -> Result<ReservedRow, LedgerError> {
    let serial = serial(n);
    let (_, tbs) = certificate(&serial);
    let names = [("cn", name), ("dns", name)].map(|(k, v)| KnownName { kind: k.to_owned(), value: v.to_owned() });
    let reservation = Reservation {
        issuer: IssuerNumber::FIRST,
        serial: &serial,
        to_be_signed: &tbs,
        request: Some(b"request"),
        profile: if n.is_multiple_of(2) { "server" } else { "client" },
        requester: "u@h",
        validity: Validity { not_before: at(from), not_after: at(from + days * DAY - 1) },
        subject: &format!("CN={name}"),
        public_key: Fingerprint::of(name.as_bytes()),
        names: &names,
        replaces: None,
    };
    ledger.reserve(&reservation, &act(from))
}

fn issue(ledger: &mut Ledger, n: u64, name: &str, from: i64, days: i64) -> RowId {
    let row = reserve(ledger, n, name, from, days).unwrap();
    ledger.complete(row, &certificate(&serial(n)).0, &act(from)).unwrap()
}

fn serials(ledger: &Ledger, filter: &Filter, now: i64) -> Vec<u64> {
    let mut found = Vec::new();
    ledger
        .list(filter, Now::at(at(now)), |entry| {
            found.push(u64::from_be_bytes(entry.serial.octets()[8..].try_into().unwrap()));
            Ok::<_, LedgerError>(())
        })
        .unwrap();
    found
}

#[test]
fn a_certificate_goes_from_pending_to_issued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut ledger = founded(&path);
    let row = reserve(&mut ledger, 1, "api.internal", 0, 90).unwrap();
    assert_eq!(ledger.counts().unwrap(), Counts { pending: 1, ..Counts::default() });
    assert_eq!(ledger.check().unwrap()[0].code, "ledger.pending");
    let (der, tbs) = certificate(&serial(1));
    let id = ledger.complete(row, &der, &act(1)).unwrap();
    drop(ledger);

    let ledger = Ledger::open_for_reading(&path, PATIENCE).unwrap();
    let entry = ledger.find("API.internal", 9).unwrap().pop().unwrap();
    assert_eq!((entry.id, entry.state, entry.issuer), (id, State::Issued, IssuerNumber::FIRST));
    assert_eq!(entry.fingerprint, Some(Fingerprint::of(&der)));
    assert_eq!(entry.names.len(), 2);
    assert_eq!(entry.validity.unwrap().seconds(), 90 * DAY);
    assert_eq!(ledger.certificate(id).unwrap().unwrap(), der);
    assert!(der.windows(tbs.len()).any(|window| window == tbs));
    assert_eq!(ledger.request(id).unwrap().unwrap(), b"request");
    assert_eq!(ledger.check().unwrap(), []);
    assert_eq!(ledger.active_issuer().unwrap().unwrap().number, IssuerNumber::FIRST);

    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn commits_wait_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    drop(founded(&path));
    let ledger = Ledger::open(&path, PATIENCE).unwrap();
    let ask = |name| ledger.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    // https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
    assert_eq!(ask("synchronous"), 2);
    assert_eq!(ask("foreign_keys"), 1);
    let mode: String = ledger.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_number_is_taken_once_and_a_row_completed_once() {
    let mut ledger = Ledger::in_memory(act(0).now).unwrap();
    add_issuer(&mut ledger, History::Whole);
    let row = reserve(&mut ledger, 1, "a", 0, 1).unwrap();
    match reserve(&mut ledger, 1, "b", 0, 1) {
        Err(LedgerError::DuplicateSerial(taken)) => assert_eq!(taken, serial(1)),
        other => panic!("{other:?}"),
    }
    // What repair did meanwhile.
    ledger.connection.execute("UPDATE certificates SET state = 'abandoned'", []).unwrap();
    assert!(matches!(ledger.complete(row, b"late", &act(0)), Err(LedgerError::NotPending(_))));
    let row = reserve(&mut ledger, 2, "b", 0, 1).unwrap();
    ledger.abandon(row, "the key is gone", &act(0)).unwrap();
    assert_eq!(ledger.counts().unwrap(), Counts { abandoned: 2, ..Counts::default() });
    // The refused attempts left no event behind: issuer, two intents, one outcome.
    assert_eq!(ledger.audit_head().unwrap().seq, 4);
    assert_eq!(ledger.check().unwrap(), []);
}

#[test]
fn a_reservation_outlives_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut ledger = founded(&path);
    drop(reserve(&mut ledger, 7, "torn", 0, 1).unwrap());
    drop(ledger);
    let mut ledger = Ledger::open(&path, PATIENCE).unwrap();
    assert_eq!(serials(&ledger, &Filter { status: Status::Pending, ..Filter::default() }, 0), [7]);
    issue(&mut ledger, 8, "next", 0, 1);
    let findings = ledger.check().unwrap();
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["ledger.pending"]);
}

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
fn revocations_from_before_are_known() {
    let mut ledger = Ledger::in_memory(act(0).now).unwrap();
    let issuer = add_issuer(&mut ledger, History::Unknown);
    let id = issue(&mut ledger, 1, "a", 0, 90);
    assert!(!ledger.is_key_compromised(&Fingerprint::of(b"a")).unwrap());
    let revocation =
        Revocation { revoked_at: at(5), reason: RevocationReason::KeyCompromise, invalid_since: Some(at(3)) };
    let small = Serial::from_octets(&[1]);
    let revoked = [&small, &serial(1)].map(|serial| RevokedElsewhere { serial: serial.clone(), revocation });
    let number = Serial::from_octets(&[0x7f; 20]);
    let mut record = || ledger.record_revoked_elsewhere(issuer, &revoked, Some(&number), &act(9)).unwrap();
    assert_eq!(record(), 2);
    assert_eq!(record(), 0);
    let known = ledger.by_serial(&small).unwrap().pop().unwrap();
    assert_eq!((known.state, known.revocation, known.subject), (State::Revoked, Some(revocation), None));
    assert_eq!(ledger.by_serial(&serial(1)).unwrap()[0].id, id);
    assert!(ledger.is_key_compromised(&Fingerprint::of(b"a")).unwrap());
    let issuer = ledger.active_issuer().unwrap().unwrap();
    assert_eq!((issuer.history, issuer.last_crl_number), (History::Supplied, Some(number)));
    assert_eq!(serials(&ledger, &Filter::default(), 9), [0; 0]);
    assert_eq!(ledger.check().unwrap(), []);
    let unknown = ledger.record_revoked_elsewhere(IssuerNumber::new(9).unwrap(), &[], None, &act(9));
    assert!(matches!(unknown, Err(LedgerError::NoIssuer(_))));
}

#[test]
fn check_names_what_was_tampered_with() {
    for (sql, code) in [
        ("UPDATE certificates SET cert = NULL WHERE id = 2", "ledger.certificate_missing"),
        ("UPDATE certificates SET cert = x'3003020101' WHERE id = 2", "ledger.certificate_altered"),
        (
            "UPDATE certificates SET cert = (SELECT cert FROM certificates WHERE id = 1) WHERE id = 2",
            "ledger.certificate_altered",
        ),
        ("UPDATE certificates SET tbs = x'00' WHERE id = 2", "ledger.certificate_altered"),
        ("UPDATE certificates SET intent = 1 WHERE id = 2", "ledger.intent_missing"),
        ("UPDATE audit SET body = replace(body, 'b.internal', 'x.internal') WHERE seq = 5", "audit.chain_broken"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM audit WHERE seq = 4", "ledger.dangling_reference"),
        ("DELETE FROM audit WHERE seq = 5", "audit.chain_broken"),
    ] {
        let mut ledger = Ledger::in_memory(act(0).now).unwrap();
        add_issuer(&mut ledger, History::Whole);
        for (n, name) in [(1, "a.internal"), (2, "b.internal"), (3, "c.internal")] {
            issue(&mut ledger, n, name, 0, 90);
        }
        assert_eq!(ledger.check().unwrap(), []);
        ledger.connection.execute_batch(sql).unwrap();
        let findings = ledger.check().unwrap();
        assert_eq!(findings.first().map(|finding| finding.code), Some(code), "{sql}: {findings:?}");
    }
}

#[test]
fn files_that_are_no_ledger_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    assert!(matches!(Ledger::open(&path, PATIENCE), Err(LedgerError::Missing(_))));
    assert!(matches!(Ledger::open_for_reading(&path, PATIENCE), Err(LedgerError::Missing(_))));
    for content in [
        &b""[..],
        b"no database at all, but long enough to have a header of a hundred bytes and more than that for sure",
    ] {
        fs::write(&path, content).unwrap();
        assert!(matches!(Ledger::open(&path, PATIENCE), Err(LedgerError::NotALedger { .. })));
        assert!(matches!(Ledger::open_for_reading(&path, PATIENCE), Err(LedgerError::NotALedger { .. })));
        assert!(matches!(Ledger::create(&path, PATIENCE, act(0).now), Err(LedgerError::File(FileError::Exists(_)))));
        fs::remove_file(&path).unwrap();
    }
    let mut ledger = founded(&path);
    for n in 0..20 {
        issue(&mut ledger, n, "x", 0, 1);
    }
    ledger.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    let error = Ledger::open(&path, PATIENCE).unwrap_err();
    assert!(matches!(error, LedgerError::TooNew { found: 99, known: schema::FORMAT, .. }));
    assert!(error.to_string().ends_with("has format 99, newer than this program, which knows up to 1"));
}

#[test]
fn a_truncated_file_is_said_to_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut ledger = founded(&path);
    for n in 0..20 {
        issue(&mut ledger, n, "x", 0, 1);
    }
    ledger.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(ledger);
    let length = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
    let seen = Ledger::open(&path, PATIENCE).and_then(|mut ledger| {
        let findings = ledger.check()?;
        assert_ne!(findings, []);
        reserve(&mut ledger, 99, "y", 0, 1).map(drop)
    });
    match seen {
        Err(LedgerError::Damaged { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_writer_that_never_ends_is_waited_for_as_long_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = founded(&path);
    ledger.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut impatient = Ledger::open(&path, Duration::from_millis(50)).unwrap();
    let error = reserve(&mut impatient, 1, "a", 0, 1).unwrap_err();
    assert!(matches!(error, LedgerError::Busy { .. }), "{error:?}");
    // Readers do not wait.
    assert_eq!(impatient.counts().unwrap(), Counts::default());
}

#[test]
fn of_two_creators_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let made: usize = std::thread::scope(|scope| {
        let creators: Vec<_> =
            (0..4).map(|_| scope.spawn(|| Ledger::create(&path, PATIENCE, act(0).now).is_ok())).collect();
        creators.into_iter().map(|creator| usize::from(creator.join().unwrap())).sum()
    });
    assert_eq!(made, 1);
    Ledger::open(&path, PATIENCE).unwrap();
}

/// What each of the processes below does, in the folder that it is started in. Its serials follow
/// from its process number, so that no two take the same.
#[test]
#[ignore = "started by `processes_share_one_ledger`"]
fn one_of_many_processes() {
    let first = u64::from(std::process::id()) * 1_000;
    for n in first..first + 50 {
        let mut ledger = Ledger::open(Path::new("ledger.sqlite"), PATIENCE).unwrap();
        issue(&mut ledger, n, "many.internal", 0, 90);
    }
}

fn start_process(folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["ledger::tests::one_of_many_processes", "--exact", "--ignored"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn processes_share_one_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    drop(founded(&path));
    let children: Vec<_> = (0..8).map(|_| start_process(folder.path())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let ledger = Ledger::open(&path, PATIENCE).unwrap();
    let issued: BTreeSet<_> = serials(&ledger, &Filter::default(), 0).into_iter().collect();
    assert_eq!(issued.len(), 400);
    assert_eq!(ledger.check().unwrap(), []);
}

#[test]
fn a_killed_process_leaves_whole_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    drop(founded(&path));
    for n in 0..10 {
        let mut child = start_process(folder.path());
        std::thread::sleep(Duration::from_millis(15 + 7 * n));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut ledger = Ledger::open(&path, PATIENCE).unwrap();
        issue(&mut ledger, n, "after", 0, 90);
        let findings = ledger.check().unwrap();
        assert!(findings.iter().all(|finding| finding.code == "ledger.pending"), "{findings:?}");
    }
}
