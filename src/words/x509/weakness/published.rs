//! Keys that stand in documents and test suites, and end up in use by copying.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::public_key::PublicKey;

/// RSA keys by their moduli, for a key with another exponent or of another kind by its name is as well known;
/// the others as they are written down.
const MODULI: &str = include_str!("published-rsa.txt");
const OTHERS: &str = include_str!("published.txt");

/// Places by digests as they are written, in lower-case hexadecimal: a process that looks up one key reads no digit
/// of the others.
type Places = HashMap<&'static str, &'static str>;

static OF_MODULI: LazyLock<Places> = LazyLock::new(|| rows(MODULI).flatten().collect());
static OF_OTHERS: LazyLock<Places> = LazyLock::new(|| rows(OTHERS).flatten().collect());

/// Where the private half of this key is published.
pub(super) fn place_of(key: &PublicKey) -> Option<&'static str> {
    match key.modulus() {
        Some(modulus) => of(&OF_MODULI, &Fingerprint::of(modulus)),
        None => of(&OF_OTHERS, &key.fingerprint()),
    }
}

fn of(places: &Places, digest: &Fingerprint) -> Option<&'static str> {
    places.get(digest.to_string().as_str()).copied()
}

/// The rows of a list; none for a row that is not in order.
fn rows(list: &'static str) -> impl Iterator<Item = Option<(&'static str, &'static str)>> {
    list.lines().filter(|line| !line.starts_with('#')).map(|row| row.split_once("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reads a long table")]
    fn every_row_is_in_order_and_stands_once() {
        for (list, places) in [(MODULI, &OF_MODULI), (OTHERS, &OF_OTHERS)] {
            let is_digest = |text: &str| text.parse::<Fingerprint>().is_ok_and(|digest| digest.to_string() == text);
            assert!(rows(list).all(|row| row.is_some_and(|(digest, place)| is_digest(digest) && !place.is_empty())));
            assert_eq!(places.len(), rows(list).count());
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks AWS-LC, which is no Rust")]
    fn the_keys_of_documents_are_listed() {
        // `openssl pkey -pubin -outform DER | sha256sum` of the public keys as the documents print them.
        for (digest, place) in [
            ("b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", "RFC 9500"),
            ("a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", "RFC 8410"),
        ] {
            let found = OF_OTHERS.get(digest);
            assert!(found.is_some_and(|found| found.starts_with(place)), "{digest}: {found:?}");
        }
        // `openssl rsa -pubin -noout -modulus | cut -d= -f2 | xxd -r -p | sha256sum`.
        let modulus = "cfd9828d5c4be180a7f4eb8b33725769db37cf9d3e7e71e3522158c39b34537c";
        assert_eq!(OF_MODULI.get(modulus), Some(&"RFC 7517 appendix A.2"));
        assert_eq!(of(&OF_OTHERS, &Fingerprint::of(b"")), None);
    }
}
