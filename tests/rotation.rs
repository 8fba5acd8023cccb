//! A rotation from the first step to the last, with time handed in: at every step each live leaf
//! verifies against the trust of that day, in both directions, and OpenSSL is of the same opinion.

mod sandbox;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mtls_ca::authority::rotate::{
    Bridge, Deployed, Haste, NextStep, Reissue, RevokedAbove, RotationError, Successor, Taken, Undone,
};
use mtls_ca::authority::{self, Access, AuthorityError, CrlOrder, Issued, NewCa, RevokeOrder};
use mtls_ca::bundle::pem;
use mtls_ca::encoding::{certificate, request};
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::keys::Passphrase;
use mtls_ca::ledger::IssuerState;
use mtls_ca::profile::ProfileName;
use mtls_ca::store::layout::{IssuerNumber, Layout};
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::lifetime::LifetimeWish;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Act, Authority, KeyOrder, Lifetime, Now, Order};
use sandbox::Sandbox;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const WEEK: Haste = Haste::After(Lifetime::days(7));

/// A folder with CA directories, and the day it is there.
struct World {
    room: TempDir,
    begin: Now,
}

impl World {
    fn new() -> Self {
        Self { room: tempfile::tempdir().unwrap(), begin: Now::at("2030-01-01T00:00:00Z".parse().unwrap()) }
    }

    fn day(&self, day: i64) -> Now {
        Now::at(self.begin.time().plus_seconds(day * 86_400))
    }

