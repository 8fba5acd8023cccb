//! A PKCS#12 store: `inspect` with and without its password, and every command that takes certificates.

use mtls_ca::encoding::pkcs12;

use crate::store;

/// Does what the commands do with a store.
pub fn look(input: &[u8]) {
    store::closed(input);
    // Rounds are what makes a store slow to open, on purpose. The fuzzer has other things to try.
    const MOST_ROUNDS: u64 = 5_000;
    let Ok(outline) = pkcs12::outline(input) else { return };
    let rounds = outline.encryption.iter().chain(&outline.mac).map(|part| rounds_in(part)).sum::<u64>();
    if rounds <= MOST_ROUNDS {
        for password in ["", "1234", "changeit", "password"] {
            store::opened(input, password);
        }
    }
}

/// `PBES2 with …, 2048 rounds`.
fn rounds_in(part: &str) -> u64 {
    let before = part.split(" rounds").next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
