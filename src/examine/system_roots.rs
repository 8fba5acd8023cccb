//! The roots that the operating system trusts, for whoever asks for them by name.

use crate::encoding::certificate;
use crate::words::x509::certificate::Certificate;

/// Every root of the system's store that can be read; those that cannot are nobody's anchor.
#[must_use]
pub fn load() -> Vec<Certificate> {
    let found = rustls_native_certs::load_native_certs();
    found.certs.iter().filter_map(|der| certificate::read(der).ok()).collect()
}
