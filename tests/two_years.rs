//! Two years of a CA, a day at a time: services come and go, certificates are renewed, given new
//! keys, held and revoked, CRLs are refreshed, and the CA certificate is rotated twice. Each day has
//! to leave the world in order; OpenSSL looks at thirty of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use mtls_ca::authority::rotate::{Deployed, Haste, RotationError, Successor};
use mtls_ca::authority::{self, Access, AuthorityError, CrlOrder, NewCa, RenewalOrder, RevokeOrder, Signer};
use mtls_ca::bundle::pem;
use mtls_ca::encoding::{certificate, revocation};
use mtls_ca::enroll::csr;
use mtls_ca::examine::verify::{Question, verify};
use mtls_ca::keys::PrivateKey;
use mtls_ca::ledger::{Entry, Filter, IssuerState, LedgerError, State, Status};
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::reason::RevocationReason;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::usage::Purpose;
use mtls_ca::{Act, Authority, KeyOrder, Lifetime, LifetimeWish, Now, Serial, Threshold, Time};

const PATIENCE: Duration = Duration::from_secs(60);
const DAYS: i64 = 730;
const DAY: i64 = 86_400;
/// How often OpenSSL is asked: every so many days.
const SAMPLE: i64 = 24;

/// The day on which a rotation is prepared; it is activated 8 days later, and the old CA certificate
/// is retired when nothing depends on it any more.
const ROTATIONS: [i64; 2] = [150, 430];

#[test]
#[ignore = "run by ./tests/run.sh life: half a minute, and needs openssl"]
fn a_root_that_signs_leaves() {
    let world = World::new(false);
    let sums = world.live();
    assert!(sums.rotations == 2 && sums.judged == 31, "{sums:?}");
}

#[test]
#[ignore = "run by ./tests/run.sh life: half a minute, and needs openssl"]
fn an_intermediate_below_a_root() {
    let world = World::new(true);
    let sums = world.live();
    assert!(sums.rotations == 2 && sums.judged == 31, "{sums:?}");
}

/// A CA, and, where it is an intermediate, the root above it.
struct World {
    room: tempfile::TempDir,
    directory: PathBuf,
    parent: Option<PathBuf>,
    began: Time,
    /// What each certificate was handed out with.
    chains: BTreeMap<Serial, Vec<Certificate>>,
    numbers: BTreeMap<IssuerNumber, Vec<u8>>,
    dice: u64,
    sums: Sums,
}

#[derive(Debug, Default)]
struct Sums {
    issued: usize,
    renewed: usize,
    rekeyed: usize,
    revoked: usize,
    crls: usize,
    verified: usize,
    rotations: usize,
    judged: usize,
}

