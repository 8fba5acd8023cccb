//! Public keys whose private half is no secret, whoever they were made for and however long they are.

mod modulus;
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
    /// The point is of so small an order that signatures for it are made without a private key.
    SmallOrder,
}

impl Weakness {
    /// What is wrong with a key, where something of this kind is.
    #[must_use]
    pub fn of(key: &PublicKey) -> Option<Self> {
        let of_its_form = match key.algorithm() {
            PublicKeyAlgorithm::Rsa { modulus, .. } => modulus::weakness(modulus),
            PublicKeyAlgorithm::Ed25519 if small_order::is_small(key.bits()) => Some(Self::SmallOrder),
            _ => None,
        };
        of_its_form.or_else(|| published::place_of(key.fingerprint()).map(Self::Published))
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
            Self::SmallOrder => f.write_str("no private key is needed to sign for it: the point is of small order"),
        }
    }
}
