//! The life of a row, and what the tests of this folder start from.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use std::time::Duration;

mod damage;
mod processes;
mod query;

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
        asked: Fingerprint::of(b"request"),
        rules: Fingerprint::of(b"profile"),
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
