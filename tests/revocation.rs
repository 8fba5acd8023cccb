//! Revocations and CRLs over the life of a CA, with chosen times: what is on which CRL, how numbers
//! rise, what is never taken back, and what an old copy of the ledger may not do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::{self, Access, AuthorityError, BuiltCrl, CrlOrder, NewCa, RevokeOrder};
use mtls_ca::encoding::revocation;
use mtls_ca::ledger::{Ledger, LedgerError, RevokeOutcome};
use mtls_ca::lint::crl::check;
use mtls_ca::store::layout::{IssuerNumber, Layout};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::crl_number::CrlNumber;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::{Act, Authority, KeyOrder, LifetimeWish, Now, Order, Serial, Time};

const DAY: i64 = 86_400;
/// date -u -d 2027-01-31 +%s
const START: i64 = 1_801_353_600;
const FIRST: IssuerNumber = IssuerNumber::FIRST;

fn after(days: i64) -> Act {
    Act::of_process("test", Now::at(Time::from_unix(START + days * DAY).unwrap()))
}

fn issue(ca: &mut Authority, name: &str, days: i64, act: &Act) -> Certificate {
    let signer = ca.unlock(None).unwrap();
    let plain = KeyOrder::client(name).unwrap();
    let lifetime = LifetimeWish::For(format!("{days}d").parse().unwrap());
    let order = KeyOrder { order: Order { lifetime: Some(lifetime), ..plain.order }, ..plain };
    ca.issue_key(&order, &signer, act).unwrap().issued().certificate().clone()
}

fn revoke(ca: &mut Authority, certificate: &Certificate, reason: RevocationReason, act: &Act) -> RevokeOutcome {
    let row = ca.ledger().by_serial(certificate.serial()).unwrap()[0].id;
    ca.revoke(&[row], &RevokeOrder { reason, invalid_since: None }, act).unwrap()[0]
}

fn build(ca: &mut Authority, act: &Act) -> BuiltCrl {
    let signer = ca.unlock(None).unwrap();
    ca.build_crl(&CrlOrder { issuer: FIRST, lifetime: None }, &signer, act).unwrap()
}

/// As another implementation than the one that wrote it reads it.
fn read(built: &BuiltCrl, ca: &Authority) -> RevocationList {
    let list = revocation::read(built.der()).unwrap();
    list.verify_signature(ca.certificate().public_key()).unwrap();
    assert_eq!(check(&list), []);
    list
}

fn serials(list: &RevocationList) -> Vec<Serial> {
    list.entries().iter().map(|entry| entry.serial.clone()).collect()
}

fn codes(ca: &Authority, act: &Act) -> Vec<&'static str> {
    ca.crl_health(act.now).unwrap().iter().map(|finding| finding.code).collect()
}

/// A CA in a directory, which publishes beside it.
fn on_disk() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("ca");
    authority::init(&directory, &NewCa::plain(), &after(0)).unwrap();
    std::fs::create_dir(folder.path().join("pub")).unwrap();
    let config = Layout::at(&directory).config();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[publish]\ndir = \"../pub\"\n")).unwrap();
    (folder, directory)
}

fn open(directory: &Path, access: Access) -> Result<Authority, AuthorityError> {
    Authority::open(directory, access, Duration::from_secs(5))
}

#[test]
fn an_entry_stays_for_one_crl_from_after_the_certificates_end() {
    let mut ca = Authority::ephemeral(after(0).now).unwrap();
    let (short, long) = (issue(&mut ca, "short", 10, &after(0)), issue(&mut ca, "long", 80, &after(0)));
    for certificate in [&short, &long] {
        assert_eq!(revoke(&mut ca, certificate, RevocationReason::Superseded, &after(1)), RevokeOutcome::Done);
    }
    // RFC 5280 section 3.3: on day 11 it has ended, and is on one more; on day 12 it is gone.
    for (day, there) in [(1, true), (9, true), (11, true), (12, false), (13, false)] {
        let built = build(&mut ca, &after(day));
        let listed = serials(&read(&built, &ca));
        assert_eq!(listed.contains(short.serial()), there, "day {day}");
        assert!(listed.contains(long.serial()));
        assert_eq!(built.record().entries, listed.len() as u64);
    }
}

