//! What the remainders of an RSA modulus by small primes tell of it.

use super::Weakness;

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
    let mut is_roca = true;
    for group in GROUPS {
        let rest = remainder(modulus, group.iter().product());
        for prime in group {
            match rest.checked_rem(*prime) {
                Some(0) => return Some(Weakness::SmallFactor(*prime)),
                Some(rest) => is_roca = is_roca && is_power(rest, *prime),
                None => {}
            }
        }
    }
    is_roca.then_some(Weakness::Roca)
}

/// Of a number by a divisor that is not zero, four octets at a time.
fn remainder(number: &[u8], divisor: u32) -> u32 {
    let divisor = u64::from(divisor.max(1));
    let words =
        number.rchunks(4).rev().map(|octets| octets.iter().fold(0_u64, |word, octet| word << 8 | u64::from(*octet)));
    let rest = words.fold(0_u64, |rest, word| (rest << 32 | word).checked_rem(divisor).unwrap_or(0));
    u32::try_from(rest).unwrap_or(0)
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
        for group in GROUPS {
            assert!(u32::try_from(group.iter().map(|prime| u64::from(*prime)).product::<u64>()).is_ok(), "{group:?}");
        }
    }

    #[test]
    fn remainders_are_those_of_whole_numbers() {
        // 2^64 + 2^8 + 1; 2^64 mod 97 = 61 and mod 3234846615 = 3053750716.
        let number = [1, 0, 0, 0, 0, 0, 0, 1, 1];
        assert_eq!(remainder(&number, 97), (61 + 257) % 97);
        assert_eq!(remainder(&number, 3_234_846_615), 3_053_750_716 + 257);
        assert_eq!(remainder(&[], 97), 0);
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
