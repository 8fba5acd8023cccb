//! The least that a program does which looks at certificates, beside which `mtls-ca` is measured:
//!
//! ```text
//! cargo run --release --example bare_verify -- certs            reads and parses each file
//! cargo run --release --example bare_verify -- certs ca.crt     and checks the CA's signature over it
//! ```
//!
//! One thread, no rules, no answers, the same crates for reading and for signatures.

use std::error::Error;
use std::path::PathBuf;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_parser::prelude::{FromDer, X509Certificate};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: bare_verify FOLDER [CA_CERTIFICATE]")?;
    let issuer = arguments.next().map(|file| issuer_key(&file)).transpose()?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut good = 0;
    for file in &files {
        let block = pem::parse(std::fs::read(file)?)?;
        let (_, certificate) = X509Certificate::from_der(block.contents())?;
        if let Some(key) = &issuer {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
            key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data)
                .map_err(|_| format!("{}: not signed by that CA", file.display()))?;
        }
        good += 1;
    }
    println!("{good} certificates");
    Ok(())
}

/// The public key of a P-256 CA, as the signature wants it.
fn issuer_key(file: &str) -> Fallible<Vec<u8>> {
    let block = pem::parse(std::fs::read(file)?)?;
    let (_, certificate) = X509Certificate::from_der(block.contents())?;
    Ok(certificate.public_key().subject_public_key.data.to_vec())
}
