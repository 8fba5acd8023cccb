//! Points of Ed25519 that lie in its small subgroup: whoever wants to makes signatures that verify.

/// Their `y` coordinates as little-endian octets without the sign: 0, 1, -1, the two of order 8, and those of
/// these that have a second form of 255 bits, `p` and `p + 1` (RFC 8032 section 5.1.3 lets nobody read them).
const SMALL: [[u8; 32]; 7] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    of_the_prime(0xec),
    of_the_prime(0xed),
    of_the_prime(0xee),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// A number near the prime 2^255 - 19, by its lowest octet.
const fn of_the_prime(lowest: u8) -> [u8; 32] {
    let mut octets = [0xff; 32];
    octets[0] = lowest;
    octets[31] = 0x7f;
    octets
}

/// Whether this is the encoding of such a point (RFC 8032 section 5.1.2): `y`, with the sign of `x` as its highest bit.
pub(super) fn is_small(point: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(point) else { return false };
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL.contains(&y)
}
