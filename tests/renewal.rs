//! Renewal through the library, at any moment; delivery while somebody reads, while two renew at once,
//! and while processes are killed; the watcher over a year of its own time.

mod session;

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mtls_ca::audit::event::Actor;
use mtls_ca::authority::watch::{Happening, Watch, WatchState, World};
use mtls_ca::authority::{
    self, Access, AuthorityError, KeyPlan, NewCa, Parcel, Place, Refresh, RenewalOrder, RevokeOrder, Target,
};
use mtls_ca::bundle::deliver::{Beside, Delivery, KeyText};
use mtls_ca::bundle::export::Extras;
use mtls_ca::encoding::{certificate, request};
use mtls_ca::enroll::csr;
use mtls_ca::keys::{LockedKey, PrivateKey, seal_for_peers};
use mtls_ca::ledger::{Entry, LedgerError, NotRenewable};
use mtls_ca::profile::ProfileName;
use mtls_ca::store::attributes::Attributes;
use mtls_ca::store::hook::Hook;
use mtls_ca::store::layout::Layout;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::{Act, Authority, KeyOrder, Now, Order};
use session::Session;

const PATIENCE: Duration = Duration::from_secs(60);
const DAY: i64 = 86_400;

fn at(text: &str) -> Now {
    Now::at(text.parse().unwrap())
}

fn later(now: Now, seconds: i64) -> Now {
    Now::at(now.time().plus_seconds(seconds))
}

fn act(now: Now) -> Act {
    Act::of_process("test", now)
}

fn begin() -> Now {
    at("2030-01-01T00:00:00Z")
}

/// A CA in memory, and the row of a server's certificate of `days` days.
fn with_server(days: u32) -> (Authority, Entry) {
    let mut ca = Authority::ephemeral(begin()).unwrap();
    let entry = server(&mut ca, days, begin());
    (ca, entry)
}

fn server(ca: &mut Authority, days: u32, now: Now) -> Entry {
    let signer = ca.unlock(None).unwrap();
    let lifetime = Some(LifetimeWish::For(mtls_ca::Lifetime::days(days)));
    let order = KeyOrder::server("api.internal").unwrap();
    let order = KeyOrder { order: Order { lifetime, ..order.order }, ..order };
    let issued = ca.issue_key(&order, &signer, &act(now)).unwrap();
    ca.row_of(issued.issued().certificate()).unwrap()
}

fn renewed(ca: &mut Authority, entry: &Entry, order: &RenewalOrder, now: Now) -> Result<Entry, AuthorityError> {
    let plan = ca.plan_renewal(entry.id, order, now)?;
    let signer = ca.unlock(None)?;
    let issued = ca.issue(plan, &signer, &act(now))?;
    ca.row_of(issued.certificate())
}

fn length(entry: &Entry) -> i64 {
    entry.validity.unwrap().not_after.seconds_since(entry.reserved_at)
}

fn certificate_of(ca: &Authority, entry: &Entry) -> Certificate {
    certificate::read(&ca.ledger().certificate(entry.id).unwrap().unwrap()).unwrap()
}

#[test]
fn the_next_one_has_the_same_names_key_profile_and_length() {
    let (mut ca, first) = with_server(45);
    let second = renewed(&mut ca, &first, &RenewalOrder::default(), later(begin(), 30 * DAY)).unwrap();
    assert_eq!(second.replaces, Some(first.id));
    assert_eq!((&second.names, &second.subject, &second.profile), (&first.names, &first.subject, &first.profile));
    assert_eq!((second.public_key, length(&second)), (first.public_key, 45 * DAY));
    assert_ne!(second.serial, first.serial);
    let (old, new) = (certificate_of(&ca, &first), certificate_of(&ca, &second));
    assert_eq!(old.subject().der(), new.subject().der());
    // Both are good, and either may be taken back.
    let revoke = RevokeOrder { reason: RevocationReason::Superseded, invalid_since: None };
    ca.revoke(&[first.id], &revoke, &act(later(begin(), 31 * DAY))).unwrap();
    assert!(renewed(&mut ca, &second, &RenewalOrder::default(), later(begin(), 40 * DAY)).is_ok());
    // An expired one is renewed too: the machine was off.
    assert!(renewed(&mut ca, &second, &RenewalOrder::default(), later(begin(), 200 * DAY)).is_ok());
}

