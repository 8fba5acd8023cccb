//! The certificates and the key of a file, whatever it is: PEM, DER, PKCS#7, PKCS#12 or JKS.

use thiserror::Error;
use zeroize::Zeroizing;

use crate::encoding::certificate;
use crate::encoding::key_store::{self, Contents, KeyEntry, OpenError, StoreKind};
use crate::encoding::private_key::KeyForm;
use crate::encoding::{ReadError, pem};
use crate::keys::{Passphrase, PrivateKey};
use crate::words::x509::certificate::Certificate;

/// What was in a file.
#[derive(Debug)]
pub struct Contained {
    /// Its certificates. Those of a store begin with the one that has a key.
    pub certificates: Vec<Certificate>,
    /// The key of a store that holds one.
    pub key: Option<PrivateKey>,
    /// Under what name that key stands.
    pub alias: Option<String>,
}

/// Why a file's certificates are not to be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContainerError {
    /// It is not readable.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is a store, and no password was given.
    #[error("it is a {0} store, which only its password opens")]
    PasswordMissing(StoreKind),
    /// It is a store of another password.
    #[error("the password does not open it, or the file was changed")]
    WrongPassword,
    /// It is a store with several keys, each of which has certificates of its own.
    #[error("it holds {0} private keys; one is wanted")]
    SeveralKeys(usize),
}

/// Whether these bytes are a store, for which a password is needed.
#[must_use]
pub fn store_kind(bytes: &[u8]) -> Option<StoreKind> {
    if pem::is_pem(bytes) { None } else { key_store::kind(bytes) }
}

/// Takes a file apart.
///
/// # Errors
/// Why that is not possible.
pub fn open(bytes: &[u8], password: Option<&Passphrase>) -> Result<Contained, ContainerError> {
    let Some(kind) = store_kind(bytes) else {
        return Ok(Contained { certificates: certificate::read_all(bytes)?, key: None, alias: None });
    };
    let password = password.ok_or(ContainerError::PasswordMissing(kind))?;
    let contents = key_store::open(bytes, password.expose()).map_err(|error| match error {
        OpenError::WrongPassword => ContainerError::WrongPassword,
        OpenError::Unreadable(error) => ContainerError::Read(error),
    })?;
    let Contents { mut keys, certificates } = contents;
    if keys.len() > 1 {
        return Err(ContainerError::SeveralKeys(keys.len()));
    }
    let entry = keys.pop();
    let (key, chain, alias) = match entry {
        Some(KeyEntry { alias, pkcs8, chain }) => (key_of(&pkcs8)?, chain, alias),
        None => (None, Vec::new(), None),
    };
    let ders = chain.into_iter().chain(certificates.into_iter().map(|entry| entry.der));
    let certificates: Vec<Certificate> = ders.map(|der| certificate::read(&der)).collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        return Err(ReadError { what: "certificate", reason: format!("the {kind} store has none") }.into());
    }
    Ok(Contained { certificates, key, alias })
}

fn key_of(pkcs8: &Zeroizing<Vec<u8>>) -> Result<Option<PrivateKey>, ReadError> {
    let unreadable = |error: crate::keys::KeyError| ReadError { what: "private key", reason: error.to_string() };
    PrivateKey::from_der(KeyForm::Pkcs8, pkcs8).map(Some).map_err(unreadable)
}
