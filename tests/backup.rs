//! Backups as the users of the crate meet them: made while others issue, refused where they are not
//! whole, and what a CA is that came out of one.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::backup::{Backup, Destination};
use mtls_ca::authority::import::Source;
use mtls_ca::authority::restore::{is_encrypted, rebuild, restore};
use mtls_ca::authority::{self, Access, AuthorityError, NewCa};
use mtls_ca::encoding::certificate;
use mtls_ca::keys::Passphrase;
use mtls_ca::ledger::{Filter, History, IssuerState, LedgerError, Status};
use mtls_ca::store::atomic::{Existing, Output, Readers};
use mtls_ca::{Act, Authority, KeyOrder, Now};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

fn act() -> Act {
    Act::of_process("test", Now::at("2030-01-01T00:00:00Z".parse().unwrap()))
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn open(directory: &Path) -> Authority {
    Authority::open(directory, Access::Sign, PATIENCE).unwrap()
}

/// A room with a root in `ca`.
fn root(new: &NewCa) -> (TempDir, PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    authority::init(&directory, new, &act()).unwrap();
    (room, directory)
}

fn issue(directory: &Path, name: &str) -> mtls_ca::x509::certificate::Certificate {
    let mut ca = open(directory);
    let signer = ca.unlock(None).unwrap();
    ca.issue_key(&KeyOrder::server(name).unwrap(), &signer, &act()).unwrap().issued().certificate().clone()
}

fn backup(directory: &Path, to: &Path, passphrase: Option<&Passphrase>) -> Backup {
    let output = Output::plan(to, Readers::Owner, Existing::Keep).unwrap();
    open(directory).backup(Destination::File(output), passphrase, &act()).unwrap()
}

fn serials(directory: &Path) -> BTreeSet<String> {
    let ca = Authority::open(directory, Access::Read, PATIENCE).unwrap();
    let mut serials = BTreeSet::new();
    let all = Filter { status: Status::All, ..Filter::default() };
    ca.ledger()
        .list::<LedgerError>(&all, act().now, |entry| {
            serials.insert(entry.serial.to_string());
            Ok(())
        })
        .unwrap();
    serials
}

/// The files of an archive, to be put together again otherwise.
fn files(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
    let entries = archive.entries().unwrap();
    let read = |entry: std::io::Result<tar::Entry<'_, fs::File>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    };
    entries.map(read).collect()
}

fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        builder.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn it_is_whole_while_others_issue() {
    let (room, directory) = root(&NewCa::plain());
    let before = issue(&directory, "before.internal").serial().to_string();
    std::thread::scope(|scope| {
        let issuing: Vec<_> = (0..3)
            .map(|n| {
                let directory = &directory;
                scope.spawn(move || (0..20).for_each(|m| drop(issue(directory, &format!("s{n}-{m}.internal")))))
            })
            .collect();
        for n in 0..5 {
            let file = room.path().join(format!("{n}.tar"));
            let made = backup(&directory, &file, None);
            assert_eq!(made.size, fs::metadata(&file).unwrap().len());
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            let back = room.path().join(format!("back-{n}"));
            // `restore` looks at every row and event, and would refuse.
            let restored = restore(&file, None, None, &back, &act()).unwrap();
            assert_eq!(restored.manifest.audit_head, made.manifest.audit_head);
            assert!(serials(&back).contains(&before));
        }
        issuing.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(serials(&directory).len(), 61);
    let leftovers =
        fs::read_dir(room.path()).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    assert_eq!(leftovers.filter(|name| name.starts_with('.')).count(), 0);
}

#[test]
fn a_restored_ca_is_the_same_and_gives_no_number_out_twice() {
    let (room, directory) = root(&NewCa { passphrase: Some(passphrase("ca")), ..NewCa::plain() });
    fs::write(directory.join("profiles/own.toml"), "extends = \"server\"\n").unwrap();
    let file = room.path().join("b");
    backup(&directory, &file, Some(&passphrase("backup")));
    assert!(is_encrypted(&file).unwrap());
    let back = room.path().join("back");
    let refused = |given: Option<&str>| {
        let given = given.map(passphrase);
        let error = restore(&file, given.as_ref(), None, &back, &act()).unwrap_err();
        assert!(matches!(error, AuthorityError::SealedBackup { .. }), "{error}");
        assert!(!back.exists());
    };
    refused(None);
    refused(Some("other"));
    let opened = passphrase("backup");
    let error = restore(&file, Some(&opened), Some(&passphrase("wrong")), &back, &act()).unwrap_err();
    assert!(matches!(error, AuthorityError::Key { .. }) && !back.exists(), "{error}");
    let restored = restore(&file, Some(&opened), Some(&passphrase("ca")), &back, &act()).unwrap();
    assert_eq!(restored.unchecked_keys, Vec::<PathBuf>::new());
    for (name, mode) in [
        ("", 0o700),
        ("ca.toml", 0o600),
        ("ledger.sqlite", 0o600),
        ("issuers/g1/issuer.key", 0o600),
        ("issuers/g1", 0o700),
        ("issuers/g1/issuer.crt", 0o644),
        ("profiles/own.toml", 0o600),
    ] {
        let path = back.join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{name}");
        if path.is_file() && name != "ledger.sqlite" {
            assert_eq!(fs::read(&path).unwrap(), fs::read(directory.join(name)).unwrap(), "{name}");
        }
    }
    assert_eq!(open(&back).ledger().check().unwrap(), []);
    // What the two issue from now on shares no number: none follows from another.
    let mut numbers = BTreeSet::new();
    for directory in [&directory, &back] {
        let mut ca = open(directory);
        let signer = ca.unlock(Some(&passphrase("ca"))).unwrap();
        for n in 0..50 {
            let order = KeyOrder::server(&format!("s{n}.internal")).unwrap();
            let issued = ca.issue_key(&order, &signer, &act()).unwrap();
            assert!(numbers.insert(issued.issued().certificate().serial().clone()));
        }
    }
    let error = restore(&file, Some(&opened), None, &back, &act()).unwrap_err();
    assert!(matches!(error, AuthorityError::NotEmpty(_)), "{error}");
}

#[test]
fn what_is_not_as_its_manifest_says_is_not_restored() {
    let (room, directory) = root(&NewCa::plain());
    issue(&directory, "a.internal");
    let (other_room, other) = root(&NewCa::plain());
    let file = room.path().join("b.tar");
    backup(&directory, &file, None);
    let good = files(&file);
    let at = |name: &str| good.iter().position(|(known, _)| known == name).unwrap();
    let foreign_key = fs::read(other.join("issuers/g1/issuer.key")).unwrap();
    let digest = |bytes: &[u8]| mtls_ca::x509::fingerprint::Fingerprint::of(bytes).to_string();
    // The manifest rewritten so that its digests fit again: then the contents are looked at.
    let forged = |name: &str, content: &[u8]| {
        let mut files = good.clone();
        let manifest = String::from_utf8(files[0].1.clone()).unwrap();
        let (old, new) = (&good[at(name)].1, content);
        let manifest = manifest.replace(&digest(old), &digest(new));
        let manifest = manifest.replace(&format!("\"size\": {}", old.len()), &format!("\"size\": {}", new.len()));
        files[0].1 = manifest.into_bytes();
        files[at(name)].1 = content.to_vec();
        files
    };
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = good.clone();
        change(&mut files[at(name)].1);
        files
    };
    let mut ledger = good[at("ledger.sqlite")].1.clone();
    // A certificate whose name became another, in a page that SQLite itself finds whole.
    let place = ledger.windows(10).rposition(|window| window == b"a.internal").unwrap();
    ledger[place] = b'b';
    let without = |name: &str| good.iter().filter(|(known, _)| known != name).cloned().collect::<Vec<_>>();
    let with = |name: &str| [good.clone(), vec![(name.to_owned(), Vec::new())]].concat();
    let newer = changed("manifest.json", &|bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap().replacen("\"format\": 1", "\"format\": 2", 1);
        *bytes = text.into_bytes();
    });
    let head = changed("manifest.json", &|bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let seq = text.split("\"seq\": ").nth(1).unwrap().split(',').next().unwrap().to_owned();
        *bytes = text.replace(&format!("\"seq\": {seq}"), "\"seq\": 999").into_bytes();
    });
    type Members = Vec<(String, Vec<u8>)>;
    let cases: [(&str, Members, &str); 11] = [
        (
            "one bit of the key",
            changed("issuers/g1/issuer.key", &|bytes| bytes[100] ^= 1),
            "`issuers/g1/issuer.key` is not as",
        ),
        ("one byte more", changed("ca.toml", &|bytes| bytes.push(b'\n')), "`ca.toml` is not as"),
        ("a file less", without("ca.crt"), "`ca.crt` is listed in its manifest and missing"),
        ("a file more", with("more"), "`more` is not in its manifest"),
        ("no manifest", without("manifest.json"), "its first file is not `manifest.json`"),
        ("a newer format", newer, "its format is 2"),
        ("another head", head, "its audit log does not end as"),
        (
            "another key",
            forged("issuers/g1/issuer.key", &foreign_key),
            "its key `issuers/g1/issuer.key` does not belong",
        ),
        ("a changed row", forged("ledger.sqlite", &ledger), "its ledger is not sound"),
        ("no database", forged("ledger.sqlite", b"SQLite format 4"), "is not a ledger"),
        ("nothing", Vec::new(), "its first file is not"),
    ];
    let bad = room.path().join("bad.tar");
    let back = room.path().join("back");
    for (what, files, said) in cases {
        fs::write(&bad, pack(&files)).unwrap();
        let error = restore(&bad, None, None, &back, &act()).unwrap_err();
        let chain =
            format!("{error}: {}", std::error::Error::source(&error).map_or(String::new(), ToString::to_string));
        assert!(chain.contains(said), "{what}: {chain}");
        assert!(!back.exists(), "{what}");
    }
    // The same, put together again unchanged, is taken: the cases fail for their own reason.
    fs::write(&bad, pack(&good)).unwrap();
    restore(&bad, None, None, &back, &act()).unwrap();
    // Cut off anywhere.
    let whole = fs::read(&file).unwrap();
    for end in [0, 1, 511, 512, 1000, whole.len() / 2, whole.len() - 2048] {
        fs::write(&bad, &whole[..end]).unwrap();
        let target = room.path().join("cut");
        assert!(restore(&bad, None, None, &target, &act()).is_err() && !target.exists(), "{end}");
    }
    drop(other_room);
}

