//! Batches against a CA in memory.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::authority::check::Orphans;
use crate::enroll::csr;
use crate::keys::PrivateKey;
use crate::ledger::{Filter, State, Status};
use crate::words::clock::Now;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::lifetime::LifetimeWish;
use crate::words::x509::reason::RevocationReason;

/// Rows are the numbers of services; every seventh is to hold longer than any profile allows.
struct Services {
    /// Their signatures are the same each time, and so are the requests.
    keys: Vec<PrivateKey>,
    repeat: Repeat,
}

impl Services {
    fn new(repeat: Repeat) -> Self {
        Self { keys: (0..4).map(|_| PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap()).collect(), repeat }
    }

    fn request(&self, row: usize) -> Request {
        let named = csr::Wishes { sans: vec![format!("svc-{row}.internal").parse().unwrap()], ..Default::default() };
        csr::request(&self.keys[row % 4], &named).unwrap()
    }
}

impl Errand for Services {
    type Row = usize;
    type Error = AuthorityError;

    fn ask(&self, row: &usize, _: &Desk<'_>) -> Result<Ask<AuthorityError>, AuthorityError> {
        let too_long = LifetimeWish::For("50y".parse().unwrap());
        let wish = Wish {
            request: self.request(*row),
            order: Order { lifetime: (row % 7 == 3).then_some(too_long), ..Order::default() },
            profile: ProfileName::SERVER,
            repeat: self.repeat,
        };
        Ok(Ask::Certify(Box::new(wish)))
    }
}

fn a_ca() -> (Authority, Signer, Act) {
    let act = Act::of_process("test", Now::from_system());
    let ca = Authority::ephemeral(act.now).unwrap();
    let signer = ca.unlock(None).unwrap();
    (ca, signer, act)
}

fn run(
    ca: &mut Authority,
    rows: impl Iterator<Item = usize> + Send,
    services: &Services,
    signer: &Signer,
    act: &Act,
) -> Vec<Outcome<usize, AuthorityError>> {
    let mut outcomes = Vec::new();
    let go_on = AtomicBool::new(false);
    let ran = ca.issue_all(rows, services, signer, act, &go_on, |outcome| outcomes.push(outcome)).unwrap();
    assert_eq!(ran, Ran { told: outcomes.len() as u64, stopped: false });
    outcomes
}

fn serial(outcome: &Outcome<usize, AuthorityError>) -> Option<String> {
    Some(outcome.result.as_ref().ok()?.certificate()?.serial().to_string())
}

#[test]
fn every_row_has_its_outcome_in_order_and_a_refused_one_stops_nothing() {
    let (mut ca, signer, act) = a_ca();
    let services = Services::new(Repeat::Anew);
    let outcomes = run(&mut ca, 0..1_500, &services, &signer, &act);
    assert_eq!(outcomes.iter().map(|outcome| outcome.row).collect::<Vec<_>>(), (0..1_500).collect::<Vec<_>>());
    let mut serials = BTreeSet::new();
    for outcome in &outcomes {
        match &outcome.result {
            Ok(answer) => {
                let certificate = answer.certificate().unwrap();
                certificate.verify_signature(ca.certificate().public_key()).unwrap();
                let name = format!("svc-{}.internal", outcome.row);
                assert_eq!(certificate.extensions().subject_alt_names().first().unwrap().value(), name);
                assert!(serials.insert(certificate.serial().clone()));
            }
            Err(AuthorityError::Refused(_)) => assert_eq!(outcome.row % 7, 3),
            Err(error) => panic!("{}: {error}", outcome.row),
        }
    }
    let refused = (0..1_500).filter(|row| row % 7 == 3).count();
    assert_eq!(serials.len(), 1_500 - refused);
    assert_eq!(ca.ledger().check().unwrap(), []);
    let mut on_record = 0;
    ca.ledger()
        .events::<AuthorityError>(1, |link| {
            on_record += usize::from(link.body.contains("\"outcome\":\"refused\""));
            Ok(())
        })
        .unwrap();
    assert_eq!(on_record, refused);
}

