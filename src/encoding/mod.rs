//! The border between bytes and words: the only code that names an ASN.1, PEM or key-container
//! crate. Reading is lenient and keeps exact bytes; what we write is read back strictly.

use thiserror::Error;

pub mod certificate;
mod der_tree;
pub mod encrypted_data;
mod extension;
mod general_name;
pub mod jks;
pub mod key_parts;
pub mod key_store;
pub mod ldap;
pub mod name;
pub mod ocsp;
pub mod oid;
pub mod pem;
pub mod pkcs12;
pub mod pkcs7;
pub mod policy_information;
pub mod private_key;
pub(crate) mod public_key;
pub mod recognition;
pub mod request;
pub mod revocation;

/// Bytes that are not what they were read as.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a readable {what}: {reason}")]
pub struct ReadError {
    /// `certificate`, `certification request`, `CRL`, `private key`, …
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl ReadError {
    pub(crate) fn new(what: &'static str, reason: impl ToString) -> Self {
        Self { what, reason: reason.to_string() }
    }
}

/// A value that cannot be written as DER. Words keep most of these out; what is left is length.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot encode {what}: {reason}")]
pub struct WriteError {
    /// What was to be written.
    pub what: &'static str,
    /// Why it cannot be.
    pub reason: String,
}

impl WriteError {
    pub(crate) fn new(what: &'static str, reason: impl ToString) -> Self {
        Self { what, reason: reason.to_string() }
    }
}

/// Reads the DER of a SubjectPublicKeyInfo.
///
/// # Errors
/// Where it is not the structure of RFC 5280 section 4.1.2.7.
pub fn public_key_from_spki(spki: &[u8]) -> Result<crate::words::x509::public_key::PublicKey, ReadError> {
    public_key::read(spki)
}