#[test]
fn a_lost_ledger_is_made_again_as_far_as_it_can_be_known() {
    let (room, directory) = root(&NewCa::plain());
    let certificates: Vec<_> = (0..3).map(|n| issue(&directory, &format!("s{n}.internal"))).collect();
    let folder = room.path().join("certs");
    fs::create_dir(&folder).unwrap();
    for (n, known) in certificates.iter().take(2).enumerate() {
        fs::write(folder.join(format!("{n}.der")), known.der()).unwrap();
    }
    let source = || Source::certificates(std::slice::from_ref(&folder)).unwrap();
    let error = rebuild(&directory, source(), PATIENCE, &act()).unwrap_err();
    assert!(matches!(error, AuthorityError::LedgerIsThere(_)), "{error}");
    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(directory.join(name));
    }
    let error = Authority::open(&directory, Access::Read, PATIENCE).unwrap_err();
    assert!(matches!(error, AuthorityError::LedgerLost(_)), "{error}");
    let rebuilt = rebuild(&directory, source(), PATIENCE, &act()).unwrap();
    assert_eq!((rebuilt.merged.added, rebuilt.active.get()), (2, 1));
    let mut ca = open(&directory);
    assert_eq!(ca.active().history(), History::Unknown, "revocations were on no CRL");
    assert_eq!(ca.active().state(), IssuerState::Active);
    assert_eq!(ca.ledger().check().unwrap(), []);
    let found = ca.ledger().find("s1.internal", 9).unwrap();
    assert_eq!(found[0].fingerprint, Some(certificates[1].fingerprint()));
    assert_eq!(found[0].profile.as_deref(), Some("server"));
    assert_eq!(certificate::read(&ca.ledger().certificate(found[0].id).unwrap().unwrap()).unwrap(), certificates[1]);
    // Later the third turns up.
    fs::write(folder.join("late.der"), certificates[2].der()).unwrap();
    let inheritance = ca.inheritance(source().with_nothing_revoked()).unwrap();
    assert_eq!(ca.import(&inheritance, &act()).unwrap().added, 1);
    assert_eq!(open(&directory).active().history(), History::Supplied);
    issue(&directory, "new.internal");
    assert_eq!(serials(&directory).len(), 4);
}

