//! Keys that stand in documents and test suites, and end up in use by copying.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::x509::fingerprint::Fingerprint;

const LIST: &str = include_str!("published.txt");

static PLACES: LazyLock<HashMap<Fingerprint, &'static str>> = LazyLock::new(|| rows().flatten().collect());

/// Where the private half of the key with this digest is published.
pub(super) fn place_of(spki: Fingerprint) -> Option<&'static str> {
    PLACES.get(&spki).copied()
}

/// The rows of the list; none for a row that is not in order.
fn rows() -> impl Iterator<Item = Option<(Fingerprint, &'static str)>> {
    let rows = LIST.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split_once("  ").and_then(|(digest, place)| Some((digest.parse().ok()?, place))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_order_and_stands_once() {
        assert!(rows().all(|row| row.is_some_and(|(_, place)| !place.trim().is_empty())));
        assert_eq!(PLACES.len(), rows().count());
    }

    #[test]
    fn the_keys_of_documents_are_listed() {
        // `openssl pkey -pubin -outform DER | sha256sum` of the public keys as the documents print them.
        for (digest, place) in [
            ("b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", "RFC 9500"),
            ("a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", "RFC 8410"),
        ] {
            let found = place_of(digest.parse().unwrap());
            assert!(found.is_some_and(|found| found.starts_with(place)), "{digest}: {found:?}");
        }
        assert_eq!(place_of(Fingerprint::of(b"")), None);
    }
}