#[test]
fn what_was_taken_back_is_not_renewed_and_a_known_key_never() {
    for (reason, held) in [
        (RevocationReason::Superseded, false),
        (RevocationReason::CertificateHold, true),
        (RevocationReason::KeyCompromise, false),
    ] {
        let (mut ca, first) = with_server(90);
        let sibling = renewed(&mut ca, &first, &RenewalOrder::default(), begin()).unwrap();
        let plan = ca.plan_renewal(first.id, &RenewalOrder::default(), begin()).unwrap();
        ca.revoke(&[first.id], &RevokeOrder { reason, invalid_since: None }, &act(begin())).unwrap();
        match ca.plan_renewal(first.id, &RenewalOrder::default(), begin()) {
            Err(AuthorityError::Ledger(LedgerError::NotRenewable(NotRenewable::OnHold { .. }))) => assert!(held),
            Err(AuthorityError::Ledger(LedgerError::NotRenewable(NotRenewable::Revoked { .. }))) => assert!(!held),
            other => panic!("{reason}: {other:?}"),
        }
        // The plan was made before.
        let signer = ca.unlock(None).unwrap();
        let before = ca.ledger().counts().unwrap();
        assert!(ca.issue(plan, &signer, &act(begin())).is_err(), "{reason}");
        assert_eq!(ca.ledger().counts().unwrap(), before);
        let other = ca.plan_renewal(sibling.id, &RenewalOrder::default(), begin());
        let is_known = reason == RevocationReason::KeyCompromise;
        assert_eq!(matches!(other, Err(AuthorityError::CompromisedKey(_))), is_known, "{reason}");
    }
}

#[test]
fn a_leaf_does_not_outlive_its_issuer_and_gets_its_length_back() {
    let new = NewCa { lifetime: Some(LifetimeWish::For(mtls_ca::Lifetime::days(100))), ..NewCa::plain() };
    let mut ca = Authority::ephemeral_as(&new, begin()).unwrap();
    let end = ca.certificate().validity().not_after;
    let first = server(&mut ca, 60, begin());
    let order = RenewalOrder::default();
    let second = renewed(&mut ca, &first, &order, later(begin(), 50 * DAY)).unwrap();
    assert_eq!(second.validity.unwrap().not_after, end);
    // Asked by name, longer is refused and not bent.
    let wish = RenewalOrder { lifetime: Some(LifetimeWish::For(mtls_ca::Lifetime::days(60))), ..order.clone() };
    assert!(matches!(renewed(&mut ca, &first, &wish, later(begin(), 50 * DAY)), Err(AuthorityError::Refused(_))));
    // The second was cut off at 50 days; its successor asks for the 60 of the first, not for 50.
    let plan = ca.plan_renewal(second.id, &order, later(begin(), 30 * DAY)).unwrap();
    assert_eq!(plan.preview().validity().not_after, later(begin(), 90 * DAY).time());
    let clamped = ca.plan_renewal(second.id, &order, later(begin(), 60 * DAY)).unwrap();
    assert_eq!(clamped.preview().validity().not_after, end);
    assert!(clamped.findings().iter().any(|finding| finding.code == "policy.lifetime_clamped"));
}

#[test]
fn a_new_key_takes_subject_and_names_from_the_certificate_and_nothing_from_its_request() {
    let (mut ca, first) = with_server(90);
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let wishes = csr::Wishes::named("evil.example", None, Vec::new()).unwrap();
    let asked = csr::request(&key, &wishes).unwrap();
    let plan = ca.plan_rekey(first.id, asked.clone(), &RenewalOrder::default(), begin()).unwrap();
    let signer = ca.unlock(None).unwrap();
    let issued = ca.issue(plan, &signer, &act(begin())).unwrap();
    let second = ca.row_of(issued.certificate()).unwrap();
    assert_eq!((&second.names, second.replaces), (&first.names, Some(first.id)));
    assert_eq!(issued.certificate().public_key(), key.public_key());
    assert_eq!(ca.ledger().request(second.id).unwrap().as_deref(), Some(asked.der()));
    // Its signature has to be its own.
    let mut broken = asked.der().to_vec();
    let middle = broken.windows(4).position(|window| window == b"evil").unwrap();
    broken[middle] = b'E';
    let broken = request::read_one(&broken).unwrap();
    let refused = ca.plan_rekey(first.id, broken, &RenewalOrder::default(), begin());
    assert!(matches!(refused, Err(AuthorityError::Possession(_))));
}

