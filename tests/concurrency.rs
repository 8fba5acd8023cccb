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