    fn act(&self, day: i64) -> Act {
        Act::of_process("rotation", self.day(day))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    fn root(&self, new: &NewCa) -> Authority {
        authority::init(&self.path("root"), new, &self.act(0)).unwrap();
        open(&self.path("root"))
    }

    fn below(&self, name: &str, parent: &mut Authority, new: &NewCa) -> Authority {
        let signer = parent.unlock(None).unwrap();
        authority::intermediate(&self.path(name), new, parent, &signer, &self.act(0)).unwrap();
        open(&self.path(name))
    }

    fn issue(&self, ca: &mut Authority, name: &str, days: u32, day: i64) -> Handed {
        let signer = ca.unlock(None).unwrap();
        let order = Order { lifetime: Some(LifetimeWish::For(Lifetime::days(days))), ..Order::default() };
        let named = KeyOrder::named(name, ProfileName::PEER).unwrap();
        let order = Order { subject: named.order.subject, sans: named.order.sans, ..order };
        let order = KeyOrder { profile: ProfileName::PEER, key_algorithm: KeyAlgorithm::EcdsaP256, order };
        handed(ca.issue_key(&order, &signer, &self.act(day)).unwrap().issued())
    }

    /// Whether a peer with this trust accepts the certificate with the chain that was handed out with
    /// it. OpenSSL is asked as well, and has to agree.
    fn accepts(&self, trust: &[Certificate], leaf: &Handed, day: i64) -> bool {
        let ours = [Purpose::Server, Purpose::Client].map(|purpose| {
            let certificates = [leaf.certificate.clone()];
            let question = Question::new(&certificates, trust, purpose, self.day(day));
            verify(&Question { intermediates: &leaf.chain, ..question }).verdict()
        });
        assert_eq!(ours[0], ours[1]);
        let file = |name: &str, certificates: &[Certificate]| {
            let path = self.path(name);
            fs::write(&path, pem::certificates(certificates)).unwrap();
            path
        };
        let (trusted, chain) = (file("trusted.pem", trust), file("chain.pem", &leaf.chain));
        let leaf_file = file("leaf.pem", std::slice::from_ref(&leaf.certificate));
        let mut command = Command::new("openssl");
        command.arg("verify").arg("-attime").arg(self.day(day).time().unix().to_string()).args([
            "-x509_strict",
            "-purpose",
            "sslserver",
        ]);
        command.arg("-no-CApath").arg("-no-CAstore").arg("-CAfile").arg(trusted);
        if !leaf.chain.is_empty() {
            command.arg("-untrusted").arg(chain);
        }
        let openssl = command.arg(leaf_file).output().unwrap();
        let said = String::from_utf8_lossy(&openssl.stderr).into_owned();
        assert_eq!(openssl.status.success(), ours[0], "day {day}: {said}");
        ours[0]
    }
}

/// A certificate and what was handed out behind it.
#[derive(Clone)]
struct Handed {
    certificate: Certificate,
    chain: Vec<Certificate>,
}

fn handed(issued: &Issued) -> Handed {
    Handed { certificate: issued.certificate().clone(), chain: issued.chain().to_vec() }
}

fn open(directory: &Path) -> Authority {
    Authority::open(directory, Access::Alone, PATIENCE).unwrap()
}

fn named(name: &str) -> NewCa {
    NewCa { name: Some(name.to_owned()), ..NewCa::plain() }
}

fn g(number: u32) -> IssuerNumber {
    IssuerNumber::new(number).unwrap()
}

fn rotation_error<T: std::fmt::Debug>(result: Result<T, AuthorityError>) -> RotationError {
    match result.unwrap_err() {
        AuthorityError::Rotation(error) => error,
        other => panic!("{other:?}"),
    }
}

/// The files of a directory say what its ledger says.
fn is_whole(ca: &Authority) {
    for file in ca.derived().unwrap() {
        assert!(file.is_current(), "{}", file.path.display());
    }
}

#[test]
fn a_root_is_replaced_while_every_leaf_is_accepted_each_day() {
    let world = World::new();
    let mut ca = world.root(&named("Example Root"));
    let old_only = ca.trust().unwrap();
    let first = world.issue(&mut ca, "first.internal", 90, 0);
    assert_eq!(first.chain, []);

    // Both roots are out, and the new one signs nothing.
    let made = ca.prepare_root(&Successor::default(), None, &world.act(1)).unwrap();
    assert_eq!((made.taken, made.bridge, made.generation.number()), (Taken::Now, Bridge::Made, g(2)));
    assert_eq!(made.generation.certificate().subject().rfc4514(), "CN=Example Root G2");
    let again = ca.prepare_root(&Successor::default(), None, &world.act(2)).unwrap();
    assert_eq!((again.taken, again.bridge, again.written), (Taken::Before, Bridge::Made, Vec::new()));
    assert_eq!(again.generation.certificate(), made.generation.certificate());
    let both = ca.trust().unwrap();
    assert_eq!(both.len(), 2);
    let new_only = vec![made.generation.certificate().clone()];
    let second = world.issue(&mut ca, "second.internal", 90, 3);
    assert_eq!(second.certificate.issuer().rfc4514(), "CN=Example Root");
    for leaf in [&first, &second] {
        assert!(
            world.accepts(&both, leaf, 3) && world.accepts(&old_only, leaf, 3) && !world.accepts(&new_only, leaf, 3)
        );
    }

    // Not before the trust file was out for a week.
    let early = rotation_error(ca.activate(WEEK, None, &world.act(7)));
    assert!(matches!(early, RotationError::TooEarly { until, .. } if until == world.day(8).time()), "{early:?}");
    assert!(matches!(ca.rotation(WEEK, world.day(7)).unwrap().next, NextStep::Distribute { .. }));
    assert_eq!(ca.rotation(WEEK, world.day(8)).unwrap().next, NextStep::Activate { number: g(2) });
    assert_eq!(ca.activate(WEEK, None, &world.act(8)).unwrap().taken, Taken::Now);
    assert_eq!(ca.activate(WEEK, None, &world.act(8)).unwrap().taken, Taken::Before);
    let third = world.issue(&mut ca, "third.internal", 90, 9);
    assert_eq!(third.certificate.issuer().rfc4514(), "CN=Example Root G2");
    assert_eq!(third.chain.len(), 1, "the cross certificate goes along");
    // In both directions, and with both.
    for trust in [&both, &old_only, &new_only] {
        assert!(world.accepts(trust, &third, 9));
    }
    for leaf in [&first, &second] {
        assert!(world.accepts(&both, leaf, 9));
    }

    // A key and a plan of the old one are of no use any more.
    let old_key = ca.generation(g(1)).unwrap().locked_key().unwrap().unlock(None).unwrap();
    let order = KeyOrder::client("late").unwrap();
    assert!(matches!(ca.issue_key(&order, &old_key, &world.act(9)), Err(AuthorityError::ForeignPlan)));
    let (plan, new_key) = (ca.plan_key(&order, world.day(9)).unwrap().plan, ca.unlock(None).unwrap());
    ca.undo_rotation(&world.act(9)).unwrap();
    assert!(matches!(ca.issue(plan, &new_key, &world.act(9)), Err(AuthorityError::ForeignPlan)));
    ca.activate(Haste::Forced, None, &world.act(9)).unwrap();

    // Two live leaves chain to the old root alone.
    let rotation = ca.rotation(WEEK, world.day(10)).unwrap();
    assert_eq!(rotation.next, NextStep::Renew { number: g(1), count: 2 });
    let old = &rotation.generations[0];
    assert_eq!(old.crl_until, Some(second.certificate.validity().not_after), "the cross certificate does not count");
    let names: Vec<_> = old.dependents.iter().map(|dependent| dependent.entry.subject.clone().unwrap()).collect();
    assert_eq!(names, ["CN=first.internal", "CN=second.internal"]);
    match rotation_error(ca.retire(Deployed::Everywhere, &world.act(10))) {
        RotationError::Dependents { number, dependents } => assert_eq!((number, dependents.len()), (g(1), 2)),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        rotation_error(ca.prepare_root(&Successor::default(), None, &world.act(10))),
        RotationError::Unfinished(number) if number == g(1)
    ));

    // They have ended; the old root goes.
    let fourth = world.issue(&mut ca, "fourth.internal", 90, 80);
    assert_eq!(ca.rotation(WEEK, world.day(94)).unwrap().next, NextStep::Retire { number: g(1) });
    let retirement = ca.retire(Deployed::Unknown, &world.act(94)).unwrap();
    assert_eq!((retirement.taken, retirement.crls_until.len()), (Taken::Now, 0));
    assert_eq!(ca.retire(Deployed::Unknown, &world.act(95)).unwrap().taken, Taken::Before);
    assert_eq!(ca.trust().unwrap(), new_only);
    assert_eq!(ca.chain(), []);
    assert!(!Layout::at(world.path("root")).chain().exists());
    for leaf in [&third, &fourth] {
        assert!(world.accepts(&new_only, leaf, 95) && world.accepts(&both, leaf, 95));
    }
    let fifth = world.issue(&mut ca, "fifth.internal", 90, 95);
    assert!(fifth.chain.is_empty() && world.accepts(&new_only, &fifth, 95));
    assert!(matches!(rotation_error(ca.undo_rotation(&world.act(96))), RotationError::Finished(_)));
    assert_eq!(ca.rotation(WEEK, world.day(96)).unwrap().next, NextStep::Nothing);
    is_whole(&ca);

