//! Public keys whose private half is no secret, whoever they were made for and however long they are.

mod close_primes;
mod modulus;
mod multiple;
mod published;
mod small_order;

use std::fmt;

use super::public_key::{PublicKey, PublicKeyAlgorithm};

/// Why anybody can have the private half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// It stands in a document or a test suite that everybody can read: where.
    Published(&'static str),
    /// The modulus has the form that a flawed generator gave its keys (CVE-2017-15361).
    Roca,
    /// A small prime divides the modulus.
    SmallFactor(u32),
    /// The two primes are so close to each other that the square root of the modulus leads to them (CVE-2022-26320).
    ClosePrimes,
    /// The exponent of RSA is 1: whatever is signed is its own signature.
    ExponentOne,
    /// The private key is this number, or the order of the curve less it: small enough to be tried.
    SmallScalar(u32),
    /// The point is of so small an order that signatures for it are made without a private key.
    SmallOrder,
}

impl Weakness {
    /// What is wrong with a key, where something of this kind is.
    #[must_use]
    pub fn of(key: &PublicKey) -> Option<Self> {
        let of_its_form = match key.algorithm() {
            PublicKeyAlgorithm::Ed25519 if small_order::is_small(key.bits()) => Some(Self::SmallOrder),
            PublicKeyAlgorithm::Rsa { exponent, .. } if exponent == &[1] => Some(Self::ExponentOne),
            _ => key.modulus().and_then(modulus::weakness),
        };
        of_its_form
            .or_else(|| key.x_coordinate().and_then(multiple::scalar).map(Self::SmallScalar))
            .or_else(|| published::place_of(key).map(Self::Published))
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(place) => write!(f, "its private key is published: {place}"),
            Self::Roca => {
                f.write_str("its private key can be computed: a flawed generator made it (ROCA, CVE-2017-15361)")
            }
            Self::SmallFactor(2) => f.write_str("its private key can be computed: the RSA modulus is even"),
            Self::SmallFactor(prime) => {
                write!(f, "its private key can be computed: the RSA modulus is divisible by {prime}")
            }
            Self::ClosePrimes => f.write_str(
                "its private key can be computed: the primes of the RSA modulus are close to each other (CVE-2022-26320)",
            ),
            Self::SmallScalar(scalar) => {
                write!(f, "its private key can be guessed: it is {scalar}, or the order of the curve less {scalar}")
            }
            Self::ExponentOne => f.write_str("no private key is needed to sign for it: the RSA exponent is 1"),
            Self::SmallOrder => f.write_str("no private key is needed to sign for it: the point is of small order"),
        }
    }
}
