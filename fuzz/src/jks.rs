//! A Java key store: `inspect` with and without its password, and every command that takes certificates.

use mtls_ca::encoding::jks;
use mtls_ca::x509::fingerprint::IdDigest;

use crate::store;

/// Octets of the digest at the end.
const DIGEST: usize = 20;

/// Does what the commands do with a store.
pub fn look(input: &[u8]) {
    let _may = jks::may_hold_key(input);
    store::closed(input);
    // Nobody guesses a digest: what stands before it, with the one that belongs to it.
    let body = input.get(..input.len().saturating_sub(DIGEST)).unwrap_or_default();
    for password in ["changeit", "1234"] {
        store::opened(&[body, &seal(password, body)].concat(), password);
    }
}

/// `getPreKeyedHash` in OpenJDK's `JavaKeyStore.java`.
fn seal(password: &str, body: &[u8]) -> Vec<u8> {
    let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
    IdDigest::Sha1.of(&[&password, b"Mighty Aphrodite".as_slice(), body].concat())
}
