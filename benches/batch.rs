//! How many certificates a second a batch makes, beside the bare cryptography of the same backend on
//! the same cores in the same run.
//!
//! ```text
//! cargo bench --bench batch -- [CERTIFICATES] [ecdsa-p256|ed25519|rsa-2048]...
//! ```
//!
//! `benches/batch.sh` calls it as well to make requests in files (`write FOLDER CERTIFICATES`), and as the
//! bare program that a batch is compared with (`bare FOLDER ALGORITHM`): it reads each request, verifies
//! it, signs bytes of a certificate's length, writes a file and a line of a ledger, and syncs the ledger
//! for every hundred. It has no rules, reads nothing back, and checks no signature of its own.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use mtls_ca::authority::batch::{Ask, Errand, Repeat, Wish};
use mtls_ca::authority::{Access, Desk, NewCa, init};
use mtls_ca::bundle::pem;
use mtls_ca::encoding::request;
use mtls_ca::enroll::csr;
use mtls_ca::keys::PrivateKey;
use mtls_ca::profile::ProfileName;
use mtls_ca::x509::algorithm::KeyAlgorithm;
use mtls_ca::x509::signature;
use mtls_ca::{Act, Authority, AuthorityError, Now, Order};

/// Requests in memory; a row is the number of one.
struct Requests(Vec<Vec<u8>>);

impl Errand for Requests {
    type Row = usize;
    type Error = AuthorityError;

    fn ask(&self, row: &usize, _: &Desk<'_>) -> Result<Ask<AuthorityError>, AuthorityError> {
        let wish = Wish {
            request: request::read(&self.0[*row]).unwrap(),
            order: Order::default(),
            profile: ProfileName::SERVER,
            repeat: Repeat::Resume,
        };
        Ok(Ask::Certify(Box::new(wish)))
    }
}

fn now() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
    Instant::now()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Of each of `count` pieces of work, done on all cores.
fn on_all_cores(count: usize, work: impl Fn(usize) + Sync) -> Duration {
    let start = now();
    thread::scope(|scope| {
        for core in 0..cores() {
            let work = &work;
            scope.spawn(move || (core..count).step_by(cores()).for_each(work));
        }
    });
    start.elapsed()
}

fn requests(count: usize) -> Requests {
    let made = Mutex::new(Vec::new());
    on_all_cores(count, |n| {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let wishes = csr::Wishes::named(&format!("svc-{n}.internal"), None, Vec::new()).unwrap();
        let der = csr::request(&key, &wishes).unwrap().der().to_vec();
        made.lock().unwrap().push(der);
    });
    Requests(made.into_inner().unwrap())
}

fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name: state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime.
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    // In hundredths of a second.
    Duration::from_millis(fields.map(|field| field.parse::<u64>().unwrap() * 10).sum())
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let count = words.iter().find_map(|word| word.parse().ok()).unwrap_or(20_000);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder, _] => return write(Path::new(folder), &requests(count)),
        ["bare", folder, algorithm] => return bare(Path::new(folder), algorithm),
        _ => {}
    }
    let act = Act::of_process("bench", Now::from_system());
    let made = requests(count);
    for algorithm in ["ecdsa-p256", "ed25519", "rsa-2048"] {
        if words.iter().any(|word| word.parse::<usize>().is_err()) && !words.iter().any(|word| word == algorithm) {
            continue;
        }
        let folder = tempfile::tempdir_in(".").unwrap();
        measure(&folder.path().join("ca"), algorithm, &made, &act);
    }
}

fn write(folder: &Path, made: &Requests) {
    std::fs::create_dir_all(folder).unwrap();
    for (n, der) in made.0.iter().enumerate() {
        let text = pem::request(&request::read(der).unwrap());
        std::fs::write(folder.join(format!("svc-{n:07}.csr")), text).unwrap();
    }
}

fn bare(folder: &Path, algorithm: &str) {
    let key = PrivateKey::generate(algorithm.parse().unwrap()).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "csr"));
    let ledger = Mutex::new((File::create(folder.join("ledger.txt")).unwrap(), 0_u32));
    on_all_cores(files.len(), |n| {
        let request = request::read_one(&std::fs::read(&files[n]).unwrap()).unwrap();
        request.verify_signature().unwrap();
        let bytes = [request.der(), &[0; 150]].concat();
        let signature = key.sign(&bytes).unwrap();
        let text = BASE64.encode(&[bytes, signature].concat());
        std::fs::write(files[n].with_extension("bare"), &text).unwrap();
        let mut ledger = ledger.lock().unwrap();
        writeln!(ledger.0, "{n} {}", files[n].display()).unwrap();
        ledger.1 += 1;
        if ledger.1.is_multiple_of(100) {
            ledger.0.sync_data().unwrap();
        }
    });
    ledger.into_inner().unwrap().0.sync_data().unwrap();
}

fn measure(directory: &Path, algorithm: &str, made: &Requests, act: &Act) {
    let count = made.0.len();
    let key_algorithm = algorithm.parse().unwrap();
    init(directory, &NewCa { key_algorithm, ..NewCa::plain() }, act).unwrap();
    let mut ca = Authority::open(directory, Access::Sign, Duration::from_secs(5)).unwrap();
    let signer = ca.unlock(None).unwrap();
    let key = PrivateKey::generate(key_algorithm).unwrap();
    let sample = ca.sign(request::read(&made.0[0]).unwrap(), &Order::default(), &ProfileName::SERVER, &signer, act);
    let bytes = sample.unwrap().certificate().to_be_signed().to_vec();
    let read: Vec<_> = made.0.iter().map(|der| request::read(der).unwrap()).collect();
    let own = key.sign(&bytes).unwrap();
    let identifier = ca.certificate().signature_algorithm().clone();
    let checked = on_all_cores(count, |_| {
        signature::verify(&identifier, key.public_key(), &bytes, &own).unwrap();
    });
    let before = cpu();
    let raw = on_all_cores(count, |n| {
        read[n].verify_signature().unwrap();
        black_box(key.sign(black_box(&bytes)).unwrap());
    });
    let raw_cpu = cpu() - before;
    drop(read);
    let (mut failed, start, before) = (0, now(), cpu());
    let ran = ca
        .issue_all(0..count, made, &signer, act, &AtomicBool::new(false), |outcome| {
            failed += u64::from(outcome.result.is_err());
        })
        .unwrap();
    let (batch, batch_cpu) = (start.elapsed(), cpu() - before);
    assert_eq!((ran.told, failed), (count as u64, 0));
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let each = |time: Duration| time.as_secs_f64() * 1_000_000.0 / count as f64;
    println!(
        "{algorithm:12} raw {:8.0}/s ({:5.1} us cpu)   batch {:8.0}/s ({:5.1} us cpu)   share {:.2} (cpu {:.2}; {:.2} of what also checks its own signature)",
        rate(raw),
        each(raw_cpu),
        rate(batch),
        each(batch_cpu),
        raw.as_secs_f64() / batch.as_secs_f64(),
        raw_cpu.as_secs_f64() / batch_cpu.as_secs_f64(),
        (raw + checked).as_secs_f64() / batch.as_secs_f64(),
    );
}
