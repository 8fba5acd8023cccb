//! Files that are not as they were written.

use super::*;

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
        atomic::write_new(&path, content, atomic::Readers::Owner).unwrap();
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
fn a_lone_file_is_read_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["file:x?mode=memory", "a b#%3f?immutable=0"] {
        let odd = folder.path().join(name);
        let path = odd.join("ledger.sqlite");
        fs::create_dir(&odd).unwrap();
        let mut ledger = founded(&path);
        issue(&mut ledger, 1, "x", 0, 1);
        ledger.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
        drop(ledger);
        for beside in ["-wal", "-shm"] {
            fs::remove_file(odd.join(format!("ledger.sqlite{beside}"))).unwrap();
        }
        // As from a read-only file system, where nothing can be put beside it.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = connect_to(immutable_uri(&path), &path, flags, PATIENCE).unwrap();
        let ledger = Ledger { connection, path: path.clone(), patience: PATIENCE, settings: None, forwarding: None };
        assert_eq!(ledger.counts().unwrap().issued, 1);
        assert_eq!(fs::read_dir(&odd).unwrap().count(), 1);
        let ledger = Ledger::open_for_reading(&path, PATIENCE).unwrap();
        assert_eq!(ledger.counts().unwrap().issued, 1);
    }
}
