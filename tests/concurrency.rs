//! Many processes sign in one directory at once: all succeed, no serial twice, no row lost.

mod session;

use std::collections::BTreeSet;
use std::time::Duration;
use std::{fs, thread};

use mtls_ca::ledger::Ledger;
use session::{Session, serials_in};

const PROCESSES: usize = 8;
const SIGNS: usize = 50;

#[test]
fn eight_processes_sign_fifty_times_each() {
    let session = Session::new();
    session.ok(&["init"]);
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let session = &session;
            scope.spawn(move || {
                for n in 0..SIGNS {
                    session.ok(&["sign", "billing.csr", "--out", &format!("{process}-{n}.crt")]);
                }
            });
        }
    });
    let mut on_disk = BTreeSet::new();
    for process in 0..PROCESSES {
        for n in 0..SIGNS {
            on_disk.extend(serials_in(&fs::read(session.path().join(format!("{process}-{n}.crt"))).unwrap()));
        }
    }
    assert_eq!(on_disk.len(), PROCESSES * SIGNS, "serials on disk are not distinct");
    let root = serials_in(&fs::read(session.path().join("ca/ca.crt")).unwrap());
    let listed: Vec<String> = session.ledger().into_iter().map(|(serial, _)| serial).collect();
    let listed: Vec<String> = listed.into_iter().filter(|serial| !root.contains(serial)).collect();
    assert_eq!(listed.len(), PROCESSES * SIGNS, "rows of the ledger");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), on_disk);
    let ledger = Ledger::open_for_reading(&session.path().join("ca/ledger.sqlite"), Duration::from_secs(10)).unwrap();
    assert_eq!(ledger.check().unwrap(), [], "what the ledger finds in itself");
}

#[test]
fn of_processes_that_revoke_at_once_none_is_lost_and_the_last_crl_has_them_all() {
    let session = Session::new();
    session.ok(&["init"]);
    let names: Vec<String> = (0..PROCESSES).map(|n| format!("svc-{n}.internal")).collect();
    for name in &names {
        session.ok(&["issue", name, "--out", name]);
    }
    thread::scope(|scope| {
        for name in &names {
            let session = &session;
            scope.spawn(move || session.ok(&["revoke", name, "--reason", "superseded"]));
        }
    });
    let crl = fs::read(session.path().join("ca/issuers/g1/crl.der")).unwrap();
    let crl = mtls_ca::encoding::revocation::read(&crl).unwrap();
    let ledger = Ledger::open_for_reading(&session.path().join("ca/ledger.sqlite"), Duration::from_secs(10)).unwrap();
    let standing = ledger.crl_standing(mtls_ca::store::layout::IssuerNumber::FIRST).unwrap();
    assert_eq!(crl.entries().len(), PROCESSES);
    assert_eq!((standing.pending, standing.last.map(|last| last.number)), (0, crl.number()));
}
