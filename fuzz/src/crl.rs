//! A CRL: `inspect`, `lint`, `verify --crl`, `crl import`.

use std::path::Path;

use mtls_ca::encoding::revocation;
use mtls_ca::x509::revocation::RevocationList;
use mtls_ca::x509::usage::Purpose;

use crate::failure::Failure;
use crate::{certificate, resigned, screen, shown, stage};

/// Does what the commands do with a CRL.
pub fn look(input: &[u8]) {
    shown::file(input);
    outlined(input);
    match revocation::read_all(input) {
        Ok(lists) => lists.iter().for_each(believed),
        Err(error) => screen::failure(&Failure::unreadable(Path::new("input"), &error)),
    }
}

/// The reader for CRLs that do not fit into memory finds what the other one finds.
fn outlined(input: &[u8]) {
    let mut serials = Vec::new();
    let outline = revocation::outline(input, |listed| {
        serials.push(listed.serial.to_vec());
        Ok(())
    });
    let (Ok(outline), Ok(read)) = (outline, revocation::read(input)) else { return };
    let expected: Vec<&[u8]> = read.entries().iter().map(|entry| entry.serial.octets()).collect();
    assert_eq!(serials, expected);
    assert_eq!(outline.head, read.head());
    assert_eq!(&input[outline.to_be_signed], read.to_be_signed());
}

/// The list as the CA of a certificate would have signed it.
fn believed(list: &RevocationList) {
    stage::with(|stage| {
        let list = resigned::crl(list.der(), stage.root.subject(), &stage.key);
        let Some(list) = list.and_then(|der| revocation::read(&der).ok()) else { return };
        list.verify_signature(stage.root.public_key()).expect("it was signed by that key");
        certificate::ask(
            std::slice::from_ref(&stage.leaf),
            std::slice::from_ref(&stage.root),
            &[list],
            &[Purpose::Server],
        );
    });
}
