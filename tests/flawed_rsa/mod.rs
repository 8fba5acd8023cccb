//! RSA keys as flawed generators made them, and a request that such a key signs.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::ops::Rem;
use std::process::Command;

use num_bigint::BigUint;

use crate::forge::{self, integer, tlv};
use crate::session::Session;

/// A request, made by openssl with such a key.
pub fn request(session: &Session, key: &[u8]) -> Vec<u8> {
    fs::write(session.path().join("flawed.der"), key).unwrap();
    let line = "openssl req -new -key flawed.der -keyform DER -subj /CN=a -addext subjectAltName=DNS:api.internal -out flawed.csr";
    let made = session.command("bash", &["-c", line]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::read(session.path().join("flawed.csr")).unwrap()
}

/// The generator of CVE-2017-15361 (ROCA).
pub fn roca() -> Vec<u8> {
    private_key(&roca_prime(3), &roca_prime(1_000_003))
}

/// The generators of CVE-2022-26320, which took the next prime for the second one.
pub fn close_primes() -> Vec<u8> {
    let made = Command::new("openssl").args(["prime", "-generate", "-bits", "1024", "-hex"]).output().unwrap();
    let first = BigUint::parse_bytes(String::from_utf8(made.stdout).unwrap().trim().as_bytes(), 16).unwrap();
    let has_small_factor = |n: &BigUint| (3_u32..1_000).step_by(2).any(|divisor| n % divisor == BigUint::ZERO);
    let after = (1_u32..).map(|step| &first + 2 * step);
    let second = after.filter(|n| !has_small_factor(n)).find(is_prime).unwrap();
    private_key(&second, &first)
}

/// An RSAPrivateKey of 2048 bits (RFC 8017 appendix A.1.2).
fn private_key(p: &BigUint, q: &BigUint) -> Vec<u8> {
    let one = || BigUint::from(1_u32);
    let exponent = BigUint::from(65_537_u32);
    let (p1, q1) = (p - one(), q - one());
    let d = exponent.modinv(&(&p1 * &q1)).unwrap();
    let numbers = [p * q, exponent, d.clone(), p.clone(), q.clone(), (&d).rem(&p1), d.rem(&q1), q.modinv(p).unwrap()];
    let numbers = numbers.iter().flat_map(|number| integer(&number.to_bytes_be()));
    tlv(forge::SEQUENCE, &integer(&[0]).into_iter().chain(numbers).collect::<Vec<u8>>())
}

/// A prime `k · M + (65537^a mod M)` of 1024 bits, where `M` is the product of the first 126 primes, as for
/// keys of 2048 bits (Nemec et al., The Return of Coppersmith's Attack, table 1).
fn roca_prime(a: u32) -> BigUint {
    let is_small_prime = |n: &u32| (2..*n).all(|divisor| !n.is_multiple_of(divisor));
    let product: BigUint = (2_u32..).filter(is_small_prime).take(126).map(BigUint::from).product();
    let power = BigUint::from(65_537_u32).modpow(&BigUint::from(a), &product);
    // So that the two highest bits are set.
    let first = (BigUint::from(3_u32) << 1022) / &product + BigUint::from(a);
    let mut candidates = (1_u32..).map(|step| (&first + step) * &product + &power);
    candidates.find(is_prime).unwrap()
}

fn is_prime(n: &BigUint) -> bool {
    BigUint::from(2_u32).modpow(&(n - 1_u32), n) == BigUint::from(1_u32)
}
