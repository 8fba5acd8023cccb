//! The audit log as an outsider meets it: every kind of damage is named, and other programs verify
//! what is exported and signed.

mod sandbox;

use std::fs;
use std::path::Path;
use std::time::Duration;

use mtls_ca::audit::checkpoint::Checkpoint;
use mtls_ca::authority::{self, Access, NewCa};
use mtls_ca::x509::usage::KeyUsage;
use mtls_ca::{Act, Authority, KeyOrder, Now, Time};
use rusqlite::Connection;
use sandbox::Sandbox;

const PATIENCE: Duration = Duration::from_secs(30);

fn act() -> Act {
    Act::of_process("test", Now::at("2027-01-31T12:00:00Z".parse::<Time>().unwrap()))
}

fn open(directory: &Path, access: Access) -> Authority {
    Authority::open(directory, access, PATIENCE).unwrap()
}

/// A CA with three certificates, a checkpoint, and one certificate more; the checkpoint.
fn history(directory: &Path) -> Checkpoint {
    authority::init(directory, &NewCa::plain(), &act()).unwrap();
    let mut ca = open(directory, Access::Sign);
    let signer = ca.unlock(None).unwrap();
    for name in ["a", "b", "c"] {
        ca.issue_key(&KeyOrder::client(name).unwrap(), &signer, &act()).unwrap();
    }
    let checkpoint = ca.checkpoint(&signer, &act()).unwrap();
    ca.issue_key(&KeyOrder::client("d").unwrap(), &signer, &act()).unwrap();
    checkpoint
}

/// Rewrites the hashes from event `first` on, as somebody would who wants the chain to look whole.
fn rehash(connection: &Connection, first: u64) {
    use mtls_ca::audit::chain::Head;
    use mtls_ca::x509::fingerprint::Fingerprint;
    let mut statement = connection.prepare("SELECT seq, hash, body FROM audit ORDER BY seq").unwrap();
    let rows: Vec<(u64, [u8; 32], String)> = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut head: Option<Head> = None;
    for (seq, hash, body) in rows {
        let link = head.unwrap_or(mtls_ca::audit::chain::BEGINNING).followed_by(body);
        if seq < first {
            head = Some(Head { seq, hash: Fingerprint::from_octets(hash) });
            continue;
        }
        connection
            .execute(
                "UPDATE audit SET prev = ?2, hash = ?3 WHERE seq = ?1",
                (i64::try_from(seq).unwrap(), link.prev.octets(), link.hash.octets()),
            )
            .unwrap();
        head = Some(link.head());
    }
}