#[test]
fn a_batch_that_is_taken_up_again_makes_nothing_twice() {
    let (mut ca, signer, act) = a_ca();
    let services = Services::new(Repeat::Resume);
    let first = run(&mut ca, 0..40, &services, &signer, &act);
    // A process that ended between reserving and signing.
    let plan = ca.plan(services.request(46), &Order::default(), &ProfileName::SERVER, act.now).unwrap();
    let recorded = super::super::issue::Recorded::of(plan, &act);
    let orphan = ca.ledger.reserve(&recorded.reservation(ca.issuer.number), &act).unwrap();
    let (orphan, _) = (orphan.serial().clone(), orphan);

    let second = run(&mut ca, 0..60, &services, &signer, &act);
    for (before, after) in first.iter().zip(&second) {
        assert_eq!(serial(before), serial(after));
        assert!(matches!(after.result, Ok(Answer::Delivered(_)) | Err(AuthorityError::Refused(_))));
    }
    assert!(second.iter().skip(40).all(|outcome| !matches!(outcome.result, Ok(Answer::Delivered(_)))));
    assert_eq!(ca.ledger().by_serial(&orphan).unwrap()[0].state, State::Abandoned);
    let servers = Filter { status: Status::Valid, profile: Some("server".into()), ..Filter::default() };
    let mut live = 0;
    let count = |_| {
        live += 1;
        Ok::<_, AuthorityError>(())
    };
    ca.ledger().list(&servers, act.now, count).unwrap();
    assert_eq!(live, (0..60).filter(|row| row % 7 != 3).count());

    // Another order is another question.
    let anew = Services { repeat: Repeat::Anew, ..services };
    let third = run(&mut ca, 0..2, &anew, &signer, &act);
    assert_ne!(serial(&third[0]), serial(&second[0]));
}

/// A process that ended between reserving and signing.
fn killed(ca: &mut Authority, request: Request, order: &Order, profile: &ProfileName, act: &Act) {
    let plan = ca.plan(request, order, profile, act.now).unwrap();
    let recorded = super::super::issue::Recorded::of(plan, act);
    let _left = ca.ledger.reserve(&recorded.reservation(ca.issuer.number), act).unwrap();
}

/// The certificate of the row is in its place.
struct Standing<'a>(&'a Services, Fingerprint);

impl Errand for Standing<'_> {
    type Row = usize;
    type Error = AuthorityError;

    fn ask(&self, row: &usize, _: &Desk<'_>) -> Result<Ask<AuthorityError>, AuthorityError> {
        let public_key = self.0.request(*row).public_key().fingerprint();
        Ok(Ask::Stands { certificate: self.1, public_key, answers: None, otherwise: AuthorityError::InMemory })
    }
}

