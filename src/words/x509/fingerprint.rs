//! SHA-256 digests, by which certificates, requests and keys are known; the digests by which OCSP
//! names an issuer, of which SHA-1 is one; and SHA-1 where a file format is made of it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use thiserror::Error;

/// The SHA-256 digest of a certificate, a request, a key or any other DER value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// A digest in the making, of what does not fit into memory.
#[derive(Clone)]
pub struct Digesting(Context);

/// Text that is no SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")]
pub struct NotAFingerprint(pub String);

impl Digesting {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that came.
    #[must_use]
    pub fn finish(self) -> Fingerprint {
        let mut octets = [0; 32];
        octets.copy_from_slice(self.0.finish().as_ref());
        Fingerprint(octets)
    }
}

impl Default for Digesting {
    fn default() -> Self {
        Self::new()
    }
}

impl Fingerprint {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(octets)
    }

    /// A digest made elsewhere.
    #[must_use]
    pub const fn from_octets(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The 32 octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// `AB:CD:…`, as OpenSSL prints it.
    #[must_use]
    pub fn colons(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 3);
        for octet in &self.0 {
            if !text.is_empty() {
                text.push(':');
            }
            HEXUPPER.encode_append(&[*octet], &mut text);
        }
        text
    }

    /// Base64 with padding, as HTTP public key pins and Kubernetes write it.
    #[must_use]
    pub fn base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}

/// The digest by which an OCSP CertID or responder identifier names a CA or a key (RFC 6960 sections
/// 4.1.1 and 4.2.1). It finds something and protects nothing: what it finds is compared as a whole,
/// and the signature over the response is made with another. So SHA-1, which every client sends and
/// RFC 5019 section 2.1.1 demands, is good enough for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdDigest {
    /// What clients send.
    Sha1,
    /// What some are moving to.
    Sha256,
}

impl IdDigest {
    /// The digest of these bytes, 20 or 32 octets.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
        };
        digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// SHA-1 over these parts, one after another. Java's old key stores are made of it
/// ([`encoding::jks`](crate::encoding::jks)); nothing that we decide to trust rests on it.
#[must_use]
pub(crate) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in parts {
        context.update(part);
    }
    let mut octets = [0; 20];
    octets.copy_from_slice(context.finish().as_ref());
    octets
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    /// Reads hexadecimal with or without colons, in either case, also behind `sha256:` or
    /// `SHA256 Fingerprint=`.
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let refuse = || NotAFingerprint(text.chars().take(120).collect());
        let value = text.rsplit_once('=').map_or(text, |(_, value)| value).trim();
        let value = value.strip_prefix("sha256:").or_else(|| value.strip_prefix("SHA256:")).unwrap_or(value);
        let hex: String = value.chars().filter(|c| *c != ':').collect();
        let octets = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| refuse())?;
        octets.try_into().map(Self).map_err(|_| refuse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "asks AWS-LC, which is no Rust")]
    fn is_the_sha_256_of_fips_180() {
        // FIPS 180-4's example message "abc".
        let abc = Fingerprint::of(b"abc");
        assert_eq!(abc.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(abc.colons().starts_with("BA:78:16:BF:"));
        assert_eq!(abc.base64(), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        for text in
            [abc.to_string(), abc.colons(), format!("sha256:{abc}"), format!("sha256 Fingerprint={}", abc.colons())]
        {
            assert_eq!(text.parse::<Fingerprint>().unwrap(), abc);
        }
        assert!("ba78".parse::<Fingerprint>().is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks AWS-LC, which is no Rust")]
    fn identifiers_are_the_digests_of_fips_180() {
        let hex = |digest: IdDigest| HEXLOWER.encode(&digest.of(b"abc"));
        assert_eq!(hex(IdDigest::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(IdDigest::Sha256), Fingerprint::of(b"abc").to_string());
    }
}