#[test]
fn numbers_rise_with_the_clock_and_without_it() {
    let mut ca = Authority::ephemeral(after(0).now).unwrap();
    let first = build(&mut ca, &after(0)).record().number;
    assert_eq!(first, CrlNumber::from_time(after(0).now.time()));
    // Twice in one second.
    let second = build(&mut ca, &after(0)).record().number;
    assert_eq!(Some(second), first.next());
    assert_eq!(build(&mut ca, &after(1)).record().number, CrlNumber::from_time(after(1).now.time()));
    // The clock went back.
    let signer = ca.unlock(None).unwrap();
    let error = ca.build_crl(&CrlOrder { issuer: FIRST, lifetime: None }, &signer, &after(0)).unwrap_err();
    assert!(matches!(error, AuthorityError::Ledger(LedgerError::ClockBehind { .. })), "{error}");
}

#[test]
fn reasons_dates_and_lifetimes_are_those_that_were_meant() {
    let mut ca = Authority::ephemeral(after(0).now).unwrap();
    let (plain, stolen) = (issue(&mut ca, "plain", 30, &after(0)), issue(&mut ca, "stolen", 30, &after(0)));
    revoke(&mut ca, &plain, RevocationReason::Unspecified, &after(2));
    let row = ca.ledger().by_serial(stolen.serial()).unwrap()[0].id;
    let since = after(1).now.time();
    let order = RevokeOrder { reason: RevocationReason::KeyCompromise, invalid_since: Some(since) };
    ca.revoke(&[row], &order, &after(3)).unwrap();
    let list = read(&build(&mut ca, &after(4)), &ca);
    let entry = |certificate: &Certificate| {
        list.entries().iter().find(|entry| entry.serial == *certificate.serial()).unwrap().clone()
    };
    // RFC 5280 section 5.3.1: unspecified is left out.
    assert!(entry(&plain).extensions.is_empty());
    assert_eq!(entry(&stolen).reason(), RevocationReason::KeyCompromise);
    assert_eq!((entry(&stolen).revoked_at, entry(&stolen).invalid_since()), (after(3).now.time(), Some(since)));
    assert_eq!((list.this_update(), list.next_update()), (after(4).now.time(), Some(after(11).now.time())));
}

#[test]
fn what_is_behind_old_or_expired_is_told_from_the_ledger() {
    let mut ca = Authority::ephemeral(after(0).now).unwrap();
    let leaf = issue(&mut ca, "leaf", 80, &after(0));
    assert_eq!(codes(&ca, &after(0)), Vec::<&str>::new());
    revoke(&mut ca, &leaf, RevocationReason::CertificateHold, &after(0));
    assert_eq!(codes(&ca, &after(0)), ["crl.missing_revocations"]);
    build(&mut ca, &after(0));
    // Of seven days, 80 % are 5.6.
    for (day, told) in [(0, &[][..]), (5, &[]), (6, &["crl.expiring"]), (7, &["crl.expiring"]), (8, &["crl.expired"])] {
        assert_eq!(codes(&ca, &after(day)), told, "day {day}");
    }
    // Within the same second, and also where it is a hold that is taken back.
    let row = ca.ledger().by_serial(leaf.serial()).unwrap()[0].id;
    ca.release(&[row], &after(0)).unwrap();
    assert_eq!(codes(&ca, &after(0)), ["crl.missing_revocations"]);
    assert_eq!(serials(&read(&build(&mut ca, &after(1)), &ca)), []);
    assert_eq!(codes(&ca, &after(1)), Vec::<&str>::new());
}