    // And the next one is G3, signed across by G2.
    let next = ca.prepare_root(&Successor::default(), None, &world.act(97)).unwrap();
    assert_eq!(next.generation.certificate().subject().rfc4514(), "CN=Example Root G3");
    assert_eq!(next.generation.cross().unwrap().issuer().rfc4514(), "CN=Example Root G2");
}

#[test]
fn the_cross_certificate_is_issued_like_any_other_and_keeps_to_the_path_length() {
    for (length, bridge, cross_length) in [
        (None, Bridge::Made, None),
        (Some(3), Bridge::Made, Some(2)),
        (Some(1), Bridge::Made, Some(0)),
        (Some(0), Bridge::NoRoom, None),
    ] {
        let world = World::new();
        let mut ca = world.root(&NewCa { path_length: length, ..named("Narrow") });
        let made = ca.prepare_root(&Successor::default(), None, &world.act(0)).unwrap();
        let path_length = |certificate: &Certificate| certificate.extensions().basic_constraints().unwrap().path_length;
        assert_eq!(made.bridge, bridge, "{length:?}");
        assert_eq!(path_length(made.generation.certificate()), length);
        let cross = made.generation.cross();
        assert_eq!(cross.and_then(path_length), cross_length);
        assert_eq!(made.findings.iter().any(|finding| finding.code == "rotate.no_cross"), bridge == Bridge::NoRoom);
        if let Some(cross) = cross {
            let entry = ca.ledger().by_serial(cross.serial()).unwrap().pop().unwrap();
            assert_eq!((entry.issuer, entry.profile.as_deref()), (g(1), Some("cross")));
            assert_eq!(cross.subject().der(), made.generation.certificate().subject().der());
            assert_eq!(cross.public_key(), made.generation.certificate().public_key());
            cross.verify_signature(ca.certificate().public_key()).unwrap();
        }
        // Whoever has only the old root follows where there is a bridge, intermediates included.
        ca.activate(Haste::Forced, None, &world.act(0)).unwrap();
        let old = ca.generation(g(1)).unwrap().certificate().clone();
        let leaf = world.issue(&mut ca, "leaf.internal", 30, 0);
        assert_eq!(world.accepts(std::slice::from_ref(&old), &leaf, 0), cross.is_some(), "{length:?}");
    }
}

#[test]
fn what_is_not_said_is_as_in_the_old_one() {
    let world = World::new();
    let constraints = mtls_ca::x509::constraints::NameConstraints {
        permitted: vec![mtls_ca::policy::constraints::parse_subtree("dns:internal").unwrap()],
        excluded: Vec::new(),
    };
    let new = NewCa {
        key_algorithm: KeyAlgorithm::EcdsaP384,
        lifetime: Some(LifetimeWish::For(Lifetime::days(1000))),
        name_constraints: constraints,
        subject: Some("CN=Root G9,OU=PKI,O=Example".parse().unwrap()),
        ..NewCa::plain()
    };
    let mut ca = world.root(&new);
    let old = ca.certificate().clone();
    let made = ca.prepare_root(&Successor::default(), None, &world.act(5)).unwrap();
    let next = made.generation.certificate();
    assert_eq!(next.subject().rfc4514(), "CN=Root G10,OU=PKI,O=Example");
    assert_eq!(next.public_key().to_string(), old.public_key().to_string());
    assert_eq!(next.extensions().name_constraints(), old.extensions().name_constraints());
    assert_eq!(next.validity().not_after, world.day(1005).time());
    // The cross certificate ends with the nearer of the two.
    assert_eq!(made.generation.cross().unwrap().validity().not_after, old.validity().not_after);
    let leaf = world.issue(&mut ca, "a.internal", 30, 6);
    ca.activate(Haste::Forced, None, &world.act(6)).unwrap();
    let new_leaf = world.issue(&mut ca, "b.internal", 30, 6);
    assert!(world.accepts(std::slice::from_ref(&old), &new_leaf, 6) && world.accepts(&[old], &leaf, 6));
}