#[test]
fn no_repair_makes_a_second_certificate_of_what_a_killed_batch_reserved() {
    let (mut ca, signer, act) = a_ca();
    let later = Act::of_process("test", Now::at(act.now.time().plus_seconds(50 * 60 * 60)));
    let short = Order { lifetime: Some(LifetimeWish::For("3d".parse().unwrap())), ..Order::default() };
    let services = Services::new(Repeat::Resume);
    // Reserved by another profile, with another order, and with little time left.
    killed(&mut ca, services.request(0), &Order::default(), &ProfileName::CLIENT, &act);
    killed(&mut ca, services.request(1), &short, &ProfileName::SERVER, &act);
    killed(&mut ca, services.request(2), &short, &ProfileName::SERVER, &act);
    killed(&mut ca, services.request(2), &Order::default(), &ProfileName::SERVER, &act);
    // Nobody asks for this one again.
    killed(&mut ca, services.request(4), &Order::default(), &ProfileName::SERVER, &act);
    run(&mut ca, 0..3, &services, &signer, &later);
    // Asked again with `--force`, and as one whose answer stands.
    let forced = Services { repeat: Repeat::Anew, ..services };
    killed(&mut ca, forced.request(5), &Order::default(), &ProfileName::SERVER, &act);
    run(&mut ca, 5..6, &forced, &signer, &later);
    let issued = ca.sign(forced.request(6), &Order::default(), &ProfileName::SERVER, &signer, &later).unwrap();
    killed(&mut ca, forced.request(6), &Order::default(), &ProfileName::SERVER, &later);
    let standing = Standing(&forced, issued.certificate().fingerprint());
    let stop = AtomicBool::new(false);
    let mut stood = 0;
    let tell = |outcome: Outcome<usize, _>| stood += usize::from(matches!(outcome.result, Ok(Answer::Stood(_))));
    ca.issue_all(6..7, &standing, &signer, &later, &stop, tell).unwrap();
    assert_eq!((stood, standing.0.keys.len()), (1, 4));

    let repaired = ca.repair(&Orphans::Sign(&[signer]), &later).unwrap();
    let mut live = std::collections::BTreeMap::<String, usize>::new();
    ca.ledger()
        .list::<AuthorityError>(&Filter { status: Status::Valid, ..Filter::default() }, later.now, |entry| {
            *live.entry(format!("{:?}", entry.names)).or_default() += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(repaired.signed.len(), 1, "{:?}", repaired.done);
    assert!(live.len() >= 6 && live.values().all(|count| *count == 1), "{live:?}");
    assert_eq!(ca.ledger().counts().unwrap().pending, 0);
}

#[test]
fn a_key_that_is_known_to_others_is_refused_within_its_group() {
    let (mut ca, signer, act) = a_ca();
    let services = Services::new(Repeat::Anew);
    let first = run(&mut ca, 0..1, &services, &signer, &act);
    let serial = first[0].result.as_ref().unwrap().certificate().unwrap().serial().clone();
    let entry = ca.ledger().by_serial(&serial).unwrap().remove(0);
    let revocation = crate::ledger::Revocation {
        revoked_at: act.now.time(),
        reason: RevocationReason::KeyCompromise,
        invalid_since: None,
    };
    ca.ledger.revoke(&[entry.id], &revocation, &act).unwrap();
    let outcomes = run(&mut ca, 4..8, &services, &signer, &act);
    let refused: Vec<bool> =
        outcomes.iter().map(|outcome| matches!(outcome.result, Err(AuthorityError::CompromisedKey(_)))).collect();
    assert_eq!(refused, [true, false, false, false]);
    let mut last = String::new();
    ca.ledger()
        .events::<AuthorityError>(1, |link| {
            if link.body.contains("refused") {
                last = link.body;
            }
            Ok(())
        })
        .unwrap();
    assert!(last.contains("compromised_key"), "{last}");
}

#[test]
fn a_batch_that_is_stopped_leaves_nothing_open() {
    let (mut ca, signer, act) = a_ca();
    let services = Services::new(Repeat::Anew);
    let stop = AtomicBool::new(false);
    let mut told = 0_u64;
    let ran = ca
        .issue_all(0..100_000, &services, &signer, &act, &stop, |_| {
            told += 1;
            stop.store(true, Ordering::Relaxed);
        })
        .unwrap();
    assert_eq!(ran, Ran { told, stopped: true });
    assert!(told < 50_000, "{told}");
    assert_eq!(ca.ledger().counts().unwrap().pending, 0);
}

#[test]
fn the_key_of_another_ca_signs_nothing() {
    let (mut ca, _, act) = a_ca();
    let (_, foreign, _) = a_ca();
    let services = Services::new(Repeat::Anew);
    let ran = ca.issue_all(0..1, &services, &foreign, &act, &AtomicBool::new(false), |_| {});
    assert!(matches!(ran, Err(AuthorityError::ForeignPlan)));
}
