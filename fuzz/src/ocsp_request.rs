//! An OCSP request: `ocsp respond`. Where the input is a response instead, it is read as one.

use mtls_ca::authority::OcspAnswer;
use mtls_ca::encoding::ocsp::{cert_id, request, response};
use mtls_ca::x509::fingerprint::IdDigest;

use crate::stage::{self, Stage};
use crate::{screen, view};

/// What stands in the input for digests of our CA's name and key and for the number of a certificate of its,
/// which are others in each process.
const NAME: &[u8; 20] = b"NNNNNNNNNNNNNNNNNNNN";
const KEY: &[u8; 20] = b"KKKKKKKKKKKKKKKKKKKK";
const SERIAL: &[u8; 16] = b"SSSSSSSSSSSSSSSS";

/// Does what the commands do with an OCSP request.
pub fn look(input: &[u8]) {
    stage::with(|stage| {
        let asked = addressed(input, stage);
        let read = request::read(&asked);
        let answer = stage.ca.ocsp_respond(&asked, None, None, &stage::act()).expect("an answer");
        screen::text(&view::ocsp::text(&answer, &stage.context));
        screen::json(&view::ocsp::json(&answer, None));
        let given = response::read(answer.der());
        match (&answer, &read) {
            (OcspAnswer::Refused { reason, .. }, _) => {
                screen::text(&mtls_ca::x509::general_name::escaped(reason));
                assert!(given.is_ok(), "a refusal is a response");
            }
            (OcspAnswer::Signed { response: signed, .. }, Ok(question)) => {
                assert!(given.is_ok(), "an answer is a response");
                assert_eq!(signed.content().responses.len(), question.certificates().len());
                assert_eq!(signed.content().nonce.as_ref(), question.nonce());
            }
            (OcspAnswer::Signed { .. }, Err(error)) => panic!("answered what does not read: {error}"),
        }
        stage.renew_after_many();
    });
    if let Ok(read) = response::read(input) {
        drop(format!("{read:?}"));
    }
}

/// The input, asking about our CA.
fn addressed(input: &[u8], stage: &Stage) -> Vec<u8> {
    let id = cert_id(IdDigest::Sha1, stage.ca.certificate(), &stage.serial).expect("an identifier");
    // SEQUENCE { algorithm, name OCTET STRING, key OCTET STRING, number INTEGER } (RFC 6960 section 4.1.1).
    let digests: Vec<&[u8]> =
        id.der().windows(22).filter(|window| window.starts_with(&[4, 20])).map(|window| &window[2..]).collect();
    let mut addressed = input.to_vec();
    for (mark, with) in [(&NAME[..], digests[0]), (&KEY[..], digests[1]), (&SERIAL[..], stage.serial.octets())] {
        if with.len() == mark.len() {
            put(&mut addressed, mark, with);
        }
    }
    addressed
}

fn put(bytes: &mut [u8], mark: &[u8], with: &[u8]) {
    while let Some(at) = bytes.windows(mark.len()).position(|window| window == mark) {
        bytes[at..at + with.len()].copy_from_slice(with);
    }
}
