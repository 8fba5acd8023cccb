//! Writing JKS.

use zeroize::Zeroizing;

use super::{CERTIFICATE_ENTRY, DIGEST, KEY_ENTRY, MAGIC, VERSION, WHAT, X509, protection};
use crate::encoding::WriteError;
use crate::encoding::key_store::{Wanted, WantedKey};

/// Writes a store whose entries were made at `seconds` after 1970. The key gets the password of the store.
///
/// # Errors
/// Where something is longer than the format can say.
pub fn write(
    wanted: &Wanted<'_>,
    password: &str,
    salt: [u8; DIGEST],
    seconds: i64,
) -> Result<Zeroizing<Vec<u8>>, WriteError> {
    let milliseconds = seconds.saturating_mul(1000);
    let mut file = File(Zeroizing::new(Vec::new()));
    file.number(MAGIC);
    file.number(VERSION);
    file.count(wanted.trusted.len().saturating_add(usize::from(wanted.key.is_some())))?;
    if let Some(WantedKey { alias, pkcs8, chain }) = &wanted.key {
        file.number(KEY_ENTRY);
        file.text(&alias.to_lowercase())?;
        file.0.extend_from_slice(&milliseconds.to_be_bytes());
        file.octets(&protection::seal(pkcs8, password, salt)?)?;
        file.count(chain.len())?;
        for certificate in chain {
            file.certificate(certificate)?;
        }
    }
    for (alias, certificate) in &wanted.trusted {
        file.number(CERTIFICATE_ENTRY);
        file.text(&alias.to_lowercase())?;
        file.0.extend_from_slice(&milliseconds.to_be_bytes());
        file.certificate(certificate)?;
    }
    let seal = super::seal(password, &file.0);
    file.0.extend_from_slice(&seal);
    Ok(file.0)
}

/// Java's `DataOutputStream`: numbers with the high octet first.
struct File(Zeroizing<Vec<u8>>);

impl File {
    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn count(&mut self, count: usize) -> Result<(), WriteError> {
        self.number(u32::try_from(count).map_err(|_| WriteError::new(WHAT, "too many entries"))?);
        Ok(())
    }

    /// `writeUTF`: two octets of length, then UTF-8. Java's own form of it differs from the standard's
    /// beyond the Basic Multilingual Plane and for NUL, so such names are refused.
    fn text(&mut self, text: &str) -> Result<(), WriteError> {
        let length = u16::try_from(text.len()).map_err(|_| WriteError::new(WHAT, "a name is too long"))?;
        if text.chars().any(|c| c == '\0' || u32::from(c) > 0xffff) {
            return Err(WriteError::new(WHAT, "a name has characters that Java writes otherwise"));
        }
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn octets(&mut self, octets: &[u8]) -> Result<(), WriteError> {
        self.count(octets.len())?;
        self.0.extend_from_slice(octets);
        Ok(())
    }

    fn certificate(&mut self, der: &[u8]) -> Result<(), WriteError> {
        self.text(X509)?;
        self.octets(der)
    }
}
