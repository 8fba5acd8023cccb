//! A key store of either kind, closed and opened.

use std::path::Path;

use mtls_ca::encoding::key_store;
use mtls_ca::examine::container::{self, Contained};
use mtls_ca::examine::inspect::inspect_unlocking;
use mtls_ca::keys::Passphrase;

use crate::failure::Failure;
use crate::{screen, shown, stage};

/// What is said of it without its password.
pub fn closed(input: &[u8]) {
    shown::file(input);
    if let Err(error) = container::open(input, None) {
        screen::failure(&Failure::contained(Path::new("input"), error, "--passphrase-file FILE"));
    }
}

/// What is in it, where this is its password.
pub fn opened(input: &[u8], password: &str) {
    let Some(passphrase) = Passphrase::new(password.as_bytes().to_vec()) else {
        drop(key_store::open(input, password.as_bytes()));
        return;
    };
    match inspect_unlocking(input, &passphrase, stage::now()) {
        Ok(items) => shown::items(&items),
        Err(error) => screen::failure(&Failure::of_inspect(error, Path::new("input"))),
    }
    shown::judged(input, Some(&passphrase));
    match container::open(input, Some(&passphrase)) {
        Ok(Contained { certificates, key, alias }) => {
            assert!(!certificates.is_empty(), "a store without certificates is an error");
            assert!(alias.is_none() || key.is_some(), "nothing stands under this name: {alias:?}");
        }
        Err(error) => screen::failure(&Failure::contained(Path::new("input"), error, "--passphrase-file FILE")),
    }
}