impl World {
    fn new(below: bool) -> Self {
        let room = tempfile::tempdir().unwrap();
        let directory = room.path().join("ca");
        let began: Time = "2030-01-01T00:00:00Z".parse().unwrap();
        let act = act(Now::at(began));
        let parent = below.then(|| {
            let parent = room.path().join("root");
            authority::init(&parent, &NewCa::plain(), &act).unwrap();
            let mut root = Authority::open(&parent, Access::Sign, PATIENCE).unwrap();
            let signer = root.unlock(None).unwrap();
            let new = NewCa { name: Some("Issuing CA".to_owned()), ..NewCa::plain() };
            authority::intermediate(&directory, &new, &mut root, &signer, &act).unwrap();
            parent
        });
        if !below {
            authority::init(&directory, &NewCa::plain(), &act).unwrap();
        }
        let settings = directory.join("ca.toml");
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, format!("{text}\n[urls]\ncrl = \"http://pki.internal/{{issuer}}.crl\"\n")).unwrap();
        Self {
            room,
            directory,
            parent,
            began,
            chains: BTreeMap::new(),
            numbers: BTreeMap::new(),
            dice: 0x9e37_79b9_7f4a_7c15,
            sums: Sums::default(),
        }
    }

    fn live(mut self) -> Sums {
        for day in 0..DAYS {
            // Never at the very second in which something ends: to RFC 5280 section 4.1.2.5 it still holds then,
            // to OpenSSL no more.
            let now = Now::at(self.began.plus_seconds(3_600 + day * (DAY + 7)));
            let mut ca = Authority::open(&self.directory, Access::Sign, PATIENCE).unwrap();
            let act = act(now);
            self.rotate(&mut ca, day, &act);
            let signer = ca.unlock(None).unwrap();
            self.services(&mut ca, day, &signer, &act);
            self.renewals(&mut ca, &signer, &act);
            self.revocations(&mut ca, day, &act);
            self.lists(&mut ca, &act);
            self.in_order(&ca, day, now);
        }
        eprintln!("{:?}", self.sums);
        self.sums
    }

    /// A new service every second day, in turns a server, a client and a peer.
    fn services(&mut self, ca: &mut Authority, day: i64, signer: &Signer, act: &Act) {
        if day % 2 != 0 {
            return;
        }
        let name = format!("svc-{}.internal", day % 40);
        let order = if day % 4 == 0 { KeyOrder::server(&name) } else { KeyOrder::client(&name) };
        let mut order = order.unwrap();
        order.order.lifetime = Some(LifetimeWish::For(Lifetime::days(30)));
        let issued = ca.issue_key(&order, signer, act).unwrap();
        self.remember(issued.issued().certificate(), issued.issued().chain());
        self.sums.issued += 1;
    }

    fn remember(&mut self, certificate: &Certificate, chain: &[Certificate]) {
        let before = self.chains.insert(certificate.serial().clone(), chain.to_vec());
        assert!(before.is_none(), "{} twice", certificate.serial());
    }

    /// What has a third of its life left is renewed, but for services that are given up.
    fn renewals(&mut self, ca: &mut Authority, signer: &Signer, act: &Act) {
        let third: Threshold = "33%".parse().unwrap();
        for entry in ca.newest_of_all(act.now).unwrap() {
            let due = entry.validity.is_some_and(|validity| third.is_due(validity, act.now));
            if !due || self.roll(3) == 0 {
                continue;
            }
            let plan = match ca.plan_renewal(entry.id, &RenewalOrder::default(), act.now) {
                Ok(plan) => plan,
                // The key of the one before was lost, and this one has the same.
                Err(AuthorityError::CompromisedKey(_)) => {
                    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
                    self.sums.rekeyed += 1;
                    let request = csr::nameless(&key).unwrap();
                    ca.plan_rekey(entry.id, request, &RenewalOrder::default(), act.now).unwrap()
                }
                Err(error) => panic!("{}: {error}", entry.serial),
            };
            let renewed = ca.issue(plan, signer, act).unwrap();
            self.remember(renewed.certificate(), renewed.chain());
            self.sums.renewed += 1;
        }
    }

    /// Every ninth day somebody loses a key or leaves; now and then one is only held, and let go.
    fn revocations(&mut self, ca: &mut Authority, day: i64, act: &Act) {
        if day % 9 == 4 {
            let live = leaves(ca, act.now);
            let Some(unlucky) = live.get(self.roll(live.len().max(1))) else { return };
            let reasons = [
                RevocationReason::KeyCompromise,
                RevocationReason::Superseded,
                RevocationReason::CessationOfOperation,
                RevocationReason::Unspecified,
                RevocationReason::CertificateHold,
            ];
            let reason = reasons[self.roll(reasons.len())];
            let invalid_since =
                (reason == RevocationReason::KeyCompromise).then(|| act.now.time().plus_seconds(-3 * 3_600));
            ca.revoke(&[unlucky.id], &RevokeOrder { reason, invalid_since }, act).unwrap();
            self.sums.revoked += 1;
        }
        if day % 45 == 40 {
            let held: Vec<_> = revoked(ca, act.now)
                .into_iter()
                .filter(|entry| {
                    entry.revocation.is_some_and(|revocation| revocation.reason == RevocationReason::CertificateHold)
                })
                .map(|entry| entry.id)
                .collect();
            ca.release(&held, act).unwrap();
        }
    }

    /// A CRL is built where it lacks a revocation, and where half of its life is over.
    fn lists(&mut self, ca: &mut Authority, act: &Act) {
        for generation in ca.generations().unwrap() {
            let number = generation.number();
            let behind = !ca.behind([number]).unwrap().is_empty();
            let last = ca.ledger().crl_standing(number).unwrap().last;
            let old = last.is_none_or(|last| {
                let (from, to) = (last.this_update.unix(), last.next_update.unix());
                act.now.time().unix() >= from + (to - from) / 2
            });
            if !behind && !old {
                continue;
            }
            let signer = generation.locked_key().unwrap().unlock(None).unwrap();
            let built = ca.build_crl(&CrlOrder { issuer: number, lifetime: None }, &signer, act).unwrap();
            let list = revocation::read(built.der()).unwrap();
            let number_now = list.extensions().crl_number().unwrap().octets().to_vec();
            let padded = [vec![0; 20 - number_now.len().min(20)], number_now].concat();
            if let Some(before) = self.numbers.insert(number, padded.clone()) {
                assert!(before < padded, "the CRL number of {number} does not rise");
            }
            self.sums.crls += 1;
        }
        self.lists_above(ca, act);
    }

    /// The root's own CRL, refreshed by those who keep the root, and taken in here.
    fn lists_above(&mut self, ca: &mut Authority, act: &Act) {
        let Some(parent) = &self.parent else { return };
        let mut root = Authority::open(parent, Access::Sign, PATIENCE).unwrap();
        let number = root.active().number();
        let last = root.ledger().crl_standing(number).unwrap().last;
        let old = last.is_none_or(|last| {
            let (from, to) = (last.this_update.unix(), last.next_update.unix());
            act.now.time().unix() >= from + (to - from) / 2
        });
        if old {
            let signer = root.unlock(None).unwrap();
            let built = root.build_crl(&CrlOrder { issuer: number, lifetime: None }, &signer, act).unwrap();
            ca.import_crl(&revocation::read(built.der()).unwrap(), act).unwrap();
        }
    }

    fn rotate(&mut self, ca: &mut Authority, day: i64, act: &Act) {
        if ROTATIONS.contains(&day) {
            let successor = Successor::default();
            match &self.parent {
                None => drop(ca.prepare_root(&successor, None, act).unwrap()),
                Some(parent) => {
                    let mut root = Authority::open(parent, Access::Sign, PATIENCE).unwrap();
                    let signer = root.unlock(None).unwrap();
                    drop(ca.prepare_below(&successor, &mut root, &signer, None, act).unwrap());
                }
            }
        }
        if ROTATIONS.iter().any(|prepared| prepared + 3 == day) && self.parent.is_none() {
            let early = ca.activate(Haste::After(Lifetime::days(7)), None, act).unwrap_err();
            assert!(matches!(early, AuthorityError::Rotation(RotationError::TooEarly { .. })), "{early}");
        }
        if ROTATIONS.iter().any(|prepared| prepared + 8 == day) {
            ca.activate(Haste::After(Lifetime::days(7)), None, act).unwrap();
            self.sums.rotations += 1;
        }
        let superseded = ca.generations().unwrap().into_iter().any(|found| found.state() == IssuerState::Superseded);
        if superseded {
            match ca.retire(Deployed::Unknown, act) {
                Ok(_) => {}
                Err(AuthorityError::Rotation(RotationError::Dependents { dependents, .. })) => {
                    assert!(!dependents.is_empty());
                }
                Err(error) => panic!("day {day}: {error}"),
            }
        }
    }

    /// What has to hold every day.
    fn in_order(&mut self, ca: &Authority, day: i64, now: Now) {
        assert_eq!(ca.ledger().check().unwrap(), [], "day {day}");
        let trust = ca.trust().unwrap();
        let mut set = Vec::new();
        ca.crl_set(now).unwrap_or_else(|error| panic!("day {day}: {error:?}")).write_to(&mut set).unwrap();
        let lists = revocation::read_all(&set).unwrap();
        for list in &lists {
            assert!(list.next_update().unwrap() > now.time(), "day {day}: an expired CRL is in the set");
        }
        let live = leaves(ca, now);
        for entry in &live {
            let leaf = stored(ca, entry);
            let mut question =
                Question { crls: &lists, require_crl: true, ..Question::new(&[], &trust, purpose(&leaf), now) };
            let chain = self.chains.get(leaf.serial()).unwrap();
            let offered: Vec<Certificate> = std::iter::once(leaf.clone()).chain(chain.iter().cloned()).collect();
            question.certificates = &offered;
            let answer = verify(&question);
            let cause = answer.first_cause().map(|check| format!("{check:?}"));
            assert!(answer.verdict(), "day {day}: {} ({}): {cause:?}", leaf.serial(), leaf.subject().rfc4514());
            self.sums.verified += 1;
        }
        let taken_back = revoked(ca, now);
        for entry in &taken_back {
            let issuer = ca.generation(entry.issuer).unwrap();
            let own = |list: &&RevocationList| list.issuer().matches(issuer.certificate().subject());
            let list = lists.iter().find(own).unwrap_or_else(|| panic!("day {day}: no CRL of {}", entry.issuer));
            let listed = list.entries().iter().find(|listed| listed.serial == entry.serial);
            let listed = listed.unwrap_or_else(|| panic!("day {day}: {} is not on the CRL", entry.serial));
            assert_eq!(Some(listed.reason()), entry.revocation.map(|revocation| revocation.reason));
        }
        if day % SAMPLE == 0 {
            self.judge(ca, day, now, &trust, &set, &live, &taken_back);
        }
    }

    /// The same by `openssl verify -attime -crl_check_all`.
    #[expect(clippy::too_many_arguments, reason = "all that a day is made of")]
    fn judge(
        &mut self,
        ca: &Authority,
        day: i64,
        now: Now,
        trust: &[Certificate],
        set: &[u8],
        live: &[Entry],
        taken_back: &[Entry],
    ) {
        let at = |name: &str| self.room.path().join(name);
        fs::write(at("trust.pem"), pem::certificates(trust)).unwrap();
        fs::write(at("crls.pem"), set).unwrap();
        let mut between: Vec<Certificate> = Vec::new();
        let mut files = (Vec::new(), Vec::new());
        for (entries, names) in [(live, &mut files.0), (taken_back, &mut files.1)] {
            for entry in entries {
                let leaf = stored(ca, entry);
                for certificate in self.chains.get(leaf.serial()).into_iter().flatten() {
                    if !between.contains(certificate) {
                        between.push(certificate.clone());
                    }
                }
                let file = at(&format!("{}.pem", leaf.serial()));
                fs::write(&file, pem::certificate(&leaf)).unwrap();
                names.push(file);
            }
        }
        fs::write(at("between.pem"), pem::certificates(&between)).unwrap();
        let judged = |leaves: &[PathBuf]| {
            let mut openssl = Command::new("openssl");
            openssl.args(["verify", "-x509_strict", "-crl_check_all", "-attime", &now.time().unix().to_string()]);
            for (option, file) in [("-CAfile", "trust.pem"), ("-CRLfile", "crls.pem"), ("-untrusted", "between.pem")] {
                if file != "between.pem" || !between.is_empty() {
                    openssl.arg(option).arg(at(file));
                }
            }
            let output = openssl.args(leaves).output().expect("openssl is needed (see tests/packages.txt)");
            (output.status.success(), [output.stdout, output.stderr].concat())
        };
        if !files.0.is_empty() {
            let (accepted, said) = judged(&files.0);
            assert!(accepted, "day {day}: {}", String::from_utf8_lossy(&said));
        }
        for file in &files.1 {
            let (accepted, said) = judged(std::slice::from_ref(file));
            let said = String::from_utf8_lossy(&said);
            assert!(!accepted && said.contains("certificate revoked"), "day {day}: {}: {said}", file.display());
        }
        self.sums.judged += 1;
    }

    /// The same sequence each time.
    fn roll(&mut self, sides: usize) -> usize {
        // Marsaglia's xorshift64.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice >> 33).unwrap() % sides
    }
}