#[test]
fn each_step_is_taken_back_until_the_old_one_is_retired() {
    let world = World::new();
    let mut ca = world.root(&named("Root"));
    assert!(matches!(rotation_error(ca.undo_rotation(&world.act(0))), RotationError::NothingToUndo));
    assert!(matches!(rotation_error(ca.activate(WEEK, None, &world.act(0))), RotationError::NothingPrepared));
    assert!(matches!(rotation_error(ca.retire(Deployed::Unknown, &world.act(0))), RotationError::NothingToRetire));
    let before = ca.trust().unwrap();
    ca.prepare_root(&Successor::default(), None, &world.act(0)).unwrap();
    ca.activate(Haste::Forced, None, &world.act(1)).unwrap();
    let leaf = world.issue(&mut ca, "leaf.internal", 30, 1);
    match ca.undo_rotation(&world.act(2)).unwrap() {
        Undone::Activation { active, prepared, .. } => assert_eq!((active.number(), prepared), (g(1), g(2))),
        other => panic!("{other:?}"),
    }
    // What the new one has signed stays valid, for its root is still out.
    assert!(world.accepts(&ca.trust().unwrap(), &leaf, 2));
    assert_eq!(world.issue(&mut ca, "back.internal", 30, 2).certificate.issuer().rfc4514(), "CN=Root");
    is_whole(&ca);
    assert!(matches!(ca.undo_rotation(&world.act(3)).unwrap(), Undone::Preparation { .. }));
    assert_eq!(ca.trust().unwrap(), before);
    is_whole(&ca);
    // Neither number nor name comes again: somebody may have got the trust file meanwhile.
    let again = ca.prepare_root(&Successor::default(), None, &world.act(4)).unwrap();
    assert_eq!(
        (again.generation.number(), again.generation.certificate().subject().rfc4514()),
        (g(3), "CN=Root G3".to_owned())
    );
    let reopened = open_again(ca, &world.path("root"));
    assert_eq!(reopened.generations().unwrap().len(), 3);
    assert_eq!(reopened.generation(g(2)).unwrap().state(), IssuerState::Retired);
}

#[test]
fn what_is_prepared_otherwise_is_not_called_done() {
    let world = World::new();
    let mut ca = world.root(&named("Root"));
    let order = |lifetime: &str| Successor {
        lifetime: Some(LifetimeWish::For(lifetime.parse().unwrap())),
        ..Successor::default()
    };
    for taken in [Taken::Now, Taken::Before] {
        assert_eq!(ca.prepare_root(&order("5y"), None, &world.act(0)).unwrap().taken, taken);
    }
    assert_eq!(ca.prepare_root(&Successor::default(), None, &world.act(0)).unwrap().taken, Taken::Before);
    for (order, differs) in [
        (order("6y"), "lifetime"),
        (Successor { name: Some("Other".to_owned()), ..Successor::default() }, "name"),
        (Successor { path_length: Some(7), ..Successor::default() }, "path length"),
        (Successor { key_algorithm: Some(KeyAlgorithm::EcdsaP384), ..Successor::default() }, "key algorithm"),
    ] {
        match rotation_error(ca.prepare_root(&order, None, &world.act(0))) {
            RotationError::PreparedOtherwise { number, what } => assert_eq!((number, what), (g(2), differs)),
            other => panic!("{other}"),
        }
    }
    is_whole(&ca);
}

fn open_again(ca: Authority, directory: &Path) -> Authority {
    drop(ca);
    open(directory)
}

#[test]
fn an_intermediate_is_replaced_below_its_root() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    let trust = ca.trust().unwrap();
    let first = world.issue(&mut ca, "first.internal", 30, 0);
    assert!(matches!(
        rotation_error(ca.prepare_root(&Successor::default(), None, &world.act(1))),
        RotationError::NeedsParent(_)
    ));
    let signer = root.unlock(None).unwrap();
    let made = ca.prepare_below(&Successor::default(), &mut root, &signer, None, &world.act(1)).unwrap();
    assert_eq!(made.generation.certificate().subject().rfc4514(), "CN=Issuing G2");
    assert_eq!(made.generation.certificate().extensions().basic_constraints().unwrap().path_length, Some(0));
    assert_eq!(root.ledger().by_name("Issuing G2", 9).unwrap().len(), 1, "the parent's ledger knows it");
    let again = ca.prepare_below(&Successor::default(), &mut root, &signer, None, &world.act(1)).unwrap();
    assert_eq!((again.taken, root.ledger().by_name("Issuing G2", 9).unwrap().len()), (Taken::Before, 1));
    // The root stays, and there are no CRLs: nobody has to get anything first.
    assert_eq!(ca.activate(WEEK, None, &world.act(1)).unwrap().taken, Taken::Now);
    let second = world.issue(&mut ca, "second.internal", 30, 2);
    assert_eq!(second.certificate.issuer().rfc4514(), "CN=Issuing G2");
    for leaf in [&first, &second] {
        assert!(world.accepts(&trust, leaf, 2));
    }
    assert_eq!(ca.trust().unwrap(), trust);
    assert!(matches!(rotation_error(ca.retire(Deployed::Everywhere, &world.act(2))), RotationError::Dependents { .. }));
    ca.retire(Deployed::Unknown, &world.act(31)).unwrap();
    assert!(world.accepts(&trust, &second, 31));
    is_whole(&ca);
}