#[test]
fn every_ca_certificate_is_known_again_and_the_one_that_signed_signs() {
    let (room, directory) = root(&NewCa::plain());
    issue(&directory, "old.internal");
    // A second generation, as a rotation leaves it: its folder, and its root first in `ca.crt`.
    let (_other, other) = root(&NewCa { name: Some("Second".to_owned()), ..NewCa::plain() });
    fs::create_dir(directory.join("issuers/g2")).unwrap();
    for name in ["issuer.crt", "issuer.key"] {
        fs::copy(other.join("issuers/g1").join(name), directory.join("issuers/g2").join(name)).unwrap();
    }
    let (first, second) = (fs::read(directory.join("ca.crt")).unwrap(), fs::read(other.join("ca.crt")).unwrap());
    let rebuilt_with = |trust: Vec<u8>| {
        fs::write(directory.join("ca.crt"), trust).unwrap();
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
            let _ = fs::remove_file(directory.join(name));
        }
        let empty = room.path().join("empty");
        let _ = fs::create_dir(&empty);
        let source = Source::certificates(&[empty]).unwrap().with_nothing_revoked();
        rebuild(&directory, source, PATIENCE, &act()).unwrap();
        let states = open(&directory).generations().unwrap();
        states.iter().map(|known| (known.state(), known.history())).collect::<Vec<_>>()
    };
    let supplied = |state| (state, History::Supplied);
    assert_eq!(
        rebuilt_with([&second[..], &first].concat()),
        [supplied(IssuerState::Superseded), supplied(IssuerState::Active)]
    );
    assert_eq!(
        rebuilt_with([&first[..], &second].concat()),
        [supplied(IssuerState::Active), supplied(IssuerState::Prepared)]
    );
}