#[test]
fn names_mean_the_newest_of_each_line() {
    let (mut ca, first) = with_server(90);
    let second = renewed(&mut ca, &first, &RenewalOrder::default(), begin()).unwrap();
    let signer = ca.unlock(None).unwrap();
    ca.issue_key(&KeyOrder::client("api.internal").unwrap(), &signer, &act(begin())).unwrap();
    let serials = |found: Vec<Entry>| found.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    let named = serials(ca.newest_named("api.internal").unwrap());
    assert_eq!(named.len(), 2);
    assert!(named.contains(&second.id) && !named.contains(&first.id));
    assert_eq!(serials(ca.newest_of_all(begin()).unwrap()), named);
    assert!(ca.newest_of_all(later(begin(), 100 * DAY)).unwrap().is_empty());
    assert!(matches!(
        ca.refuse_superseded(&first),
        Err(AuthorityError::Ledger(LedgerError::NotRenewable(NotRenewable::Superseded { by, .. }))) if by == second.serial
    ));
    ca.refuse_superseded(&second).unwrap();
}

#[test]
fn a_ca_below_may_be_renewed_with_its_constraints() {
    let mut ca = Authority::ephemeral(begin()).unwrap();
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let wishes = csr::Wishes { subject: "CN=Below".parse().unwrap(), ..csr::Wishes::default() };
    let signer = ca.unlock(None).unwrap();
    let order = Order { path_length: Some(0), ..Order::default() };
    let asked = csr::request(&key, &wishes).unwrap();
    let issued = ca.sign(asked, &order, &ProfileName::INTERMEDIATE, &signer, &act(begin())).unwrap();
    let first = ca.row_of(issued.certificate()).unwrap();
    let second = renewed(&mut ca, &first, &RenewalOrder::default(), later(begin(), DAY)).unwrap();
    let below = certificate_of(&ca, &second);
    assert_eq!(below.extensions().basic_constraints().unwrap().path_length, Some(0));
    // Not by accident, among leaves.
    assert!(ca.newest_of_all(begin()).unwrap().is_empty());
    let leaf = RenewalOrder { profile: Some(ProfileName::SERVER), ..RenewalOrder::default() };
    assert!(matches!(renewed(&mut ca, &first, &leaf, begin()), Err(AuthorityError::Refused(_))));
}

/// A server's pair in files, from a CA in memory.
fn in_files(ca: &mut Authority, folder: &Path) -> Target {
    let signer = ca.unlock(None).unwrap();
    let made = ca.issue_key(&KeyOrder::server("api.internal").unwrap(), &signer, &act(begin())).unwrap();
    let (crt, key) = (folder.join("api.crt"), folder.join("api.key"));
    fs::write(&crt, made.certificate_pem()).unwrap();
    fs::write(&key, made.key_pem().unwrap().as_bytes()).unwrap();
    target(Place::File { certificate: crt, key: Some(key), beside: Beside::default() })
}

fn in_folder(ca: &mut Authority, folder: &Path) -> Target {
    let path = folder.join("api");
    let KeyPlan { key, plan } = ca.plan_key(&KeyOrder::server("api.internal").unwrap(), begin()).unwrap();
    let delivery = Delivery::folder(&path, &Attributes::default(), PATIENCE).unwrap();
    let key = Some(KeyText::seal(key, None).unwrap());
    let signer = ca.unlock(None).unwrap();
    ca.issue_into(
        plan,
        Parcel { delivery, key, extras: Extras::default(), is_new_key: true, hook: None },
        &signer,
        &act(begin()),
    )
    .unwrap();
    target(Place::Folder(path))
}

fn target(place: Place) -> Target {
    Target {
        place,
        expiring: None,
        new_key: None,
        key_passphrase: None,
        order: RenewalOrder::default(),
        attributes: Attributes::default(),
        extras: Extras::default(),
        hook: None,
    }
}

fn refresh(ca: &mut Authority, target: &Target, now: Now) -> bool {
    match ca.plan_refresh(target, PATIENCE, now).unwrap() {
        Refresh::NotDue { .. } => false,
        Refresh::Due(due) => {
            let signer = ca.unlock(None).unwrap();
            ca.refresh(*due, Some(&signer), &act(now)).unwrap();
            true
        }
    }
}

fn is_pair(certificate: &[u8], key: &[u8]) -> bool {
    let leaf = certificate::read_all(certificate).unwrap().remove(0);
    LockedKey::read(key).unwrap().open(None).unwrap().public_key() == leaf.public_key()
}