#[test]
fn an_intermediate_follows_a_root_that_is_replaced() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    let old_only = ca.trust().unwrap();
    let first = world.issue(&mut ca, "first.internal", 40, 0);
    root.prepare_root(&Successor::default(), None, &world.act(1)).unwrap();
    root.activate(WEEK, None, &world.act(8)).unwrap();
    let both = root.trust().unwrap();
    let new_only = vec![root.certificate().clone()];
    // The root knows whom it would cut off.
    let dependents = root.dependents(g(1), world.day(9)).unwrap();
    assert_eq!(dependents.len(), 1);
    assert_eq!(dependents[0].entry.profile.as_deref(), Some("intermediate"));

    let signer = root.unlock(None).unwrap();
    assert!(matches!(
        rotation_error(ca.reissue_below(&Successor::default(), &mut root, &signer, None, &world.act(9))),
        RotationError::OtherRoot
    ));
    ca.prepare_below(&Successor::default(), &mut root, &signer, None, &world.act(9)).unwrap();
    assert_eq!(ca.trust().unwrap().len(), 2, "its own trust file has both roots now");
    assert!(matches!(rotation_error(ca.activate(WEEK, None, &world.act(10))), RotationError::TooEarly { .. }));
    ca.activate(WEEK, None, &world.act(16)).unwrap();
    let second = world.issue(&mut ca, "second.internal", 40, 17);
    assert_eq!(second.chain.len(), 2, "the new intermediate, and the cross certificate of its root");
    for trust in [&old_only, &both, &new_only] {
        assert!(world.accepts(trust, &second, 17));
    }
    assert!(world.accepts(&both, &first, 17));
    ca.retire(Deployed::Unknown, &world.act(41)).unwrap();
    assert_eq!(ca.trust().unwrap(), new_only);
    assert!(world.accepts(&new_only, &second, 41));
    assert_eq!(world.issue(&mut ca, "third.internal", 40, 42).chain.len(), 1);
}

#[test]
fn an_intermediate_whose_parent_is_elsewhere() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    assert!(matches!(
        rotation_error(ca.complete_successor(&root.trust().unwrap(), &world.act(1))),
        RotationError::NoRequest
    ));
    let waiting = ca.request_successor(&Successor::default(), None).unwrap();
    let same = ca.request_successor(&Successor::default(), None).unwrap();
    assert_eq!(waiting.request.der(), same.request.der());
    assert_eq!(ca.rotation(WEEK, world.day(1)).unwrap().next, NextStep::Finish { number: g(2) });
    let other = Successor { key_algorithm: Some(KeyAlgorithm::Ed25519), ..Successor::default() };
    assert!(matches!(rotation_error(ca.request_successor(&other, None)), RotationError::BegunOtherwise { .. }));
    // Where the parent is.
    let carried = request::read_one(&fs::read(&waiting.file).unwrap()).unwrap();
    let signer = root.unlock(None).unwrap();
    let signed = root.sign(carried, &Order::default(), &ProfileName::INTERMEDIATE, &signer, &world.act(1)).unwrap();
    let foreign = [ca.certificate().clone(), root.certificate().clone()];
    assert!(matches!(ca.complete_successor(&foreign, &world.act(2)), Err(AuthorityError::KeyMismatch(_))));
    let alone = std::slice::from_ref(signed.certificate());
    assert!(matches!(ca.complete_successor(alone, &world.act(2)), Err(AuthorityError::NoRoot { .. })));
    let whole = [signed.certificate().clone(), root.certificate().clone()];
    assert_eq!(ca.complete_successor(&whole, &world.act(2)).unwrap().taken, Taken::Now);
    assert_eq!(ca.complete_successor(&whole, &world.act(2)).unwrap().taken, Taken::Before);
    ca.activate(WEEK, None, &world.act(2)).unwrap();
    let leaf = world.issue(&mut ca, "leaf.internal", 30, 3);
    assert!(world.accepts(&root.trust().unwrap(), &leaf, 3));
    is_whole(&ca);
    // A request that is not wanted any more.
    ca.retire(Deployed::Unknown, &world.act(3)).unwrap();
    ca.request_successor(&Successor::default(), None).unwrap();
    assert!(matches!(ca.undo_rotation(&world.act(4)).unwrap(), Undone::Begun { number } if number == g(3)));
    assert!(!Layout::at(world.path("issuing")).issuer(g(3)).path().exists());
}

