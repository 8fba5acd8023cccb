//! A file of PEM blocks, with text around them: every command that reads files.

use std::path::Path;

use mtls_ca::encoding::{certificate, pem, private_key, request, revocation};
use mtls_ca::examine::container;
use mtls_ca::keys::LockedKey;
use mtls_ca::x509::usage::Purpose;

use crate::failure::Failure;
use crate::{certificate as one_certificate, screen, shown};

/// Does what the commands do with a file.
pub fn look(input: &[u8]) {
    shown::file(input);
    let file = Path::new("input");
    match pem::blocks(input) {
        Ok(blocks) => {
            for block in &blocks {
                let written = pem::write(&block.label, &block.der);
                let again = pem::blocks(written.as_bytes()).expect("a block that was written");
                assert_eq!(again.len(), 1, "{written}");
                assert_eq!((&again[0].label, &again[0].der), (&block.label, &block.der));
            }
        }
        Err(error) => screen::failure(&Failure::unreadable(file, &error)),
    }
    match container::open(input, None) {
        Ok(found) => {
            assert_eq!(Ok(&found.certificates), certificate::read_all(input).as_ref());
            let few = &found.certificates[..found.certificates.len().min(8)];
            one_certificate::ask(few, few, &[], &[Purpose::Any]);
        }
        Err(error) => screen::failure(&Failure::contained(file, error, "--passphrase-file FILE")),
    }
    for error in [request::read_all(input).err(), revocation::read_all(input).err(), private_key::read_all(input).err()]
    {
        error.iter().for_each(|error| screen::failure(&Failure::unreadable(file, error)));
    }
    match LockedKey::read(input) {
        // A sealed key is slow to open, on purpose.
        Ok(key) if !key.is_encrypted() => match key.open(None) {
            Ok(key) => drop(format!("{key:?} {}", key.public_key())),
            Err(error) => screen::failure(&Failure::key(file, &error)),
        },
        Ok(_) => {}
        Err(error) => screen::failure(&Failure::key(file, &error)),
    }
}
