//! The forms by their names: as they are typed, as files are called, and as recipes name them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use crate::store::attributes::Kind;

/// What a file holds, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// PEM: the certificate, then its chain, without the root.
    Fullchain,
    /// PEM: the certificate alone.
    Leaf,
    /// PEM: the chain alone, without the root.
    Chain,
    /// PEM: the roots that peers are to trust.
    Trust,
    /// PEM: the CAs of the chain, then the roots: for GnuTLS and OpenLDAP, which check CRLs of trusted
    /// CAs only.
    TrustAll,
    /// PEM: the private key in PKCS#8, which every program loads.
    Key,
    /// PEM: the private key in SEC1 (RFC 5915); elliptic curves only.
    KeySec1,
    /// PEM: the private key in PKCS#1 (RFC 8017 appendix A.1.2); RSA only.
    KeyPkcs1,
    /// PEM: the key, then the certificate and its chain, in one file, for HAProxy, hitch and MongoDB.
    Combined,
    /// DER: the certificate alone.
    Der,
    /// PKCS#7 SignedData without signers: the certificate and its chain, in DER.
    Pkcs7,
    /// The same in PEM.
    Pkcs7Pem,
    /// PKCS#12 with key, certificate and chain: AES-256 and a SHA-256 MAC.
    Pkcs12,
    /// The same as old Java, macOS and Windows read it: 3DES and a SHA-1 MAC.
    Pkcs12Legacy,
    /// A Java key store with key, certificate and chain.
    Jks,
    /// PKCS#12 with one entry for each root, marked as trusted for Java.
    TruststorePkcs12,
    /// A Java key store with one entry for each root.
    TruststoreJks,
}

/// A word that names no form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not a format; there are {}", Format::ALL.map(Format::name).join(", "))]
pub struct NotAFormat {
    /// What was written.
    pub found: String,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Fullchain,
        Self::Leaf,
        Self::Chain,
        Self::Trust,
        Self::TrustAll,
        Self::Key,
        Self::KeySec1,
        Self::KeyPkcs1,
        Self::Combined,
        Self::Der,
        Self::Pkcs7,
        Self::Pkcs7Pem,
        Self::Pkcs12,
        Self::Pkcs12Legacy,
        Self::Jks,
        Self::TruststorePkcs12,
        Self::TruststoreJks,
    ];

    /// As it is typed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// What its file is called in a folder of versions.
    #[must_use]
    pub const fn file(self) -> &'static str {
        self.words().1
    }

    /// What its path is called in the templates of recipes.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        self.words().2
    }

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Fullchain => ("fullchain", "tls.crt", "cert"),
            Self::Leaf => ("leaf", "leaf.crt", "leaf"),
            Self::Chain => ("chain", "chain.crt", "chain"),
            Self::Trust => ("trust", "ca.crt", "ca"),
            Self::TrustAll => ("trust-all", "ca-all.crt", "ca_all"),
            Self::Key => ("key", "tls.key", "key"),
            Self::KeySec1 => ("key-sec1", "tls-sec1.key", "key_sec1"),
            Self::KeyPkcs1 => ("key-pkcs1", "tls-pkcs1.key", "key_pkcs1"),
            Self::Combined => ("combined", "tls.pem", "combined"),
            Self::Der => ("der", "tls.der", "der"),
            Self::Pkcs7 => ("pkcs7", "tls.p7b", "pkcs7"),
            Self::Pkcs7Pem => ("pkcs7-pem", "tls-p7b.pem", "pkcs7_pem"),
            Self::Pkcs12 => ("pkcs12", "tls.p12", "p12"),
            Self::Pkcs12Legacy => ("pkcs12-legacy", "tls-legacy.p12", "p12_legacy"),
            Self::Jks => ("jks", "tls.jks", "jks"),
            Self::TruststorePkcs12 => ("truststore-pkcs12", "truststore.p12", "truststore_p12"),
            Self::TruststoreJks => ("truststore-jks", "truststore.jks", "truststore_jks"),
        }
    }

    /// Where its file is beside a certificate's: `api.p12` beside `api.crt`, `api-truststore.p12`.
    #[must_use]
    pub fn beside(self, certificate: &Path) -> PathBuf {
        let stem = certificate.file_stem().unwrap_or_default().to_string_lossy();
        certificate.with_file_name(match self.file().strip_prefix("tls") {
            Some(rest) => format!("{stem}{rest}"),
            None => format!("{stem}-{}", self.file()),
        })
    }

    /// Whether it is delivered always, and need not be asked for.
    #[must_use]
    pub const fn is_given(self) -> bool {
        matches!(self, Self::Fullchain | Self::Chain | Self::Trust | Self::Key)
    }

    /// Whether the file holds a private key, and is nobody's but its owner's.
    #[must_use]
    pub const fn kind(self) -> Kind {
        if self.has_key() { Kind::Key } else { Kind::Public }
    }

    /// Whether a private key is in it.
    #[must_use]
    pub const fn has_key(self) -> bool {
        matches!(
            self,
            Self::Key | Self::KeySec1 | Self::KeyPkcs1 | Self::Combined | Self::Pkcs12 | Self::Pkcs12Legacy | Self::Jks
        )
    }

    /// Whether it is sealed with a password.
    #[must_use]
    pub const fn has_password(self) -> bool {
        matches!(self, Self::Pkcs12 | Self::Pkcs12Legacy | Self::Jks | Self::TruststorePkcs12 | Self::TruststoreJks)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| NotAFormat { found: text.chars().take(60).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name_and_has_a_file_of_its_own() {
        let (mut files, mut beside) = (std::collections::HashSet::new(), std::collections::HashSet::new());
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert!(files.insert(format.file()), "{format}");
            assert!(beside.insert(format.beside(Path::new("certs/api.crt"))), "{format}");
        }
        assert!(beside.contains(Path::new("certs/api.p12")) && beside.contains(Path::new("certs/api-legacy.p12")));
        assert!("p12".parse::<Format>().is_err());
    }
}