#[test]
fn the_same_key_gets_a_new_certificate_and_nothing_else_changes() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    let leaf = world.issue(&mut ca, "leaf.internal", 60, 0);
    let old = root.certificate().clone();
    let reissue = root.reissue_root(&Successor::default(), None, &world.act(30)).unwrap();
    assert_eq!((reissue.taken, reissue.generation.number()), (Taken::Now, g(1)));
    assert_eq!(root.reissue_root(&Successor::default(), None, &world.act(30)).unwrap().taken, Taken::Before);
    // What is asked for is made on the same day too, and once.
    let days = |ca: &Authority| ca.certificate().validity().seconds() / 86_400;
    let longer = Successor { lifetime: Some(LifetimeWish::For("30y".parse().unwrap())), ..Successor::default() };
    for taken in [Taken::Now, Taken::Before] {
        assert_eq!(root.reissue_root(&longer, None, &world.act(30)).unwrap().taken, taken);
        assert_eq!(days(&root), 30 * 365);
    }
    let new = root.certificate().clone();
    assert_eq!((new.subject().der(), new.public_key()), (old.subject().der(), old.public_key()));
    assert!(new.validity().not_after > old.validity().not_after && new.serial() != old.serial());
    for trust in [old, new] {
        assert!(world.accepts(&[trust], &leaf, 31));
    }
    assert_eq!(root.generations().unwrap().len(), 1);
    is_whole(&root);
    // Below, too; its root has the same key, but is another certificate now.
    let signer = root.unlock(None).unwrap();
    let issuing = ca.reissue_below(&Successor::default(), &mut root, &signer, None, &world.act(40)).unwrap();
    assert_eq!(issuing.taken, Taken::Now);
    assert!(world.accepts(&ca.trust().unwrap(), &leaf, 41));
    assert!(world.accepts(&ca.trust().unwrap(), &world.issue(&mut ca, "more.internal", 60, 41), 41));
    is_whole(&ca);
    let (asked, file) = ca.request_reissue(None).unwrap();
    assert_eq!(request::read_one(&fs::read(file).unwrap()).unwrap().der(), asked.der());
    let signed = root.sign(asked, &Order::default(), &ProfileName::INTERMEDIATE, &signer, &world.act(50)).unwrap();
    let whole = [signed.certificate().clone(), root.certificate().clone()];
    assert_eq!(ca.complete_reissue(&whole, &world.act(50)).unwrap().taken, Taken::Now);
    assert_eq!(ca.complete_reissue(&whole, &world.act(50)).unwrap().taken, Taken::Before);
}

#[test]
fn a_certificate_that_ends_before_what_its_key_signed_is_told_of() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    let leaf = world.issue(&mut ca, "leaf.internal", 60, 0);
    let of_days = |days: &str| Some(LifetimeWish::For(days.parse().unwrap()));
    let lasting = |days: &str| Successor { lifetime: of_days(days), ..Successor::default() };
    let told = |reissue: Reissue| {
        let found = reissue.findings.iter().find(|finding| finding.code == "rotate.ends_before_leaves");
        found.map(|finding| finding.hint.clone().unwrap())
    };
    let signer = root.unlock(None).unwrap();
    // The leaf ends on day 60.
    let short = ca.reissue_below(&lasting("30d"), &mut root, &signer, None, &world.act(1)).unwrap();
    let typed = "mtls-ca rotate prepare --parent DIR --keep-key --lifetime 59d";
    assert_eq!(told(short).as_deref(), Some(typed));
    let mended = ca.reissue_below(&lasting("59d"), &mut root, &signer, None, &world.act(1)).unwrap();
    assert_eq!(told(mended), None);
    let (asked, _) = ca.request_reissue(None).unwrap();
    let order = Order { lifetime: of_days("58d"), ..Order::default() };
    let signed = root.sign(asked, &order, &ProfileName::INTERMEDIATE, &signer, &world.act(1)).unwrap();
    let whole = [signed.certificate().clone(), root.certificate().clone()];
    assert_eq!(told(ca.complete_reissue(&whole, &world.act(1)).unwrap()).as_deref(), Some(typed));

    // Of the root it is the CA below, which ends on day 1,825. Asked again, it is told again.
    let old = root.certificate().clone();
    for taken in [Taken::Now, Taken::Before] {
        let short = root.reissue_root(&lasting("30d"), None, &world.act(1)).unwrap();
        assert_eq!(short.taken, taken);
        assert_eq!(told(short).as_deref(), Some("mtls-ca rotate prepare --keep-key --lifetime 1824d"));
    }
    let new = root.certificate().clone();
    assert!(world.accepts(&[old], &leaf, 32) && !world.accepts(&[new], &leaf, 32));
    assert_eq!(told(root.reissue_root(&lasting("1824d"), None, &world.act(1)).unwrap()), None);

    // On hold it may come back; revoked it never does.
    let signer = root.unlock(None).unwrap();
    let row = ca.ledger().by_serial(leaf.certificate.serial()).unwrap()[0].id;
    for (reason, is_told) in [(RevocationReason::CertificateHold, true), (RevocationReason::Superseded, false)] {
        ca.revoke(&[row], &RevokeOrder { reason, invalid_since: None }, &world.act(1)).unwrap();
        let short = ca.reissue_below(&lasting("30d"), &mut root, &signer, None, &world.act(1)).unwrap();
        assert_eq!(told(short).is_some(), is_told, "{reason:?}");
    }
}

#[test]
fn a_second_issuer_needs_urls_that_name_it() {
    let world = World::new();
    authority::init(&world.path("root"), &named("Root"), &world.act(0)).unwrap();
    let config = world.path("root").join("ca.toml");
    let urls = |crl: &str| {
        format!("[urls]\ncrl = \"http://pki.internal/{crl}\"\nissuer = \"http://pki.internal/{{issuer}}.crt\"\n")
    };
    fs::write(&config, urls("ca.crl")).unwrap();
    let mut ca = open(&world.path("root"));
    match rotation_error(ca.prepare_root(&Successor::default(), None, &world.act(1))) {
        RotationError::UrlsWithoutIssuer(findings) => {
            assert_eq!(findings.len(), 1);
            assert!(findings[0].place.as_ref().unwrap().to_string().ends_with("ca.toml:2"), "{findings:?}");
        }
        other => panic!("{other:?}"),
    }
    drop(ca);
    fs::write(&config, urls("{issuer}.crl")).unwrap();
    let mut ca = open(&world.path("root"));
    ca.prepare_root(&Successor::default(), None, &world.act(1)).unwrap();
    ca.activate(Haste::Forced, None, &world.act(1)).unwrap();
    let leaf = world.issue(&mut ca, "leaf.internal", 30, 1);
    let text = format!("{:?}", leaf.certificate.extensions());
    assert!(text.contains("http://pki.internal/g2.crl") && text.contains("http://pki.internal/g2.crt"), "{text}");
}