#[test]
fn an_old_copy_of_the_ledger_signs_nothing_until_it_knows_what_was_revoked_since() {
    let (folder, directory) = on_disk();
    let mut ca = open(&directory, Access::Sign).unwrap();
    let leaf = issue(&mut ca, "leaf", 80, &after(0));
    drop(ca);
    let copy = folder.path().join("copy");
    std::process::Command::new("cp").arg("-a").args([&directory, &copy]).status().unwrap();
    let mut ca = open(&directory, Access::Sign).unwrap();
    revoke(&mut ca, &leaf, RevocationReason::KeyCompromise, &after(1));
    let built = build(&mut ca, &after(1));
    drop(ca);
    std::fs::remove_dir_all(&directory).unwrap();
    std::fs::rename(&copy, &directory).unwrap();

    assert!(matches!(open(&directory, Access::Sign), Err(AuthorityError::CrlAhead { .. })));
    let mut ca = open(&directory, Access::Record).unwrap();
    assert!(!ca.ledger().is_key_compromised(&leaf.public_key().fingerprint()).unwrap());
    let published = std::fs::read(folder.path().join("pub/g1.crl")).unwrap();
    assert_eq!(published, built.der());
    ca.merge_own_crl(&revocation::read(&published).unwrap(), &after(2)).unwrap();
    assert!(ca.ledger().is_key_compromised(&leaf.public_key().fingerprint()).unwrap());
    drop(ca);
    let mut ca = open(&directory, Access::Sign).unwrap();
    // Within the same second as the lost one, its number is not used again.
    let next = build(&mut ca, &after(1));
    assert!(next.record().number > built.record().number);
    assert_eq!(serials(&read(&next, &ca)), [leaf.serial().clone()]);
    assert_eq!(std::fs::read(folder.path().join("pub/g1.crl")).unwrap(), next.der());
}

#[test]
fn a_newer_crl_that_is_out_stays() {
    let (folder, directory) = on_disk();
    let mut ca = open(&directory, Access::Sign).unwrap();
    let older = build(&mut ca, &after(0));
    let newer = build(&mut ca, &after(1));
    let published = folder.path().join("pub/g1.crl");
    assert_eq!(std::fs::read(&published).unwrap(), newer.der());
    // Somebody puts the older one into the CA's folder; it does not get out.
    std::fs::write(Layout::at(&directory).issuer(FIRST).crl_der(), older.der()).unwrap();
    ca.publish(after(1).now).unwrap();
    assert_eq!(std::fs::read(&published).unwrap(), newer.der());
}

#[test]
fn each_generation_has_a_crl_of_its_own_for_as_long_as_it_is_needed() {
    let (_folder, directory) = on_disk();
    let mut ca = open(&directory, Access::Sign).unwrap();
    let leaf = issue(&mut ca, "leaf", 80, &after(0));
    drop(ca);
    // Another CA certificate takes over.
    let other = directory.with_file_name("second");
    authority::init(&other, &NewCa { name: Some("Second".to_owned()), ..NewCa::plain() }, &after(1)).unwrap();
    let (ours, theirs) = (Layout::at(&directory), Layout::at(&other));
    let second = IssuerNumber::new(2).unwrap();
    std::fs::rename(theirs.issuer(FIRST).path(), ours.issuer(second).path()).unwrap();
    let certificate = Ledger::open(&theirs.ledger(), Duration::ZERO).unwrap().issuers().unwrap().remove(0);
    let new = mtls_ca::ledger::NewIssuer {
        subject: &certificate.subject,
        public_key: certificate.public_key,
        certificate: &certificate.certificate,
        history: certificate.history,
        last_crl_number: None,
    };
    Ledger::open(&ours.ledger(), Duration::ZERO).unwrap().add_issuer(&new, &after(1)).unwrap();

    let mut ca = open(&directory, Access::Sign).unwrap();
    assert_eq!(ca.active().number(), second);
    revoke(&mut ca, &leaf, RevocationReason::Superseded, &after(2));
    assert_eq!(ca.behind([FIRST, second]).unwrap(), [FIRST]);
    for generation in ca.generations().unwrap() {
        let signer = generation.locked_key().unwrap().unlock(None).unwrap();
        let order = CrlOrder { issuer: generation.number(), lifetime: None };
        let list = revocation::read(ca.build_crl(&order, &signer, &after(2)).unwrap().der()).unwrap();
        list.verify_signature(generation.certificate().public_key()).unwrap();
        assert_eq!(serials(&list).contains(leaf.serial()), generation.number() == FIRST);
        // The key of one signs no CRL of the other.
        let wrong = CrlOrder { issuer: if order.issuer == FIRST { second } else { FIRST }, lifetime: None };
        assert!(matches!(ca.build_crl(&wrong, &signer, &after(2)), Err(AuthorityError::ForeignPlan)));
    }
    assert_eq!(ca.crl_set(after(2).now).unwrap().count(), 2);
    assert!(matches!(ca.crl_set(after(20).now), Err(AuthorityError::IncompleteSet(missing)) if missing.len() == 2));
}
