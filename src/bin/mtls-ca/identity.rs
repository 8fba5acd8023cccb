//! A certificate with its chain and its key, from files: to be presented, and to be looked at.

use std::path::Path;
use std::sync::Arc;

use mtls_ca::examine::container::store_kind;
use mtls_ca::examine::handshake::Own;
use mtls_ca::examine::remote;
use mtls_ca::keys::{LockedKey, OpenKeyError, PrivateKey};
use mtls_ca::words::typed::typed_path;
use mtls_ca::x509::certificate::Certificate;
use mtls_ca::x509::public_key::PublicKey;

use crate::container;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// How the passphrase of a key or a store is given.
const WAYS: &str = "--key-passphrase-file FILE";

/// What was read.
pub struct Identity {
    pub chain: Vec<Certificate>,
    pub key: PublicKey,
    /// Ready to be presented.
    pub ready: remote::Identity,
}

impl Identity {
    /// Reads both files, which may be one PKCS#12 or Java key store. The passphrase of the key or the store is in a
    /// file of its own, or asked for.
    pub fn read(cert: &Path, key: &Path, passphrase_file: Option<&Path>, context: &Context) -> Result<Self, Failure> {
        let (cert_bytes, key_bytes) = (context.read_input(cert)?, context.read_input(key)?);
        let chain = container::opened(cert, &cert_bytes, passphrase_file, WAYS, context)?.certificates;
        let key = match store_kind(&key_bytes) {
            Some(_) => container::opened(key, &key_bytes, passphrase_file, WAYS, context)?.key.ok_or_else(|| {
                Failure::new(Exit::Failed, "no_key", format!("there is no private key in `{}`", key.display()))
                    .hint(format!("mtls-ca inspect {} --passphrase-file FILE", typed_path(key)))
            })?,
            None => Self::unlocked(key, &key_bytes, passphrase_file, context)?,
        };
        let unreadable = |error| Failure::new(Exit::Failed, "unreadable", "cannot use the private key").cause(error);
        let pkcs8 = key.to_pkcs8().map_err(unreadable)?;
        let ready = chain.iter().map(|certificate| certificate.der().to_vec()).collect();
        Ok(Self {
            key: key.public_key().clone(),
            ready: remote::Identity { chain: ready, key: Arc::new(pkcs8) },
            chain,
        })
    }

    /// A key in a file of its own.
    fn unlocked(
        file: &Path,
        bytes: &[u8],
        passphrase_file: Option<&Path>,
        context: &Context,
    ) -> Result<PrivateKey, Failure> {
        let locked = |error: OpenKeyError| Failure::locked(file, &error, WAYS);
        let stored = LockedKey::read(bytes).map_err(locked)?;
        let passphrase = match stored.is_encrypted() {
            true => context.passphrase_from(passphrase_file, &format!("`{}`", file.display()))?,
            false => None,
        };
        stored.open(passphrase.as_ref()).map_err(locked)
    }

    pub fn own(&self) -> Own<'_> {
        Own { chain: &self.chain, key: &self.key }
    }
}