#[test]
fn one_passphrase_opens_every_generation() {
    let world = World::new();
    let secret = || Passphrase::new(b"correct horse".to_vec()).unwrap();
    let mut ca = world.root(&NewCa { passphrase: Some(secret()), ..named("Root") });
    let other = Passphrase::new(b"other".to_vec()).unwrap();
    assert!(matches!(
        ca.prepare_root(&Successor::default(), Some(&other), &world.act(0)),
        Err(AuthorityError::Key { .. })
    ));
    assert!(!Layout::at(world.path("root")).issuer(g(2)).path().exists(), "nothing was begun");
    ca.prepare_root(&Successor::default(), Some(&secret()), &world.act(0)).unwrap();
    assert!(matches!(ca.activate(Haste::Forced, Some(&other), &world.act(0)), Err(AuthorityError::Key { .. })));
    ca.activate(Haste::Forced, Some(&secret()), &world.act(0)).unwrap();
    for generation in ca.generations().unwrap() {
        let locked = generation.locked_key().unwrap();
        assert!(locked.needs_passphrase());
        locked.unlock(Some(&secret())).unwrap();
    }
}

#[test]
fn a_preparation_that_stopped_half_way_goes_on() {
    let world = World::new();
    let mut ca = world.root(&named("Root"));
    let layout = Layout::at(world.path("root"));
    // The folder is there and the ledger knows nothing.
    ca.prepare_root(&Successor { without_cross: true, ..Successor::default() }, None, &world.act(0)).unwrap();
    let key = fs::read(layout.issuer(g(2)).key()).unwrap();
    let (folder, aside) = (layout.issuer(g(2)).path().to_owned(), world.path("aside"));
    fs::rename(&folder, &aside).unwrap();
    drop(ca);
    fs::remove_dir_all(world.path("root")).unwrap();
    let mut ca = world.root(&named("Root"));
    fs::remove_file(aside.join("issuer.crt")).unwrap();
    fs::rename(&aside, &folder).unwrap();
    assert_eq!(ca.rotation(WEEK, world.day(1)).unwrap().next, NextStep::Finish { number: g(2) });
    let made = ca.prepare_root(&Successor::default(), None, &world.act(1)).unwrap();
    assert_eq!((made.taken, made.bridge), (Taken::Now, Bridge::Made));
    assert_eq!(fs::read(layout.issuer(g(2)).key()).unwrap(), key, "the key that was made is taken up");
    // The row is there and the files are not.
    for path in [layout.trust(), layout.issuer(g(2)).certificate(), layout.issuer(g(2)).cross()] {
        fs::remove_file(path).unwrap();
    }
    let again = ca.prepare_root(&Successor::default(), None, &world.act(1)).unwrap();
    assert_eq!((again.taken, again.written.len()), (Taken::Before, 3));
    is_whole(&ca);
    for step in ["activate", "retire"] {
        match step {
            "activate" => drop(ca.activate(Haste::Forced, None, &world.act(1)).unwrap()),
            _ => drop(ca.retire(Deployed::Unknown, &world.act(1)).unwrap()),
        }
        fs::write(layout.trust(), "stale").unwrap();
        let taken = match step {
            "activate" => ca.activate(Haste::Forced, None, &world.act(1)).unwrap().taken,
            _ => ca.retire(Deployed::Unknown, &world.act(1)).unwrap().taken,
        };
        assert_eq!(taken, Taken::Before);
        is_whole(&ca);
    }
}

#[test]
fn peers_that_check_crls_have_one_of_the_new_issuer_first() {
    let world = World::new();
    authority::init(&world.path("root"), &named("Root"), &world.act(0)).unwrap();
    fs::create_dir(world.path("published")).unwrap();
    let config = format!("[publish]\ndir = {:?}\n", world.path("published").to_str().unwrap());
    fs::write(world.path("root").join("ca.toml"), config).unwrap();
    let mut ca = open(&world.path("root"));
    let build = |ca: &mut Authority, number: u32, day: i64| {
        let signer = ca.generation(g(number)).unwrap().locked_key().unwrap().unlock(None).unwrap();
        ca.build_crl(&CrlOrder { issuer: g(number), lifetime: None }, &signer, &world.act(day)).unwrap();
    };
    build(&mut ca, 1, 0);
    ca.prepare_root(&Successor::default(), None, &world.act(0)).unwrap();
    assert!(
        matches!(rotation_error(ca.activate(WEEK, None, &world.act(7))), RotationError::NoCrl(number) if number == g(2))
    );
    build(&mut ca, 2, 7);
    // What peers get before the activation has it already.
    let set = fs::read_to_string(world.path("published/crls.pem")).unwrap();
    assert_eq!(set.matches("BEGIN X509 CRL").count(), 2);
    assert_eq!(fs::read(world.path("published/ca.crt")).unwrap(), fs::read(world.path("root/ca.crt")).unwrap());
    ca.activate(WEEK, None, &world.act(7)).unwrap();
    // The old one's is made until it is retired, and while a certificate of it holds.
    let needed = |ca: &Authority, day: i64| -> Vec<bool> {
        ca.crl_states(world.day(day)).unwrap().iter().map(|state| state.needed).collect()
    };
    assert_eq!(needed(&ca, 8), [true, true]);
    ca.retire(Deployed::Unknown, &world.act(8)).unwrap();
    assert_eq!(needed(&ca, 8), [false, true], "its cross certificate is nobody's");
}

