//! What an RSA modulus tells of its primes: by its remainders by small ones, and by its square root.

use super::{Weakness, close_primes};

/// The odd primes up to 167, in groups whose products fit into 32 bits, so that a modulus is gone through
/// once for each group.
const GROUPS: [&[u32]; 8] = [
    &[3, 5, 7, 11, 13, 17, 19, 23, 29],
    &[31, 37, 41, 43, 47],
    &[53, 59, 61, 67, 71],
    &[73, 79, 83, 89, 97],
    &[101, 103, 107, 109],
    &[113, 127, 131, 137],
    &[139, 149, 151, 157],
    &[163, 167],
];

/// The products of these groups.
const PRODUCTS: [u64; GROUPS.len()] =
    [3_234_846_615, 95_041_567, 907_383_479, 4_132_280_413, 121_330_189, 257_557_397, 490_995_677, 27_221];

/// The longest modulus that is looked at, in octets: 16,384 bits. No TLS library computes with longer ones.
const LONGEST: usize = 2_048;

/// What powers the flawed generator's primes are of, modulo each of these primes.
const BASE: u32 = 65_537;

/// The weakness of a modulus, most significant octet first.
///
/// The flawed generator made primes `k · M + (65537^a mod M)`, where `M` is the product of all primes up to
/// 167 at least. So is the product of two of them a power of 65537 modulo each of these primes, which
/// one modulus in 2^27 of other origin is (Nemec et al., The Return of Coppersmith's Attack, section 2).
pub(super) fn weakness(modulus: &[u8]) -> Option<Weakness> {
    if modulus.last().is_some_and(|last| last & 1 == 0) {
        return Some(Weakness::SmallFactor(2));
    }
    if modulus.len() > LONGEST {
        return None;
    }
    let mut is_roca = true;
    for (group, rest) in GROUPS.iter().zip(remainders(modulus)) {
        for prime in *group {
            match rest.checked_rem(*prime) {
                Some(0) => return Some(Weakness::SmallFactor(*prime)),
                Some(rest) => is_roca = is_roca && is_power(rest, *prime),
                None => {}
            }
        }
    }
    if is_roca {
        return Some(Weakness::Roca);
    }
    close_primes::are_close(modulus).then_some(Weakness::ClosePrimes)
}

/// Of a number by each of the products, four octets at a time.
fn remainders(number: &[u8]) -> [u32; GROUPS.len()] {
    let words = number.rchunks(4).rev();
    let mut rests = [0_u64; GROUPS.len()];
    for word in words.map(|octets| octets.iter().fold(0_u64, |word, octet| word << 8 | u64::from(*octet))) {
        // The divisors are known to the compiler, which makes multiplications of these divisions.
        for (rest, product) in rests.iter_mut().zip(PRODUCTS) {
            *rest = (*rest << 32 | word).checked_rem(product).unwrap_or(0);
        }
    }
    rests.map(|rest| u32::try_from(rest).unwrap_or(0))
}

/// Whether a remainder is a power of 65537 modulo this prime. No power is above 2^32 on its way, for the
/// primes are below 2^8.
fn is_power(rest: u32, prime: u32) -> bool {
    let step = BASE.checked_rem(prime).unwrap_or(0);
    let powers = std::iter::successors(Some(1_u32), |power| power.saturating_mul(step).checked_rem(prime));
    powers.take(prime as usize).any(|power| power == rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_hold_every_odd_prime_once_and_fit() {
        let listed: Vec<u32> = GROUPS.iter().flat_map(|group| group.iter().copied()).collect();
        let primes: Vec<u32> = (3_u32..=167).filter(|n| (2..*n).all(|divisor| !n.is_multiple_of(divisor))).collect();
        assert_eq!(listed, primes);
        for (group, product) in GROUPS.iter().zip(PRODUCTS) {
            assert_eq!(group.iter().map(|prime| u64::from(*prime)).product::<u64>(), product, "{group:?}");
            assert!(u32::try_from(product).is_ok(), "{group:?}");
        }
    }

    #[test]
    fn remainders_are_those_of_whole_numbers() {
        // 2^64 + 2^8 + 1; 2^64 mod 3234846615 = 3053750716 and mod 27221 = 383.
        let rests = remainders(&[1, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(rests[0], 3_053_750_716 + 257);
        assert_eq!(rests[7], 383 + 257);
        assert_eq!(remainders(&[]), [0; 8]);
    }

    #[test]
    fn powers_of_65537_have_the_form() {
        // 1 is the power 0, and 65537 the power 1, modulo every prime.
        assert_eq!(weakness(&[1]), Some(Weakness::Roca));
        assert_eq!(weakness(&[1, 0, 1]), Some(Weakness::Roca));
        // 65539 is 6 modulo 13, whose powers of 65537 are 1, 3, 4, 9, 10 and 12.
        assert_eq!(weakness(&[1, 0, 3]), None);
        assert_eq!(weakness(&[1, 0, 2]), Some(Weakness::SmallFactor(2)));
        assert_eq!(weakness(&[167]), Some(Weakness::SmallFactor(167)));
    }
}
