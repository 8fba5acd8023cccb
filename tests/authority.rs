//! The authority as the users of the crate meet it: every verb with a moment of its own, in a
//! directory or in memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mtls_ca::authority::{self, Access, AuthorityError, KeyPlan, NewCa};
use mtls_ca::bundle::pem;
use mtls_ca::encoding::{certificate, request};
use mtls_ca::enroll::csr;
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::keys::{OpenKeyError, Passphrase, PrivateKey, seal};
use mtls_ca::ledger::{Filter, LedgerError, Revocation, RevokedElsewhere, State};
use mtls_ca::profile::ProfileName;
use mtls_ca::store::layout::{IssuerNumber, Layout};
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::request::Request;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Act, Authority, KeyOrder, Now, Order, Time};
use tempfile::TempDir;

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

/// A root in a directory of its own, made at the beginning of 2030.
fn root(new: &NewCa) -> (TempDir, PathBuf, Now) {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    let now = at("2030-01-01T00:00:00Z");
    authority::init(&directory, new, &act(now)).unwrap();
    (room, directory, now)
}

fn open(directory: &Path) -> Authority {
    Authority::open(directory, Access::Sign, PATIENCE).unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn a_request(name: &str) -> (PrivateKey, Request) {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let request = csr::request(&key, &csr::Wishes::named(name, None, Vec::new()).unwrap()).unwrap();
    (key, request)
}

fn is_good(ca: &Authority, issued: &authority::Issued, purpose: Purpose, at: Now) -> bool {
    let (leaf, anchors) = ([issued.certificate().clone()], ca.trust().unwrap());
    verify(&Question { intermediates: issued.chain(), ..Question::new(&leaf, &anchors, purpose, at) }).verdict()
}

#[test]
fn a_root_signs_a_request_and_the_ledger_knows_it() {
    let (_room, directory, now) = root(&NewCa { name: Some("Example Root CA".to_owned()), ..NewCa::plain() });
    let mut ca = open(&directory);
    let (_, asked) = a_request("api.internal");
    let file = pem::request(&asked);

    let request = request::read_one(file.as_bytes()).unwrap();
    let signer = ca.unlock(None).unwrap();
    let issued = ca.sign(request, &Order::default(), &ProfileName::SERVER, &signer, &act(now)).unwrap();

    assert_eq!(issued.certificate().subject().rfc4514(), "CN=api.internal");
    assert_eq!(issued.certificate().issuer().rfc4514(), "CN=Example Root CA");
    assert!(issued.chain().is_empty());
    assert!(is_good(&ca, &issued, Purpose::Server, now));
    assert!(!is_good(&ca, &issued, Purpose::Client, now));
    let again = certificate::read_all(issued.certificate_pem().as_bytes()).unwrap();
    assert_eq!(again, [issued.certificate().clone()]);

    let ledger = ca.ledger();
    let entry = ledger.by_serial(issued.certificate().serial()).unwrap().pop().unwrap();
    assert_eq!((entry.state, entry.profile.as_deref()), (State::Issued, Some("server")));
    assert_eq!(entry.requester, Some(act(now).actor.to_string()));
    assert_eq!(ledger.certificate(entry.id).unwrap().unwrap(), issued.certificate().der());
    assert_eq!(ledger.request(entry.id).unwrap().unwrap(), asked.der());
    assert_eq!(ledger.check().unwrap(), []);
}

#[test]
fn a_plan_leaves_no_trace() {
    let (_room, directory, now) = root(&NewCa::plain());
    let ca = Authority::open(&directory, Access::Read, PATIENCE).unwrap();
    let before = (ca.ledger().counts().unwrap(), ca.ledger().audit_head().unwrap());
    let plan = ca.plan(a_request("api.internal").1, &Order::default(), &ProfileName::SERVER, now).unwrap();
    assert_eq!(plan.preview().subject().rfc4514(), "CN=api.internal");
    assert_eq!((ca.ledger().counts().unwrap(), ca.ledger().audit_head().unwrap()), before);
}

#[test]
fn an_intermediate_stands_in_both_ledgers_and_hands_out_its_chain() {
    let (room, directory, now) = root(&NewCa::plain());
    let mut root = open(&directory);
    let signer = root.unlock(None).unwrap();
    let below = room.path().join("issuing");
    authority::intermediate(&below, &NewCa::plain(), &mut root, &signer, &act(now)).unwrap();
    assert_eq!(root.ledger().counts().unwrap().issued, 1);

    let mut ca = open(&below);
    let signer = ca.unlock(None).unwrap();
    let issued = ca.issue_key(&KeyOrder::client("billing").unwrap(), &signer, &act(now)).unwrap();
    assert_eq!(issued.issued().chain(), [ca.certificate().clone()]);
    assert_eq!(issued.issued().certificate_der().len(), 2);
    assert_eq!(ca.trust().unwrap(), [root.certificate().clone()]);
    assert!(is_good(&ca, issued.issued(), Purpose::Client, now));

    // A chain of another CA is noticed when the directory is opened, as is a chain cut short.
    let above = Layout::at(&below).issuer(IssuerNumber::FIRST).above();
    let foreign = pem::certificate(Authority::ephemeral(now).unwrap().certificate());
    for wrong in [foreign, pem::certificate(issued.issued().certificate())] {
        fs::write(&above, wrong).unwrap();
        let error = Authority::open(&below, Access::Read, PATIENCE).unwrap_err();
        assert!(matches!(error, AuthorityError::ForeignChain { .. }), "{error}");
    }
}

#[test]
fn an_offline_ceremony_has_two_halves() {
    let (room, directory, now) = root(&NewCa::plain());
    let waiting = authority::request(&room.path().join("issuing"), &NewCa::plain()).unwrap();
    let error = Authority::open(&waiting.directory, Access::Sign, PATIENCE).unwrap_err();
    assert!(matches!(error, AuthorityError::Waiting(_)), "{error}");

    let mut root = open(&directory);
    let signer = root.unlock(None).unwrap();
    let profile = ProfileName::INTERMEDIATE;
    let signed = root.sign(waiting.request, &Order::default(), &profile, &signer, &act(now)).unwrap();
    let other = root.sign(a_request("x").1, &Order::default(), &profile, &signer, &act(now)).unwrap();
    let complete =
        |certificate| authority::complete(&waiting.directory, &[certificate, root.certificate().clone()], &act(now));
    assert!(matches!(complete(other.into_certificate()), Err(AuthorityError::KeyMismatch(_))));
    let alone = authority::complete(&waiting.directory, &[signed.certificate().clone()], &act(now));
    assert!(matches!(alone, Err(AuthorityError::NoRoot { .. })));
    complete(signed.certificate().clone()).unwrap();
    let again = complete(signed.into_certificate());
    assert!(matches!(again, Err(AuthorityError::NotWaiting(_))));

    let ca = open(&waiting.directory);
    assert_eq!(ca.trust().unwrap(), [root.certificate().clone()]);
    assert_eq!(ca.ledger().check().unwrap(), []);
}

#[test]
fn what_is_in_the_way_stays() {
    let (room, directory, now) = root(&NewCa::plain());
    let before = fs::read(Layout::at(&directory).ledger()).unwrap();
    let error = authority::init(&directory, &NewCa::plain(), &act(now)).unwrap_err();
    assert!(matches!(error, AuthorityError::NotEmpty(_)), "{error}");
    assert_eq!(fs::read(Layout::at(&directory).ledger()).unwrap(), before);
    let refused = NewCa { lifetime: Some(LifetimeWish::For("200y".parse().unwrap())), ..NewCa::plain() };
    let error = authority::init(&room.path().join("new"), &refused, &act(now)).unwrap_err();
    assert!(matches!(error, AuthorityError::Refused(_)), "{error}");
    let left: Vec<_> = fs::read_dir(room.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["ca"]);
    let error = Authority::open(&room.path().join("new"), Access::Read, PATIENCE).unwrap_err();
    assert!(matches!(error, AuthorityError::NotThere(_)), "{error}");
}

#[test]
fn the_key_opens_with_its_passphrase_and_only_for_its_certificate() {
    let (_room, directory, _) = root(&NewCa { passphrase: Some(passphrase("open sesame")), ..NewCa::plain() });
    let ca = open(&directory);
    assert!(ca.locked_key().unwrap().needs_passphrase());
    ca.unlock(Some(&passphrase("open sesame"))).unwrap();
    let said = |given: Option<&str>| match ca.unlock(given.map(passphrase).as_ref()) {
        Err(AuthorityError::Key { source, .. }) => source,
        other => panic!("{other:?}"),
    };
    assert!(matches!(said(None), OpenKeyError::PassphraseMissing));
    assert!(matches!(said(Some("open barley")), OpenKeyError::WrongPassphrase));

    let file = Layout::at(&directory).issuer(IssuerNumber::FIRST).key();
    let other = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    fs::write(&file, seal(&other, None).unwrap().as_bytes()).unwrap();
    assert!(matches!(ca.unlock(None), Err(AuthorityError::KeyMismatch(_))));
    fs::remove_file(&file).unwrap();
    assert!(matches!(ca.unlock(None), Err(AuthorityError::File(error)) if error.is_not_found()));
    assert_eq!(ca.ledger().counts().unwrap().pending, 0);
}

#[test]
fn a_compromised_key_is_never_certified_again() {
    let (_room, directory, now) = root(&NewCa::plain());
    let mut ca = open(&directory);
    let signer = ca.unlock(None).unwrap();
    let (_, request) = a_request("api.internal");
    let order = Order::default();
    let issued = ca.sign(request.clone(), &order, &ProfileName::SERVER, &signer, &act(now)).unwrap();
    ca.sign(request.clone(), &order, &ProfileName::SERVER, &signer, &act(now)).unwrap();

    let revoke = |reason| {
        let revocation = Revocation { revoked_at: now.time(), reason, invalid_since: None };
        let revoked = [RevokedElsewhere { serial: issued.certificate().serial().clone(), revocation }];
        let mut ledger = mtls_ca::ledger::Ledger::open(&Layout::at(&directory).ledger(), PATIENCE).unwrap();
        ledger.record_revoked_elsewhere(IssuerNumber::FIRST, &revoked, None, &act(now)).unwrap();
    };
    revoke(RevocationReason::KeyCompromise);
    let error = ca.plan(request, &order, &ProfileName::CLIENT, now).unwrap_err();
    assert!(
        matches!(&error, AuthorityError::CompromisedKey(key) if *key == issued.certificate().public_key().fingerprint())
    );
    ca.plan(a_request("api.internal").1, &order, &ProfileName::SERVER, now).unwrap();
}

#[test]
fn a_request_that_proves_nothing_is_refused() {
    let now = at("2030-01-01T00:00:00Z");
    let ca = Authority::ephemeral(now).unwrap();
    let mut der = a_request("api.internal").1.der().to_vec();
    // The first character of the common name: another name than the one that was signed.
    let name = der.windows(3).position(|window| window == b"api").unwrap();
    der[name] = b'b';
    let forged = request::read(&der).unwrap();
    let error = ca.plan(forged, &Order::default(), &ProfileName::SERVER, now).unwrap_err();
    assert!(matches!(error, AuthorityError::Possession(_)), "{error}");
}

#[test]
fn a_refusal_names_everything_and_an_unknown_profile_itself() {
    let now = at("2030-01-01T00:00:00Z");
    let ca = Authority::ephemeral(now).unwrap();
    let nowhere: ProfileName = "nowhere".parse().unwrap();
    let error = ca.plan(a_request("api.internal").1, &Order::default(), &nowhere, now).unwrap_err();
    assert!(matches!(&error, AuthorityError::Profile(error) if error.is_unknown_profile()), "{error}");
    let order = Order { lifetime: Some(LifetimeWish::For("100y".parse().unwrap())), ..Order::default() };
    match ca.plan(a_request("Jane Doe").1, &order, &ProfileName::SERVER, now).unwrap_err() {
        AuthorityError::Refused(refusal) => assert!(refusal.errors().count() >= 2, "{refusal}"),
        other => panic!("{other}"),
    }
}

#[test]
fn time_is_what_the_caller_says() {
    let (_room, directory, now) = root(&NewCa::plain());
    let mut ca = open(&directory);
    let signer = ca.unlock(None).unwrap();
    let then = later(now, 400 * DAY);
    let order = KeyOrder::client("billing").unwrap();
    let short = KeyOrder {
        order: Order { lifetime: Some(LifetimeWish::For("1d".parse().unwrap())), ..order.order.clone() },
        ..order
    };
    let issued = ca.issue_key(&short, &signer, &act(then)).unwrap();
    let validity = issued.issued().certificate().validity();
    // Five minutes back, and a day of 86,400 seconds that ends with its last one.
    assert_eq!(validity.not_before, then.time().plus_seconds(-300));
    assert!(is_good(&ca, issued.issued(), Purpose::Client, then));
    assert!(!is_good(&ca, issued.issued(), Purpose::Client, later(then, 2 * DAY)));
    let mut times: Vec<Time> = Vec::new();
    ca.ledger()
        .list(&Filter::default(), then, |entry| {
            times.push(entry.reserved_at);
            Ok::<_, LedgerError>(())
        })
        .unwrap();
    assert_eq!(times, [then.time()]);
}

#[test]
fn nothing_outlives_the_issuer() {
    let (_room, directory, now) =
        root(&NewCa { lifetime: Some(LifetimeWish::For("30d".parse().unwrap())), ..NewCa::plain() });
    let ca = open(&directory);
    let end = ca.certificate().validity().not_after;
    let order = KeyOrder::client("billing").unwrap();

    // A default is clamped, and told so.
    let KeyPlan { plan, .. } = ca.plan_key(&order, now).unwrap();
    assert_eq!(plan.preview().validity().not_after, end);
    assert!(!plan.findings().is_empty());
    // A wish is refused.
    let wish = |lifetime: LifetimeWish| KeyOrder {
        order: Order { lifetime: Some(lifetime), ..order.order.clone() },
        ..order.clone()
    };
    let beyond = wish(LifetimeWish::For("60d".parse().unwrap()));
    assert!(matches!(ca.plan_key(&beyond, now), Err(AuthorityError::Refused(_))));
    ca.plan_key(&wish(LifetimeWish::Until(end)), now).unwrap();
    // Nothing is made in the last hour, nor afterwards.
    for seconds in [-1800, 1, DAY] {
        let then = Now::at(end.plus_seconds(seconds));
        assert!(matches!(ca.plan_key(&order, then), Err(AuthorityError::Refused(_))), "{seconds}");
    }
}

#[test]
fn many_authorities_share_a_directory() {
    let (_room, directory, now) = root(&NewCa::plain());
    let serials: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut ca = open(&directory);
                    let signer = ca.unlock(None).unwrap();
                    let order = KeyOrder::client("billing").unwrap();
                    let issue = |_| {
                        let issued = ca.issue_key(&order, &signer, &act(now)).unwrap();
                        issued.issued().certificate().serial().to_string()
                    };
                    (0..25).map(issue).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(serials.iter().collect::<BTreeSet<_>>().len(), 200);
    let ca = Authority::open(&directory, Access::Read, PATIENCE).unwrap();
    assert_eq!(ca.ledger().counts().unwrap().issued, 200);
    assert_eq!(ca.ledger().check().unwrap(), []);
}

#[test]
fn the_echo_example_accepts_one_client_of_four() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", "ephemeral_mtls"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "a client of our CA: accepted, the server says `hello, CN=billing`");
    assert_eq!(lines.len(), 4);
    for (line, reason) in lines[1..].iter().zip(["no certificates", "UnknownIssuer", "extended key usage"]) {
        assert!(line.contains(": refused, ") && line.contains(reason), "{line}");
    }
}