fn act(now: Now) -> Act {
    Act::of_process("two-years", now)
}

fn listed(ca: &Authority, status: Status, now: Now) -> Vec<Entry> {
    let mut found = Vec::new();
    let filter = Filter { status, ..Filter::default() };
    ca.ledger()
        .list::<LedgerError>(&filter, now, |entry| {
            found.push(entry);
            Ok(())
        })
        .unwrap();
    found
}

/// Live leaves: what the authority issued for its own ends is left out.
fn leaves(ca: &Authority, now: Now) -> Vec<Entry> {
    let ends = |entry: &Entry| matches!(entry.profile.as_deref(), Some("server" | "client" | "peer"));
    listed(ca, Status::Valid, now).into_iter().filter(ends).collect()
}

fn revoked(ca: &Authority, now: Now) -> Vec<Entry> {
    let held = |entry: &Entry| {
        entry.state == State::Revoked && entry.validity.is_some_and(|validity| validity.not_after >= now.time())
    };
    listed(ca, Status::Revoked, now).into_iter().filter(held).collect()
}

fn stored(ca: &Authority, entry: &Entry) -> Certificate {
    certificate::read(&ca.ledger().certificate(entry.id).unwrap().unwrap()).unwrap()
}

fn purpose(leaf: &Certificate) -> Purpose {
    let usages = leaf.extensions().extended_key_usage().unwrap();
    if usages.contains(&mtls_ca::x509::usage::ExtendedKeyUsage::SERVER_AUTH) {
        Purpose::Server
    } else {
        Purpose::Client
    }
}
