//! A certificate with its chain and its key, from files: to be presented, and to be looked at.

use std::path::Path;
use std::sync::Arc;

use mtls_ca::encoding::certificate;
use mtls_ca::examine::handshake::Own;
use mtls_ca::examine::remote;
use mtls_ca::keys::{LockedKey, OpenKeyError};
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::public_key::PublicKey;

use crate::context::Context;
use crate::failure::{Exit, Failure};

/// What was read.
pub struct Identity {
    pub chain: Vec<Certificate>,
    pub key: PublicKey,
    /// Ready to be presented.
    pub ready: remote::Identity,
}

impl Identity {
    /// Reads both files. The passphrase of the key is in a file of its own, or asked for.
    pub fn read(cert: &Path, key: &Path, passphrase_file: Option<&Path>, context: &Context) -> Result<Self, Failure> {
        let unreadable = |error: &dyn std::fmt::Display, path: &Path| {
            Failure::new(Exit::Failed, "unreadable", format!("cannot use `{}`", path.display())).cause(error)
        };
        let chain = certificate::read_all(&context.read_input(cert)?).map_err(|error| unreadable(&error, cert))?;
        let locked = |error: OpenKeyError| Failure::locked(key, &error, "--key-passphrase-file FILE");
        let stored = LockedKey::read(&context.read_input(key)?).map_err(locked)?;
        let passphrase = match stored.is_encrypted() {
            true => context.passphrase_from(passphrase_file, &format!("`{}`", key.display()))?,
            false => None,
        };
        let opened = stored.open(passphrase.as_ref()).map_err(locked)?;
        let pkcs8 = opened.to_pkcs8().map_err(|error| unreadable(&error, key))?;
        let ready = chain.iter().map(|certificate| certificate.der().to_vec()).collect();
        Ok(Self {
            key: opened.public_key().clone(),
            ready: remote::Identity { chain: ready, key: Arc::new(pkcs8) },
            chain,
        })
    }

    pub fn own(&self) -> Own<'_> {
        Own { chain: &self.chain, key: &self.key }
    }
}
