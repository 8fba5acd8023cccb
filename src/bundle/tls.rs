//! Certificates and keys as rustls takes them, and whatever is built on it.

use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::keys::{KeyError, PrivateKey};
use crate::words::x509::certificate::Certificate;

/// Certificates, in this order.
#[must_use]
pub fn certificates<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<CertificateDer<'static>> {
    certificates.into_iter().map(|certificate| certificate.der().to_vec().into()).collect()
}

/// A private key.
///
/// # Errors
/// Where the backend does not give it out.
pub fn key(key: &PrivateKey) -> Result<PrivateKeyDer<'static>, KeyError> {
    Ok(PrivatePkcs8KeyDer::from(key.to_pkcs8()?.to_vec()).into())
}
