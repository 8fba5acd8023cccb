//! Many at once, and one that is killed.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use super::*;

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

fn start_process(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["ledger::tests::processes::one_of_many_processes", "--exact", "--ignored"])
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

#[test]
fn modes_do_not_depend_on_the_umask() {
    for umask in ["000", "077"] {
        let status = Command::new("sh")
            .args(["-c", "umask $0; exec \"$@\"", umask])
            .arg(std::env::current_exe().unwrap())
            .args(["ledger::tests::a_certificate_goes_from_pending_to_issued", "--exact"])
            .args(["store::atomic::tests::files_have_their_final_mode_and_nothing_is_left_beside"])
            .args(["store::directory::tests::directories_have_their_final_mode"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{umask}");
    }
}
