//! Elliptic curve keys whose private half is a small number, or as much below the order of the curve.

use std::collections::HashMap;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;

const LIST: &str = include_str!("multiples.txt");

static SCALARS: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| rows().flatten().collect());

/// The small number by which the base point of a curve is multiplied to come to this x coordinate, on P-256,
/// P-384 or P-521. A point and its negative have the same.
pub(super) fn scalar(x: &[u8]) -> Option<u32> {
    SCALARS.get(HEXLOWER.encode(x).as_str()).copied()
}

/// The rows of the list, with the coordinates as they are written, in lower-case hexadecimal; none for a row that is
/// not in order.
fn rows() -> impl Iterator<Item = Option<(&'static str, u32)>> {
    let rows = LIST.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split_once("  ").and_then(|(scalar, x)| Some((x, scalar.parse().ok()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_order_and_stands_once() {
        assert!(rows().all(|row| row.is_some_and(|(x, _)| HEXLOWER.decode(x.as_bytes()).is_ok())));
        assert_eq!(rows().count(), 3 * 16);
        assert_eq!(SCALARS.len(), rows().count());
    }

    #[test]
    fn the_base_point_of_p256_is_listed() {
        // FIPS 186-4 appendix D.1.2.3.
        let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
        assert_eq!(scalar(&HEXLOWER.decode(x.as_bytes()).unwrap()), Some(1));
        assert_eq!(scalar(&[]), None);
    }
}