/// Reads the pair over and over while `work` runs, the certificate first and the key first in turns.
fn while_read(pair: impl Fn() -> (PathBuf, PathBuf) + Sync, work: impl FnOnce()) -> (usize, usize) {
    let (ended, reads, bad) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                let (crt, key) = pair();
                let (crt, key) = if reads.load(Ordering::SeqCst) % 2 == 0 {
                    let crt = fs::read(crt).unwrap();
                    (crt, fs::read(key).unwrap())
                } else {
                    let key = fs::read(key).unwrap();
                    (fs::read(crt).unwrap(), key)
                };
                bad.fetch_add(usize::from(!is_pair(&crt, &key)), Ordering::SeqCst);
                reads.fetch_add(1, Ordering::SeqCst);
            }
        });
        work();
        ended.store(true, Ordering::SeqCst);
    });
    (reads.into_inner(), bad.into_inner())
}

#[test]
fn nobody_sees_a_pair_that_does_not_match() {
    let room = tempfile::tempdir().unwrap();
    let mut ca = Authority::ephemeral(begin()).unwrap();
    // Files: the key stays, so that paths may be opened in any order.
    let files = in_files(&mut ca, room.path());
    let at = |name: &str| room.path().join(name);
    let (reads, bad) = while_read(
        || (at("api.crt"), at("api.key")),
        || (0..200).for_each(|n| assert!(refresh(&mut ca, &files, later(begin(), n)))),
    );
    assert!(reads > 200 && bad == 0, "{bad} of {reads} reads of files");
    // A folder: the link is followed once, and then both are opened. New keys and kept ones.
    let folder = in_folder(&mut ca, room.path());
    let rekeyed = Target { new_key: Some(KeyAlgorithm::EcdsaP256), ..folder.clone() };
    let current = || at("api/current").canonicalize().unwrap();
    let (reads, bad) = while_read(
        || {
            let set = current();
            (set.join("tls.crt"), set.join("tls.key"))
        },
        || {
            for n in 0..200 {
                assert!(refresh(&mut ca, if n % 2 == 0 { &rekeyed } else { &folder }, later(begin(), n)));
            }
        },
    );
    assert!(reads > 200 && bad == 0, "{bad} of {reads} reads of a folder");
}

#[test]
fn a_key_that_is_not_the_certificates_is_found_before_anything_is_issued() {
    let room = tempfile::tempdir().unwrap();
    let mut ca = Authority::ephemeral(begin()).unwrap();
    let files = in_files(&mut ca, room.path());
    let other = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    fs::write(room.path().join("api.key"), seal_for_peers(&other, None).unwrap().as_bytes()).unwrap();
    let before = (fs::read(room.path().join("api.crt")).unwrap(), ca.ledger().counts().unwrap());
    let refused = ca.plan_refresh(&files, PATIENCE, begin());
    assert!(matches!(refused, Err(authority::RefreshError::Authority(AuthorityError::KeyMismatch(_)))));
    assert_eq!((fs::read(room.path().join("api.crt")).unwrap(), ca.ledger().counts().unwrap()), before);
}

#[test]
fn a_key_that_was_certified_and_not_delivered_is_delivered_next_time() {
    let room = tempfile::tempdir().unwrap();
    let mut ca = Authority::ephemeral(begin()).unwrap();
    let folder = in_folder(&mut ca, room.path());
    let soon = Some("30d".parse().unwrap());
    let rekeyed = Target { new_key: Some(KeyAlgorithm::EcdsaP256), expiring: soon, ..folder };
    let now = later(begin(), 70 * DAY);
    // As a process leaves it that is killed between issuing and switching.
    let Place::Folder(path) = &rekeyed.place else { panic!() };
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let text = seal_for_peers(&key, None).unwrap();
    fs::create_dir(path.join("versions/.next")).unwrap();
    fs::write(path.join("versions/.next/tls.key"), text.as_bytes()).unwrap();
    fs::create_dir(path.join("versions/.mtls-ca-abc")).unwrap();
    let leaf = certificate::read_all(&fs::read(path.join("current/tls.crt")).unwrap()).unwrap().remove(0);
    let row = ca.row_of(&leaf).unwrap().id;
    let plan = ca.plan_rekey(row, csr::nameless(&key).unwrap(), &RenewalOrder::default(), now).unwrap();
    let signer = ca.unlock(None).unwrap();
    let issued = ca.issue(plan, &signer, &act(now)).unwrap();
    let before = ca.ledger().counts().unwrap();
    let Refresh::Due(due) = ca.plan_refresh(&rekeyed, PATIENCE, now).unwrap() else { panic!() };
    assert!(!due.needs_signer());
    ca.refresh(*due, None, &act(now)).unwrap();
    let delivered = certificate::read_all(&fs::read(path.join("current/tls.crt")).unwrap()).unwrap().remove(0);
    assert_eq!(delivered.serial(), issued.certificate().serial());
    assert_eq!(ca.ledger().counts().unwrap(), before);
    assert!(!path.join("versions/.next").exists() && !path.join("versions/.mtls-ca-abc").exists());
    assert!(matches!(ca.plan_refresh(&rekeyed, PATIENCE, now), Ok(Refresh::NotDue { .. })));
}

