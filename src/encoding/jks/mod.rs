//! Java's own key store, JKS: what `keytool -storetype JKS` writes and Java before 9 wrote by default.
//!
//! There is no standard. The file is described at the head of `engineStore` in OpenJDK's
//! `sun/security/provider/JavaKeyStore.java`, the sealing of keys in `KeyProtector.java` beside it. Both
//! rest on SHA-1 and on nothing slower, so a password is guessed quickly: PKCS#12 is better wherever it
//! is read, and Java reads it since version 5.

mod protection;
mod read;
mod write;

pub use read::read;
pub use write::write;

use crate::words::x509::fingerprint::sha1;

const WHAT: &str = "JKS store";
const MAGIC: u32 = 0xfeed_feed;
const VERSION: u32 = 2;
const KEY_ENTRY: u32 = 1;
const CERTIFICATE_ENTRY: u32 = 2;
/// The kind of every certificate.
const X509: &str = "X.509";
/// Octets of a SHA-1 digest.
const DIGEST: usize = 20;

/// Whether a file begins as such a store does.
#[must_use]
pub fn is_one(start: &[u8]) -> bool {
    start.starts_with(&MAGIC.to_be_bytes())
}

/// Whether the beginning of a store has a private key in it, or may go on to one.
#[must_use]
pub fn may_hold_key(start: &[u8]) -> bool {
    is_one(start) && read::keys_within(start).is_none_or(|keys| keys > 0)
}

/// A password as Java hashes it: UTF-16, the high octet first.
fn password_octets(password: &str) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(password.encode_utf16().flat_map(u16::to_be_bytes).collect())
}

/// What stands at the end of the file: the digest of password, a fixed text, and all before it
/// (`getPreKeyedHash` in `JavaKeyStore.java`).
fn seal(password: &str, body: &[u8]) -> [u8; DIGEST] {
    sha1(&[&password_octets(password), b"Mighty Aphrodite", body])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::key_store::{OpenError, Wanted, WantedKey};
    use proptest::prelude::*;

    const NOW: i64 = 1_893_456_000;

    fn store() -> Vec<u8> {
        let wanted = Wanted {
            key: Some(WantedKey {
                alias: "Api",
                pkcs8: b"0123456789abcdefghijklmnopqrstuvwxyz",
                chain: vec![b"leaf", b"issuing"],
            }),
            trusted: vec![("root".to_owned(), &b"root certificate"[..])],
        };
        write(&wanted, "changeit", [7; DIGEST], NOW).unwrap().to_vec()
    }

    #[test]
    fn what_is_written_is_read() {
        let contents = read(&store(), "changeit").unwrap();
        let key = &contents.keys[0];
        assert_eq!(key.alias.as_deref(), Some("api"), "Java makes aliases lower case");
        assert_eq!(key.pkcs8.as_slice(), b"0123456789abcdefghijklmnopqrstuvwxyz");
        assert_eq!(key.chain, [b"leaf".to_vec(), b"issuing".to_vec()]);
        let trusted = &contents.certificates[0];
        assert_eq!((trusted.alias.as_deref(), trusted.der.as_slice()), (Some("root"), &b"root certificate"[..]));
    }

    #[test]
    fn another_password_and_a_changed_octet_are_noticed() {
        assert_eq!(read(&store(), "changeIt").unwrap_err(), OpenError::WrongPassword);
        let mut changed = store();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(read(&changed, "changeit").unwrap_err(), OpenError::WrongPassword);
    }

    proptest! {
        #[test]
        fn no_octets_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..200, to: u8) {
            let _any = read(&[&MAGIC.to_be_bytes()[..], &bytes].concat(), "changeit");
            let mut store = store();
            let end = store.len() - DIGEST;
            let at = at % end;
            store[at] = to;
            store.truncate(end);
            let seal = seal("changeit", &store);
            store.extend_from_slice(&seal);
            let _any = read(&store, "changeit");
        }
    }
}