/// Events: 1 the CA, 2 to 7 three certificates, 8 and 9 the log's signer, 10 the checkpoint (of event
/// 9), 11 and 12 one certificate more.
#[test]
fn damage_is_named_by_the_first_event_that_it_hit() {
    type Harm = fn(&Connection);
    let harms: &[(&str, Harm, &str, &str)] = &[
        (
            "an event is altered",
            |c| drop(c.execute("UPDATE audit SET body = replace(body, 'CN=b', 'CN=x') WHERE seq = 4", [])),
            "audit.chain_broken",
            "event 4 of the audit log was altered",
        ),
        (
            "an event is altered, and all hashes from there on made to fit",
            |c| {
                let _ = c.execute("UPDATE audit SET body = replace(body, 'CN=b', 'CN=x') WHERE seq = 4", []);
                rehash(c, 4);
            },
            "audit.rewritten",
            "event 9 of the audit log is not the one that a checkpoint of 2027-01-31T12:00:00Z vouches for",
        ),
        (
            "an event is taken out",
            |c| drop(c.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM audit WHERE seq = 5")),
            "audit.chain_broken",
            "event 5 of the audit log is missing: 6 follows in its place",
        ),
        (
            "the first event is taken out",
            |c| drop(c.execute("DELETE FROM audit WHERE seq = 1", [])),
            "audit.chain_broken",
            "event 1 of the audit log is missing: 2 follows in its place",
        ),
        (
            "two events change places",
            |c| {
                let _ = c.execute_batch(
                    "PRAGMA foreign_keys = OFF; UPDATE audit SET seq = 99 WHERE seq = 6;
                     UPDATE audit SET seq = 6 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = 99",
                );
            },
            "audit.chain_broken",
            "event 6 of the audit log is the one that was written as event 7",
        ),
        (
            "an event is taken out, and those behind it numbered anew",
            |c| {
                let _ = c.execute_batch(
                    "PRAGMA foreign_keys = OFF; DELETE FROM audit WHERE seq = 3;
                     UPDATE audit SET seq = -seq WHERE seq > 3; UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
                );
            },
            "audit.chain_broken",
            "event 3 of the audit log is the one that was written as event 4",
        ),
        (
            "the end is cut off",
            |c| drop(c.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM audit WHERE seq > 6")),
            "audit.cut_off",
            "the audit log ends with event 6; a checkpoint of 2027-01-31T12:00:00Z says that it had 9 then",
        ),
        (
            "a checkpoint is forged",
            |c| drop(c.execute("UPDATE checkpoints SET time = time + 1", [])),
            "audit.checkpoint_bad",
            "the checkpoint of event 9 does not hold: its signature does not verify",
        ),
        (
            "a checkpoint is signed by whoever has a certificate",
            |c| {
                let sql = "UPDATE checkpoints SET certificate_id = (SELECT min(id) FROM certificates)";
                drop(c.execute(sql, []));
            },
            "audit.checkpoint_bad",
            "the checkpoint of event 9 does not hold: its certificate is not one for that: it lacks the usage `documentSigning`",
        ),
    ];
    let room = tempfile::tempdir().unwrap();
    let whole = room.path().join("whole");
    history(&whole);
    let state = open(&whole, Access::Read).verify_log(None).unwrap();
    assert_eq!((state.findings.len(), state.head.seq, state.vouched.map(|(seq, _)| seq)), (0, 12, Some(9)));
    for (n, (name, harm, code, message)) in harms.iter().enumerate() {
        let directory = room.path().join(n.to_string());
        copy(&whole, &directory);
        let connection = Connection::open(directory.join("ledger.sqlite")).unwrap();
        harm(&connection);
        drop(connection);
        let state = open(&directory, Access::Read).verify_log(None).unwrap();
        let first = state.findings.first().unwrap_or_else(|| panic!("{name}: nothing was found"));
        assert_eq!(first.code, *code, "{name}: {first}");
        assert!(first.message.starts_with(message), "{name}: {first}");
    }
}

#[test]
fn only_a_copy_elsewhere_shows_a_clean_cut() {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    let checkpoint = history(&directory);
    let connection = Connection::open(directory.join("ledger.sqlite")).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM checkpoints; DELETE FROM audit WHERE seq > 6")
        .unwrap();
    drop(connection);
    let ca = open(&directory, Access::Read);
    assert_eq!(ca.verify_log(None).unwrap().findings, [], "the chain alone cannot show it");
    let state = ca.verify_log(Some(&checkpoint)).unwrap();
    assert_eq!(state.findings.first().map(|finding| finding.code), Some("audit.cut_off"));

    // Written anew from event 4 on, so that every hash fits and no checkpoint is left.
    let anew = room.path().join("anew");
    let checkpoint = history(&anew);
    let connection = Connection::open(anew.join("ledger.sqlite")).unwrap();
    connection.execute_batch("DELETE FROM checkpoints; UPDATE audit SET body = '{}' WHERE seq = 4").unwrap();
    rehash(&connection, 4);
    drop(connection);
    let ca = open(&anew, Access::Read);
    assert_eq!(ca.verify_log(None).unwrap().findings, []);
    let state = ca.verify_log(Some(&checkpoint)).unwrap();
    assert_eq!(state.findings.first().map(|finding| finding.code), Some("audit.rewritten"), "{state:?}");
}

#[test]
fn the_log_has_a_signer_of_its_own() {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    let first = history(&directory);
    let mut ca = open(&directory, Access::Sign);
    let usage = ca.certificate().extensions().key_usage().unwrap();
    assert!(!usage.contains(KeyUsage::DigitalSignature), "the CA's key must not sign the log");

    // The same key signs again, from its file.
    let signer = ca.unlock(None).unwrap();
    let second = ca.checkpoint(&signer, &act()).unwrap();
    assert_eq!(second.certificates, first.certificates);

    // With less than a third of its life left there is a new one, and the old checkpoints still hold.
    let late = Now::at(act().now.time().plus_seconds(61 * 86_400));
    let act_late = Act { now: late, ..act() };
    let third = ca.checkpoint(&signer, &act_late).unwrap();
    assert_ne!(third.certificates, first.certificates);
    let state = ca.verify_log(None).unwrap();
    assert_eq!((state.findings.len(), state.checkpoints), (0, 3));

    // A CA in memory has one as well.
    let mut ephemeral = Authority::ephemeral(act().now).unwrap();
    let signer = ephemeral.unlock(None).unwrap();
    ephemeral.checkpoint(&signer, &act()).unwrap();
    assert_eq!(ephemeral.verify_log(None).unwrap().checkpoints, 1);
}

#[test]
fn another_program_verifies_what_is_exported() {
    let sandbox = Sandbox::new();
    if sandbox.lacks("python3") {
        assert!(std::env::var_os("CI").is_none(), "`python3` is missing, and this is CI");
        return eprintln!("`python3` is missing, so this was not tried");
    }
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/verify_audit.py");
    let document = include_str!("../docs/audit.md");
    let code = document.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(fs::read_to_string(&verifier).unwrap().ends_with(code), "the example is not the one of docs/audit.md");
    let run = |events: &str| sandbox.shell(&format!("python3 '{}' < {events}", verifier.display()));

    // Names with everything that JSON has to escape.
    let made = sandbox.shell(
        "mtls-ca init --name \"$(printf 'Ex\\\"am\\\\ple ü 漢 \\x7f')\" > /dev/null 2>&1 || mtls-ca init --name 'Ex\"am\\ple ü 漢' > /dev/null
         mtls-ca issue api.internal --profile server --quiet > /dev/null && mtls-ca audit export --out whole.jsonl",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let whole = run("whole.jsonl");
    assert!(whole.stdout.starts_with("whole up to event 4, "), "{}{}", whole.stdout, whole.stderr);
    for (harm, said) in [
        ("sed '2s/api.internal/bpi.internal/' whole.jsonl", "event 2 was altered or moved"),
        ("sed 2d whole.jsonl", "event 3 does not follow event 1"),
        ("(sed -n 1p whole.jsonl; sed -n 3p whole.jsonl; sed -n 2p whole.jsonl)", "event 3 does not follow event 1"),
    ] {
        assert_eq!(sandbox.shell(&format!("{harm} > harmed.jsonl")).code, 0);
        let harmed = run("harmed.jsonl");
        assert_eq!((harmed.stderr.trim(), harmed.code), (said, 1), "{harm}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (source, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if source.is_dir() { copy(&source, &target) } else { assert!(fs::copy(source, target).is_ok()) }
    }
}
