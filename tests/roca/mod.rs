//! An RSA key as the flawed generator of CVE-2017-15361 made them, and a request that it signs.

use std::fs;
use std::ops::Rem;

use num_bigint::BigUint;

use crate::forge::{self, integer, tlv};
use crate::session::Session;

/// A request, made by openssl with such a key.
pub fn request(session: &Session) -> Vec<u8> {
    fs::write(session.path().join("roca.der"), private_key()).unwrap();
    let line =
        "openssl req -new -key roca.der -keyform DER -subj /CN=a -addext subjectAltName=DNS:api.internal -out roca.csr";
    let made = session.command("bash", &["-c", line]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::read(session.path().join("roca.csr")).unwrap()
}

/// An RSAPrivateKey of 2048 bits (RFC 8017 appendix A.1.2).
fn private_key() -> Vec<u8> {
    let one = || BigUint::from(1_u32);
    let exponent = BigUint::from(65_537_u32);
    let (p, q) = (prime(3), prime(1_000_003));
    let (p1, q1) = (&p - one(), &q - one());
    let d = exponent.modinv(&(&p1 * &q1)).unwrap();
    let numbers =
        [&p * &q, exponent, d.clone(), p.clone(), q.clone(), (&d).rem(&p1), d.rem(&q1), q.modinv(&p).unwrap()];
    let numbers = numbers.iter().flat_map(|number| integer(&number.to_bytes_be()));
    tlv(forge::SEQUENCE, &integer(&[0]).into_iter().chain(numbers).collect::<Vec<u8>>())
}

/// A prime `k · M + (65537^a mod M)` of 1024 bits, where `M` is the product of the first 126 primes, as for
/// keys of 2048 bits (Nemec et al., The Return of Coppersmith's Attack, table 1).
fn prime(a: u32) -> BigUint {
    let is_prime = |n: &u32| (2..*n).all(|divisor| !n.is_multiple_of(divisor));
    let product: BigUint = (2_u32..).filter(is_prime).take(126).map(BigUint::from).product();
    let power = BigUint::from(65_537_u32).modpow(&BigUint::from(a), &product);
    // So that the two highest bits are set.
    let first = (BigUint::from(3_u32) << 1022) / &product + BigUint::from(a);
    let candidates = (1_u32..).map(|step| (&first + step) * &product + &power);
    let two = BigUint::from(2_u32);
    let mut primes = candidates.filter(|n| two.modpow(&(n - 1_u32), n) == BigUint::from(1_u32));
    primes.next().unwrap()
}
