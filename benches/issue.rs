//! What a certificate costs in process, beside the bare cryptography that it cannot do without.
//!
//! ```text
//! cargo bench --bench issue
//! ```
//!
//! `sign` is everything from a request that was read to a certificate that the ledger (in memory)
//! knows: proof of possession, policy, encoding, reading back, lint, reservation, signature, check of
//! the signature, completion. `plan` is its first half, up to the reservation. Beside them stand
//! `raw`, the one verification and the one signature that any CA has to make, over the same bytes and
//! with the same backend, and `raw_checked`, which verifies its own signature as we do.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mtls_ca::authority::NewCa;
use mtls_ca::encoding::{certificate, request};
use mtls_ca::enroll::csr;
use mtls_ca::keys::{PrivateKey, random};
use mtls_ca::ledger::{History, KnownName, Ledger, NewIssuer, Reservation};
use mtls_ca::profile::ProfileName;
use mtls_ca::store::layout::IssuerNumber;
use mtls_ca::x509::algorithm::{KeyAlgorithm, RsaBits};
use mtls_ca::x509::fingerprint::Fingerprint;
use mtls_ca::x509::request::Request;
use mtls_ca::x509::validity::Validity;
use mtls_ca::{Act, Authority, Now, Order};

const CA_KEYS: [(&str, KeyAlgorithm); 4] = [
    ("ecdsa-p256", KeyAlgorithm::EcdsaP256),
    ("ecdsa-p384", KeyAlgorithm::EcdsaP384),
    ("ed25519", KeyAlgorithm::Ed25519),
    ("rsa-2048", KeyAlgorithm::Rsa(RsaBits::B2048)),
];

/// A P-256 request with a name, as most are.
fn a_request() -> Request {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    csr::request(&key, &csr::Wishes::named("api.internal", None, Vec::new()).unwrap()).unwrap()
}

fn signing(criterion: &mut Criterion) {
    let figures = Figures::default();
    for (name, algorithm) in CA_KEYS {
        let act = Act::of_process("bench", Now::from_system());
        let mut ca = Authority::ephemeral_as(&NewCa { key_algorithm: algorithm, ..NewCa::plain() }, act.now).unwrap();
        let signer = ca.unlock(None).unwrap();
        let (request, order, profile) = (a_request(), Order::default(), ProfileName::SERVER);
        let key = PrivateKey::generate(algorithm).unwrap();
        let certificate = ca.sign(request.clone(), &order, &profile, &signer, &act).unwrap().into_certificate();
        let bytes = certificate.to_be_signed();
        let issuer = ca.certificate().public_key().clone();

        let mut group = criterion.benchmark_group(name);
        let raw = || {
            request.verify_signature().unwrap();
            key.sign(black_box(bytes)).unwrap()
        };
        figures.measure(&mut group, name, "raw", raw);
        figures.measure(&mut group, name, "raw_checked", || {
            certificate.verify_signature(&issuer).unwrap();
            raw()
        });
        figures.measure(&mut group, name, "plan", || ca.plan(request.clone(), &order, &profile, act.now).unwrap());
        figures
            .measure(&mut group, name, "sign", || ca.sign(request.clone(), &order, &profile, &signer, &act).unwrap());
        group.finish();
    }
    figures.print();
}

fn reading(criterion: &mut Criterion) {
    let act = Act::of_process("bench", Now::from_system());
    let mut ca = Authority::ephemeral(act.now).unwrap();
    let signer = ca.unlock(None).unwrap();
    let asked = a_request();
    let issued = ca.sign(asked.clone(), &Order::default(), &ProfileName::SERVER, &signer, &act).unwrap();
    let mut group = criterion.benchmark_group("read");
    group.bench_function("certificate", |b| b.iter(|| certificate::read(black_box(issued.certificate().der()))));
    group.bench_function("request", |b| b.iter(|| request::read(black_box(asked.der()))));
    group.finish();
}

/// Reserve and complete: two commits, to a file durable ones, in memory only the work beside.
fn ledger(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let act = Act::of_process("bench", Now::from_system());
    let file = Ledger::create(&folder.path().join("ledger.sqlite"), Duration::ZERO, act.now).unwrap();
    for (name, mut ledger) in [("in_memory", Ledger::in_memory(act.now).unwrap()), ("durable", file)] {
        let issuer = NewIssuer {
            subject: "CN=ca",
            public_key: Fingerprint::of(b"key"),
            certificate: b"ca",
            history: History::Whole,
            last_crl_number: None,
        };
        ledger.add_issuer(&issuer, &act).unwrap();
        let mut group = criterion.benchmark_group("ledger");
        group.bench_function(name, |b| b.iter(|| reserve_and_complete(&mut ledger, &act)));
        group.finish();
    }
}

fn reserve_and_complete(ledger: &mut Ledger, act: &Act) {
    let serial = random::serial().unwrap();
    let names = ["cn", "dns"].map(|kind| KnownName { kind: kind.to_owned(), value: "api.internal".to_owned() });
    let reservation = Reservation {
        issuer: IssuerNumber::FIRST,
        serial: &serial,
        to_be_signed: &[7; 450],
        request: Some(&[8; 300]),
        profile: "server",
        requester: "user@host",
        validity: Validity { not_before: act.now.time(), not_after: act.now.time().plus_seconds(90 * 86_400) },
        subject: "CN=api.internal",
        public_key: Fingerprint::of(serial.octets()),
        names: &names,
        replaces: None,
        asked: Fingerprint::of(b"request"),
        rules: Fingerprint::of(b"profile"),
    };
    let row = ledger.reserve(&reservation, act).unwrap();
    ledger.complete(row, &[9; 530], act).unwrap();
}

/// What each measurement took and how often it was done, kept beside criterion's own report for the ratios.
#[derive(Default)]
struct Figures(RefCell<BTreeMap<Measured, (Duration, u64)>>);

/// The kind of the key, and what is done.
type Measured = (&'static str, &'static str);

impl Figures {
    fn measure<T>(
        &self,
        group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
        key: &'static str,
        what: &'static str,
        mut work: impl FnMut() -> T,
    ) {
        group.bench_function(what, |b| {
            b.iter_custom(|times| {
                #[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
                let start = Instant::now();
                for _ in 0..times {
                    black_box(work());
                }
                let taken = start.elapsed();
                let mut figures = self.0.borrow_mut();
                let (time, count) = figures.entry((key, what)).or_default();
                *time += taken;
                *count += times;
                taken
            });
        });
    }

    fn mean(&self, key: &'static str, what: &'static str) -> f64 {
        let figures = self.0.borrow();
        figures.get(&(key, what)).map_or(f64::NAN, |(time, count)| time.as_secs_f64() * 1e6 / *count as f64)
    }

    fn print(&self) {
        println!("\nmeans in µs, each of all that was done; ratio is sign : raw");
        println!("{:12} {:>8} {:>12} {:>8} {:>8} {:>7}", "CA key", "raw", "raw_checked", "plan", "sign", "ratio");
        for (key, _) in CA_KEYS {
            let [raw, checked, plan, sign] = ["raw", "raw_checked", "plan", "sign"].map(|what| self.mean(key, what));
            println!("{key:12} {raw:8.1} {checked:12.1} {plan:8.1} {sign:8.1} {:7.2}", sign / raw);
        }
        println!();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = signing, reading, ledger
}
criterion_main!(benches);
