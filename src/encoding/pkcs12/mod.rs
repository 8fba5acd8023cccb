//! PKCS#12 (RFC 7292): keys, certificates and their names in one file under one password. What has a
//! password is opened and sealed by a library; what is said about a closed file is read here.

mod outline;
mod read;
mod write;

pub use outline::{Outline, outline};
pub use read::read;
pub use write::{Encryption, write};

const WHAT: &str = "PKCS#12 store";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::key_store::{OpenError, Wanted, WantedKey};
    use proptest::prelude::*;

    /// A key and its certificate; what they say does not matter here.
    fn pair() -> (Vec<u8>, Vec<u8>) {
        let made = rcgen::generate_simple_self_signed(vec!["api.internal".to_owned()]).unwrap();
        (made.signing_key.serialize_der(), made.cert.der().to_vec())
    }

    fn store(encryption: Encryption) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let (key, certificate) = pair();
        let wanted = Wanted {
            key: Some(WantedKey { alias: "api", pkcs8: &key, chain: vec![&certificate] }),
            trusted: Vec::new(),
        };
        let written = write(&wanted, "changeit", encryption).unwrap().to_vec();
        (written, key, certificate)
    }

    #[test]
    fn what_is_written_is_read_and_says_how_it_is_encrypted() {
        for (encryption, mac, cipher) in [
            (
                Encryption::Modern,
                "SHA-256, 100000 rounds",
                "PBES2, PBKDF2 (100000 rounds of HMAC-SHA-256), AES-256-CBC",
            ),
            (Encryption::Legacy, "SHA-1, 50000 rounds", "PKCS#12 PBE, SHA-1, 3DES"),
        ] {
            let (store, key, certificate) = store(encryption);
            let seen = outline(&store).unwrap();
            assert_eq!((seen.mac.as_deref(), seen.encryption.as_slice()), (Some(mac), &[cipher.to_owned()][..]));
            assert_eq!(seen.outdated().count(), 0);
            let contents = read(&store, b"changeit").unwrap();
            let entry = &contents.keys[0];
            assert_eq!((entry.alias.as_deref(), entry.pkcs8.as_slice()), (Some("api"), key.as_slice()));
            assert_eq!(entry.chain, [certificate]);
            assert!(contents.certificates.is_empty());
            assert_eq!(read(&store, b"changeIt").unwrap_err(), OpenError::WrongPassword);
        }
    }

    #[test]
    fn roots_of_one_name_are_entries_of_their_own() {
        let (one, two) = (pair().1, pair().1);
        let trusted = vec![("b".to_owned(), one.as_slice()), ("a".to_owned(), two.as_slice())];
        let written = write(&Wanted { key: None, trusted }, "changeit", Encryption::Modern).unwrap();
        let contents = read(&written, b"changeit").unwrap();
        let found: Vec<_> =
            contents.certificates.iter().map(|entry| (entry.der.clone(), entry.counts_for_java)).collect();
        assert_eq!(found, [(two, true), (one, true)]);
    }

    #[test]
    fn nobody_waits_for_millions_of_rounds() {
        let (mut store, _, _) = store(Encryption::Modern);
        // The rounds of the MAC are the last three octets of the file; of the others, 100,000 as well.
        let rounds = [0x02, 0x03, 0x01, 0x86, 0xa0];
        assert!(store.ends_with(&rounds));
        let places: Vec<usize> =
            store.windows(5).enumerate().filter(|(_, window)| *window == rounds).map(|(place, _)| place).collect();
        assert_eq!(places.len(), 3);
        for place in places {
            // As many as fit into three octets; the sum of what can be seen is what counts.
            store[place + 2..place + 5].copy_from_slice(&[0x7f, 0xff, 0xff]);
        }
        let error = read(&store, b"changeit").unwrap_err().to_string();
        assert_eq!(
            error,
            "not a readable PKCS#12 store: opening it takes 25165821 rounds for 2 parts, which is more than is done"
        );
    }

    #[test]
    fn nothing_is_opened_that_is_cut_off() {
        let (store, _, _) = store(Encryption::Modern);
        for end in [0, 1, 30, store.len() - 1] {
            assert!(matches!(read(&store[..end], b"changeit"), Err(OpenError::Unreadable(_))), "{end}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_octets_do_harm(at in any::<prop::sample::Index>(), to: u8) {
            let (mut store, _, _) = store(Encryption::Legacy);
            let at = at.index(store.len());
            store[at] = to;
            let _any = outline(&store);
            let _any = read(&store, b"changeit");
        }
    }
}
