//! RSA moduli whose two primes are so close to each other that they are found at once.

use num_bigint::BigUint;

/// How many steps are taken, which is what a public CA has to take at least (CA/Browser Forum, Baseline
/// Requirements for TLS, section 6.1.1.3). The generators that are known to be flawed are told by the first one.
const STEPS: u64 = 100;

/// Numbers by whose remainders nearly all that is no square is known, without a common divisor.
const MODULI: [u64; 5] = [64, 63, 61, 59, 55];

/// Their product.
const PRODUCT: u32 = 798_114_240;

/// For each of them, a bit for each remainder that a square has.
const SQUARES: [u64; MODULI.len()] =
    [squares(MODULI[0]), squares(MODULI[1]), squares(MODULI[2]), squares(MODULI[3]), squares(MODULI[4])];

/// Whether Fermat's method finds the two factors of a modulus within so many steps (CVE-2022-26320,
/// <https://fermatattack.secvuln.info>).
///
/// Where the modulus is `p · q`, and `a` and `b` are half the sum and half the difference of the two, it is
/// `a² - b²`. So `a` is tried from the square root of the modulus upwards until `a² - n` is a square. Step `k` is
/// reached where the difference of the primes is about `√(8k√n)`: primes of 1,024 bits that are drawn apart differ
/// far sooner than in their last 517 bits.
pub(super) fn are_close(modulus: &[u8]) -> bool {
    let modulus = BigUint::from_bytes_be(modulus);
    let floor = modulus.sqrt();
    let first = if &floor * &floor == modulus { floor } else { floor + 1_u32 };
    let (Some(start), Some(rest)) = (remainder(&first), remainder(&modulus)) else { return false };
    // Squares of up to 30 bits and a step, so that nothing here is above 64 bits.
    (0..STEPS).any(|step| {
        let a = start + step;
        may_be_square(a * a + u64::from(PRODUCT) - rest) && {
            let a = &first + step;
            is_square(&(&a * &a - &modulus))
        }
    })
}

/// Of a number by the product of the moduli.
fn remainder(number: &BigUint) -> Option<u64> {
    u64::try_from(number % PRODUCT).ok()
}

/// Whether a number with this remainder by the product can be a square: four of a thousand that are none can.
fn may_be_square(remainder: u64) -> bool {
    let is_one_of = |(modulus, squares): (u64, u64)| squares >> (remainder % modulus) & 1 == 1;
    MODULI.into_iter().zip(SQUARES).all(is_one_of)
}

fn is_square(number: &BigUint) -> bool {
    let root = number.sqrt();
    &root * &root == *number
}

const fn squares(modulus: u64) -> u64 {
    let (mut found, mut number) = (0, 0);
    while number < modulus {
        found |= 1 << (number * number % modulus);
        number += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_of_moduli_that_have_no_divisor_in_common() {
        assert_eq!(MODULI.iter().product::<u64>(), u64::from(PRODUCT));
        for (index, one) in MODULI.iter().enumerate() {
            for other in MODULI.iter().skip(index + 1) {
                assert!((2..=*one).all(|divisor| one % divisor != 0 || other % divisor != 0), "{one} and {other}");
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "counts to 100,000")]
    fn no_square_is_missed() {
        assert!((0..100_000_u64).all(|root| may_be_square(root * root % u64::from(PRODUCT))));
        let passed = (2..100_000_u64).filter(|number| may_be_square(*number)).count();
        // 12, 16, 31, 30 and 18 of the moduli are remainders of squares: 402 of 100,000.
        assert!((300..600).contains(&passed), "{passed}");
    }

    /// By hand: 5959 = 59 · 101 = 80² - 21², and its root is between 77 and 78, so that the third step finds it.
    #[test]
    fn a_textbook_modulus_is_factored() {
        assert!(are_close(&5_959_u32.to_be_bytes()));
        // 1,000,003 · 1,999,993: half the sum is 85,784 above the root.
        assert!(!are_close(&(1_000_003_u64 * 1_999_993).to_be_bytes()));
    }

    /// `a² - b²` is found at step `b² / 2a` or the one after it, for a `b` that is small beside `a`.
    #[test]
    #[cfg_attr(miri, ignore = "roots of large numbers")]
    fn the_steps_are_as_many_as_they_are_said_to_be() {
        for bits in [2_048_u32, 3_072, 4_096] {
            let a = (BigUint::from(3_u32) << (bits / 2 - 2)) + 1_u32;
            for (steps, expected) in [(0_u32, true), (1, true), (50, true), (98, true), (101, false), (1_000, false)] {
                let b = (&a * 2_u32 * steps).sqrt();
                let modulus = (&a * &a - &b * &b).to_bytes_be();
                assert_eq!(are_close(&modulus), expected, "{bits} bits, {steps} steps");
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "roots of large numbers")]
    fn what_is_no_modulus_ends_as_well() {
        for octets in [&[][..], &[0], &[1], &[2], &[0xff; 2_048]] {
            let _told = are_close(octets);
        }
    }
}
