//! Signature algorithms as people write them.

use crate::words::x509::oid;
use crate::words::x509::signature::{PssHash, SignatureIdentifier};

/// `ECDSA with SHA-256`, `RSA-PSS with SHA-384`, or the identifier's own name.
#[must_use]
pub fn in_words(identifier: &SignatureIdentifier) -> String {
    let words = match &identifier.oid {
        found if *found == oid::ECDSA_WITH_SHA1 => "ECDSA with SHA-1",
        found if *found == oid::ECDSA_WITH_SHA224 => "ECDSA with SHA-224",
        found if *found == oid::ECDSA_WITH_SHA256 => "ECDSA with SHA-256",
        found if *found == oid::ECDSA_WITH_SHA384 => "ECDSA with SHA-384",
        found if *found == oid::ECDSA_WITH_SHA512 => "ECDSA with SHA-512",
        found if *found == oid::MD5_WITH_RSA => "RSA with MD5",
        found if *found == oid::SHA1_WITH_RSA => "RSA with SHA-1",
        found if *found == oid::SHA224_WITH_RSA => "RSA with SHA-224",
        found if *found == oid::SHA256_WITH_RSA => "RSA with SHA-256",
        found if *found == oid::SHA384_WITH_RSA => "RSA with SHA-384",
        found if *found == oid::SHA512_WITH_RSA => "RSA with SHA-512",
        found if *found == oid::RSA_PSS => match identifier.pss_hash {
            Some(PssHash::Sha256) => "RSA-PSS with SHA-256",
            Some(PssHash::Sha384) => "RSA-PSS with SHA-384",
            Some(PssHash::Sha512) => "RSA-PSS with SHA-512",
            None => "RSA-PSS with unusual parameters",
        },
        _ => return identifier.name(),
    };
    words.to_owned()
}
