//! The certificate that we present, with the public half of the key beside it.

use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKey;

/// What one side presents.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// The certificate, then its chain.
    pub chain: &'a [Certificate],
    /// The public half of the key.
    pub key: &'a PublicKey,
}