#[test]
fn a_preparation_that_is_taken_back_leaves_no_way_to_its_root() {
    let world = World::new();
    let mut ca = world.root(&named("Root"));
    let cross =
        ca.prepare_root(&Successor::default(), None, &world.act(0)).unwrap().generation.cross().unwrap().clone();
    assert!(matches!(ca.undo_rotation(&world.act(1)).unwrap(), Undone::Preparation { cross_revoked: true, .. }));
    let entry = ca.ledger().by_serial(cross.serial()).unwrap().pop().unwrap();
    assert_eq!(entry.revocation.unwrap().reason, RevocationReason::CessationOfOperation);
}

#[test]
fn a_compromised_intermediate_is_revoked_by_its_parent_and_replaced() {
    let world = World::new();
    let mut root = world.root(&named("Root"));
    let mut ca = world.below("issuing", &mut root, &named("Issuing"));
    let first = world.issue(&mut ca, "first.internal", 30, 0);
    let bad = ca.certificate().clone();
    let signer = root.unlock(None).unwrap();
    let made = ca.compromised_below(g(1), &Successor::default(), &mut root, &signer, None, &world.act(1)).unwrap();
    assert_eq!(made.above, RevokedAbove::Done { serial: bad.serial().clone() });
    assert_eq!((ca.active().number(), ca.generation(g(1)).unwrap().state()), (g(2), IssuerState::Retired));
    let listed: Vec<_> = made.dependents.iter().map(|dependent| dependent.entry.serial.clone()).collect();
    assert_eq!(listed, [first.certificate.serial().clone()]);
    // The parent's list names it, with its reason.
    let der = fs::read(Layout::at(world.path("root")).issuer(g(1)).crl_der()).unwrap();
    let list = mtls_ca::encoding::revocation::read_all(&der).unwrap().pop().unwrap();
    let entry = list.entries().iter().find(|entry| entry.serial == *bad.serial()).unwrap();
    assert_eq!(entry.reason(), RevocationReason::CaCompromise);
    let again = ca.compromised_below(g(1), &Successor::default(), &mut root, &signer, None, &world.act(1)).unwrap();
    assert_eq!((again.taken, ca.active().number()), (Taken::Before, g(2)));
    let leaf = world.issue(&mut ca, "second.internal", 30, 2);
    assert!(world.accepts(&root.trust().unwrap(), &leaf, 2));
    is_whole(&ca);
}

#[test]
fn a_compromised_root_is_dropped_at_once() {
    let world = World::new();
    let mut ca = world.root(&named("Root"));
    let old_only = ca.trust().unwrap();
    world.issue(&mut ca, "a.internal", 30, 0);
    let made = ca.compromised_root(g(1), &Successor::default(), None, &world.act(1)).unwrap();
    assert_eq!((made.taken, made.above, made.dependents.len()), (Taken::Now, RevokedAbove::Root, 1));
    assert_eq!((ca.active().number(), ca.generation(g(1)).unwrap().state()), (g(2), IssuerState::Retired));
    let again = ca.compromised_root(g(1), &Successor::default(), None, &world.act(1)).unwrap();
    assert_eq!(again.taken, Taken::Before);
    // Nothing leads from the old root to the new one.
    let leaf = world.issue(&mut ca, "b.internal", 30, 2);
    assert!(
        leaf.chain.is_empty() && !world.accepts(&old_only, &leaf, 2) && world.accepts(&ca.trust().unwrap(), &leaf, 2)
    );
    assert!(matches!(rotation_error(ca.undo_rotation(&world.act(2))), RotationError::Finished(_)));
    is_whole(&ca);
    let parsed = certificate::read_all(&fs::read(Layout::at(world.path("root")).trust()).unwrap()).unwrap();
    assert_eq!(parsed, ca.trust().unwrap());
}

#[test]
fn a_preparation_that_is_refused_names_the_key_that_it_made() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.shell("mtls-ca init --lifetime 30m").code, 0);
    let refused = sandbox.shell("mtls-ca rotate prepare");
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    let is_there = || sandbox.path().join("ca/issuers/g2/issuer.key").is_file();
    assert!(is_there() && refused.stderr.contains("a new key waits in `ca/issuers/g2/"), "{}", refused.stderr);
    let undo = refused.stderr.lines().find_map(|line| line.split_once("to throw it away: ")).unwrap().1;
    assert_eq!(sandbox.shell(undo).code, 0, "{undo}");
    assert!(!is_there());
}