#[test]
fn of_two_at_once_the_second_sees_what_the_first_did() {
    let session = Session::new();
    session.ok(&["init", "--quiet"]);
    session.ok(&["issue", "api.internal", "--profile", "server", "--lifetime", "10d", "--out", "tls"]);
    session.ok(&["issue", "web.internal", "--profile", "server", "--lifetime", "10d", "--deliver", "web"]);
    for _ in 0..4 {
        let words: [&[&str]; 2] = [&["renew", "tls/api.internal.crt"], &["rekey", "web"]];
        let children: Vec<_> =
            words.iter().cycle().take(8).map(|words| session.mtls_ca(words).spawn().unwrap()).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let read = |name: &str| fs::read(session.path().join(name)).unwrap();
        assert!(is_pair(&read("tls/api.internal.crt"), &read("tls/api.internal.key")));
        assert!(is_pair(&read("web/current/tls.crt"), &read("web/current/tls.key")));
    }
    // Idempotent: of eight that find it due, one renews.
    let before = session.ledger().len();
    session.ok(&["renew", "tls/api.internal.crt", "--lifetime", "1d"]);
    let words = ["renew", "tls/api.internal.crt", "--expiring", "2d", "--lifetime", "9d"];
    let children: Vec<_> = (0..8).map(|_| session.mtls_ca(&words).spawn().unwrap()).collect();
    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert_eq!(session.ledger().len(), before + 2);
}

#[test]
fn whoever_is_killed_leaves_a_pair_and_the_next_one_cleans_up() {
    let session = Session::new();
    session.ok(&["init", "--quiet"]);
    session.ok(&["issue", "api.internal", "--profile", "server", "--out", "tls"]);
    session.ok(&["issue", "web.internal", "--profile", "server", "--deliver", "web"]);
    let read = |name: &str| fs::read(session.path().join(name)).unwrap();
    for n in 0..24_u64 {
        let words: &[&str] = if n % 2 == 0 { &["rekey", "web"] } else { &["renew", "tls/api.internal.crt"] };
        let mut child = session.mtls_ca(words).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(5 + 3 * n));
        let _ended_before = child.kill();
        child.wait().unwrap();
        assert!(is_pair(&read("tls/api.internal.crt"), &read("tls/api.internal.key")), "{n}");
        assert!(is_pair(&read("web/current/tls.crt"), &read("web/current/tls.key")), "{n}");
    }
    session.ok(&["rekey", "web"]);
    session.ok(&["rekey", "web"]);
    session.ok(&["renew", "tls/api.internal.crt"]);
    let left: Vec<_> = session.files("web/versions").into_iter().filter(|path| path.is_dir()).collect();
    let whole =
        |path: &PathBuf| is_pair(&fs::read(path.join("tls.crt")).unwrap(), &fs::read(path.join("tls.key")).unwrap());
    assert!(left.len() >= 2 && left.iter().all(whole), "{left:?}");
    let kept = session.path().join("tls/.mtls-ca-before-api.internal.crt");
    assert!(!kept.exists());
}

#[test]
fn owner_and_mode_stay_as_they_were() {
    let room = tempfile::tempdir().unwrap();
    let mut ca = Authority::ephemeral(begin()).unwrap();
    let files = in_files(&mut ca, room.path());
    let crt = room.path().join("api.crt");
    fs::set_permissions(&crt, fs::Permissions::from_mode(0o440)).unwrap();
    let root = rustix::process::geteuid().is_root();
    if root {
        std::os::unix::fs::chown(&crt, Some(12_345), Some(23_456)).unwrap();
    }
    refresh(&mut ca, &files, begin());
    let found = fs::metadata(&crt).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o440);
    if root {
        use std::os::unix::fs::MetadataExt;
        assert_eq!((found.uid(), found.gid()), (12_345, 23_456));
    }
}

