//! Keys that stand in documents and test suites, and end up in use by copying.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::public_key::PublicKey;

/// RSA keys by their moduli, for a key with another exponent or of another kind by its name is as well known;
/// the others as they are written down.
const MODULI: &str = include_str!("published-rsa.txt");
const OTHERS: &str = include_str!("published.txt");

type Places = HashMap<Fingerprint, &'static str>;

static OF_MODULI: LazyLock<Places> = LazyLock::new(|| rows(MODULI).flatten().collect());
static OF_OTHERS: LazyLock<Places> = LazyLock::new(|| rows(OTHERS).flatten().collect());

/// Where the private half of this key is published.
pub(super) fn place_of(key: &PublicKey) -> Option<&'static str> {
    match key.modulus() {
        Some(modulus) => OF_MODULI.get(&Fingerprint::of(modulus)).copied(),
        None => OF_OTHERS.get(&key.fingerprint()).copied(),
    }
}

/// The rows of a list; none for a row that is not in order.
fn rows(list: &'static str) -> impl Iterator<Item = Option<(Fingerprint, &'static str)>> {
    let rows = list.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split_once("  ").and_then(|(digest, place)| Some((digest.parse().ok()?, place))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_order_and_stands_once() {
        for (list, places) in [(MODULI, &OF_MODULI), (OTHERS, &OF_OTHERS)] {
            assert!(rows(list).all(|row| row.is_some_and(|(_, place)| !place.trim().is_empty())));
            assert_eq!(places.len(), rows(list).count());
        }
    }

    #[test]
    fn the_keys_of_documents_are_listed() {
        // `openssl pkey -pubin -outform DER | sha256sum` of the public keys as the documents print them.
        for (digest, place) in [
            ("b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", "RFC 9500"),
            ("a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", "RFC 8410"),
        ] {
            let found = OF_OTHERS.get(&digest.parse().unwrap());
            assert!(found.is_some_and(|found| found.starts_with(place)), "{digest}: {found:?}");
        }
        // `openssl rsa -pubin -noout -modulus | cut -d= -f2 | xxd -r -p | sha256sum`.
        let modulus = "cfd9828d5c4be180a7f4eb8b33725769db37cf9d3e7e71e3522158c39b34537c";
        assert_eq!(OF_MODULI.get(&modulus.parse().unwrap()), Some(&"RFC 7517 appendix A.2"));
        assert_eq!(OF_OTHERS.get(&Fingerprint::of(b"")), None);
    }
}
