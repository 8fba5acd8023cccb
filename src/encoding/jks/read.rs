//! Reading JKS. The password is checked first; nothing is reserved by what the file says of itself.

use super::{CERTIFICATE_ENTRY, DIGEST, KEY_ENTRY, MAGIC, VERSION, WHAT, X509, protection};
use crate::encoding::ReadError;
use crate::encoding::key_store::{CertificateEntry, Contents, KeyEntry, OpenError};

/// Opens a store.
///
/// # Errors
/// [`OpenError::WrongPassword`] where the digest at its end says so, or a key has a password of its own;
/// [`OpenError::Unreadable`] where it is malformed.
pub fn read(file: &[u8], password: &str) -> Result<Contents, OpenError> {
    let Some((body, seal)) = file.len().checked_sub(DIGEST).and_then(|end| file.split_at_checked(end)) else {
        return Err(ReadError::new(WHAT, "it is cut off").into());
    };
    let mut rest = Rest(body);
    if rest.number()? != MAGIC {
        return Err(ReadError::new(WHAT, "it does not begin with `feedfeed`").into());
    }
    let version = rest.number()?;
    if !(1..=VERSION).contains(&version) {
        return Err(ReadError::new(WHAT, format!("it is of version {version}; 1 and 2 are read")).into());
    }
    if super::seal(password, body) != seal {
        return Err(OpenError::WrongPassword);
    }
    let mut contents = Contents::default();
    for _ in 0..rest.number()? {
        let kind = rest.number()?;
        let alias = Some(rest.text()?);
        rest.take(8)?;
        match kind {
            KEY_ENTRY => {
                let pkcs8 = protection::open(rest.octets()?, password)?;
                let mut chain = Vec::new();
                for _ in 0..rest.number()? {
                    chain.push(rest.certificate(version)?.to_vec());
                }
                contents.keys.push(KeyEntry { alias, pkcs8, chain });
            }
            CERTIFICATE_ENTRY => {
                let der = rest.certificate(version)?.to_vec();
                contents.certificates.push(CertificateEntry { alias, der, counts_for_java: true });
            }
            other => {
                return Err(ReadError::new(WHAT, format!("it has an entry of the unknown kind {other}")).into());
            }
        }
    }
    if rest.0.is_empty() { Ok(contents) } else { Err(ReadError::new(WHAT, "something follows its entries").into()) }
}

/// How many private keys there are, for which no password is needed; nothing where the end is not there.
pub(super) fn keys_within(file: &[u8]) -> Option<u32> {
    let mut rest = Rest(file);
    rest.number().ok()?;
    let version = rest.number().ok()?;
    let mut keys = 0_u32;
    for _ in 0..rest.number().ok()? {
        let kind = rest.number().ok()?;
        rest.text().ok()?;
        rest.take(8).ok()?;
        if kind == KEY_ENTRY {
            keys = keys.saturating_add(1);
            rest.octets().ok()?;
            for _ in 0..rest.number().ok()? {
                rest.certificate(version).ok()?;
            }
        } else {
            rest.certificate(version).ok()?;
        }
    }
    Some(keys)
}

/// Java's `DataInputStream` over what is left.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| ReadError::new(WHAT, "it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, ReadError> {
        Ok(self.take(4)?.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
    }

    /// What `readUTF` reads, without the forms in which Java's UTF-8 differs from the standard's.
    fn text(&mut self) -> Result<String, ReadError> {
        let length = self.take(2)?.iter().fold(0, |number, octet| number << 8 | usize::from(*octet));
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn octets(&mut self) -> Result<&'a [u8], ReadError> {
        let length = self.number()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Version 1 does not say what kind of certificate it is.
    fn certificate(&mut self, version: u32) -> Result<&'a [u8], ReadError> {
        if version > 1 {
            let kind = self.text()?;
            if kind != X509 && kind != "X509" {
                return Err(ReadError::new(WHAT, format!("it has a certificate of the kind `{kind}`")));
            }
        }
        self.octets()
    }
}