/// A watcher in a directory, and a clock that its sleeping moves.
#[test]
fn a_watcher_renews_in_time_backs_off_and_writes_down_how_it_stands() {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    authority::init(&directory, &NewCa::plain(), &act(begin())).unwrap();
    let mut ca = Authority::open(&directory, Access::Sign, PATIENCE).unwrap();
    let runs = room.path().join("runs");
    let third = Some("33%".parse().unwrap());
    let script = format!("echo x >> {}", runs.display());
    let hook = Hook::exec(["sh", "-c", &script].map(Into::into));
    let first = Target { expiring: third, hook, ..in_files(&mut ca, room.path()) };
    let second = Target { expiring: third, new_key: Some(KeyAlgorithm::EcdsaP256), ..in_folder(&mut ca, room.path()) };
    let missing = Place::File { certificate: room.path().join("no.crt"), key: None, beside: Beside::default() };
    let missing = Target { expiring: third, ..target(missing) };
    drop(ca);
    let state = Layout::at(&directory).watch();
    let watch = Watch {
        directory: directory.clone(),
        state: state.clone(),
        interval: DAY,
        patience: PATIENCE,
        passphrase: None,
        actor: Actor::of_process(),
    };
    let clock = Cell::new(begin());
    let year = later(begin(), 365 * DAY).time();
    let now = || clock.get();
    // The clock jumps to the next attempt instead of sleeping.
    let mut pause = |_: Duration| {
        let written = WatchState::read(&state).unwrap().unwrap();
        let next = written.targets.iter().map(|target| target.next_attempt).min().unwrap();
        clock.set(Now::at(next.max(clock.get().time())));
        clock.get().time() < year
    };
    let mut targets = || Ok(vec![first.clone(), second.clone(), missing.clone()]);
    let mut told: Vec<String> = Vec::new();
    let mut tell = |happening: Happening<'_>| match happening {
        Happening::Renewed(state) => told.push(state.place.clone()),
        Happening::Failed(state) => assert!(state.place.ends_with("no.crt"), "{state:?}"),
        Happening::Targets(error) => panic!("{error}"),
    };
    let mut world = World { now: &now, pause: &mut pause, targets: &mut targets, tell: &mut tell };
    let watched = watch.run(&mut world).unwrap();
    // 90 days with a third left is every 60: six times in a year, each.
    assert_eq!((watched.renewed, told.len()), (12, 12));
    assert_eq!(fs::read_to_string(&runs).unwrap().lines().count(), 6);
    // From a minute on it doubles up to the interval, 12 times in two days; then it is one a day, each up
    // to a tenth late.
    assert!((340..=385).contains(&watched.failed), "{}", watched.failed);
    let state = WatchState::read(&state).unwrap().unwrap();
    assert!(state.stopped_at.is_some() && state.pid == std::process::id());
    let outcomes: Vec<&str> = state.targets.iter().map(|target| target.outcome.as_str()).collect();
    assert_eq!(outcomes, ["fresh", "fresh", "failed"]);
    assert!(state.targets[2].error.as_deref().unwrap().contains("cannot open"), "{:?}", state.targets[2]);
}

#[test]
fn a_watcher_ends_cleanly_on_a_signal() {
    let session = Session::new();
    session.ok(&["init", "--quiet"]);
    session.ok(&["issue", "api.internal", "--profile", "server", "--lifetime", "1d", "--out", "tls"]);
    fs::write(session.path().join("targets.toml"), "[[target]]\nfile = \"tls/api.internal.crt\"\nexpiring = \"2d\"\n")
        .unwrap();
    let child = session
        .mtls_ca(&["renew", "--watch", "--targets", "targets.toml", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let state = session.path().join("ca/watch.json");
    let begin = std::time::Instant::now();
    while WatchState::read(&state).unwrap().is_none_or(|state| state.targets[0].outcome == "waiting") {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    // Its threshold is longer than the certificate: still one renewal, not one each second.
    std::thread::sleep(Duration::from_millis(2_500));
    // A second one would hide it.
    let second = session.mtls_ca(&["renew", "--watch", "--targets", "targets.toml"]).output().unwrap();
    assert_eq!(second.status.code(), Some(5), "{}", String::from_utf8_lossy(&second.stderr));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document["watched"]["renewed"], 1, "{document}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("tls/api.internal.crt: renewed "));
    assert!(WatchState::read(&state).unwrap().unwrap().stopped_at.is_some());
}