#[test]
fn a_plan_or_a_key_of_another_authority_signs_nothing() {
    let now = at("2030-01-01T00:00:00Z");
    let mut ours = Authority::ephemeral(now).unwrap();
    let mut other = Authority::ephemeral(now).unwrap();
    let (our_key, other_key) = (ours.unlock(None).unwrap(), other.unlock(None).unwrap());
    let plan = |ca: &Authority| ca.plan(a_request("svc").1, &Order::default(), &ProfileName::CLIENT, now).unwrap();
    for attempt in [
        other.issue(plan(&ours), &our_key, &act(now)),
        other.issue(plan(&ours), &other_key, &act(now)),
        ours.issue(plan(&ours), &other_key, &act(now)),
    ] {
        assert!(matches!(attempt, Err(AuthorityError::ForeignPlan)));
    }
    assert_eq!(ours.ledger().counts().unwrap(), other.ledger().counts().unwrap());
    assert_eq!(ours.ledger().counts().unwrap().issued, 0);
    let planned = plan(&ours);
    ours.issue(planned, &our_key, &act(now)).unwrap();
}

#[test]
fn of_many_that_make_one_directory_one_does_and_the_others_are_told() {
    let room = tempfile::tempdir().unwrap();
    let directory = room.path().join("ca");
    let now = at("2030-01-01T00:00:00Z");
    let made: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| authority::init(&directory, &NewCa::plain(), &act(now)))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|report| report.is_ok()).count(), 1);
    assert!(made.iter().flat_map(|report| report.as_ref().err()).all(|e| matches!(e, AuthorityError::NotEmpty(_))));
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1, "nothing is left beside it");
}
