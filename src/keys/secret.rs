//! Passphrases, which are wiped after use and cannot be printed.

use secrecy::{ExposeSecret, SecretSlice};

use super::KeyError;

/// What opens an encrypted key. Never empty; `Debug` shows nothing of it.
pub struct Passphrase(SecretSlice<u8>);

impl Passphrase {
    /// These bytes; `None` where there are none.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.is_empty() { None } else { Some(Self(bytes.into())) }
    }

    /// The first line of a file, without its line end; `None` where that is empty.
    #[must_use]
    pub fn from_file_content(mut content: Vec<u8>) -> Option<Self> {
        let end = content.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(content.len());
        let (_, rest) = content.split_at_mut(end);
        zeroize::Zeroize::zeroize(rest);
        content.truncate(end);
        Self::new(content)
    }

    /// A new one that nobody can guess: 160 random bits in 32 letters and digits, which every store and every
    /// configuration file takes.
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn random() -> Result<Self, KeyError> {
        let octets = zeroize::Zeroizing::new(super::random::octets::<20>()?);
        Ok(Self(data_encoding::BASE32_NOPAD.encode(octets.as_slice()).to_lowercase().into_bytes().into()))
    }

    /// The bytes, for the one call that needs them.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The same once more, for an open key that has to seal another one later: who holds the one in
    /// memory may hold the other.
    pub(crate) fn again(&self) -> Self {
        Self(self.expose().to_vec().into())
    }

    /// Whether both are the same, as a prompt that asks twice wants to know.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_taken_and_nothing_is_shown() {
        for (content, expected) in
            [(&b"open sesame\nrest"[..], Some(&b"open sesame"[..])), (b"a\r\n", Some(b"a")), (b"\n", None), (b"", None)]
        {
            let passphrase = Passphrase::from_file_content(content.to_vec());
            assert_eq!(passphrase.as_ref().map(Passphrase::expose), expected);
        }
        assert_eq!(format!("{:?}", Passphrase::new(b"secret".to_vec())), "Some(Passphrase(…))");
    }
}
