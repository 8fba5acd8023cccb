//! What a key may be used for: key usage (RFC 5280 section 4.2.1.3), extended key usage (section
//! 4.2.1.12), and the purposes that a certificate is verified for.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::oid::{self, Oid};

/// One bit of the key usage extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyUsage {
    /// Signatures other than on certificates and CRLs: every TLS 1.3 handshake.
    DigitalSignature = 0,
    /// Also called contentCommitment.
    NonRepudiation = 1,
    /// RSA key transport of TLS 1.2.
    KeyEncipherment = 2,
    /// Direct encryption of data.
    DataEncipherment = 3,
    /// Static Diffie-Hellman.
    KeyAgreement = 4,
    /// Signatures on certificates.
    KeyCertSign = 5,
    /// Signatures on CRLs.
    CrlSign = 6,
    /// With keyAgreement only.
    EncipherOnly = 7,
    /// With keyAgreement only.
    DecipherOnly = 8,
}

const KEY_USAGES: [(KeyUsage, &str); 9] = [
    (KeyUsage::DigitalSignature, "digitalSignature"),
    (KeyUsage::NonRepudiation, "nonRepudiation"),
    (KeyUsage::KeyEncipherment, "keyEncipherment"),
    (KeyUsage::DataEncipherment, "dataEncipherment"),
    (KeyUsage::KeyAgreement, "keyAgreement"),
    (KeyUsage::KeyCertSign, "keyCertSign"),
    (KeyUsage::CrlSign, "cRLSign"),
    (KeyUsage::EncipherOnly, "encipherOnly"),
    (KeyUsage::DecipherOnly, "decipherOnly"),
];

/// A word that names no usage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not {kind}; known are {known}")]
pub struct NotAUsage {
    /// What was written.
    pub found: String,
    /// `a key usage` or `an extended key usage`.
    pub kind: &'static str,
    /// The words that are.
    pub known: String,
}

impl KeyUsage {
    /// RFC 5280's name of the bit.
    #[must_use]
    pub fn name(self) -> &'static str {
        KEY_USAGES.iter().find(|(usage, _)| *usage == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyUsage {
    type Err = NotAUsage;

    fn from_str(text: &str) -> Result<Self, NotAUsage> {
        let found = KEY_USAGES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        found.map(|(usage, _)| *usage).ok_or_else(|| NotAUsage {
            found: text.to_owned(),
            kind: "a key usage",
            known: KEY_USAGES.map(|(_, name)| name).join(", "),
        })
    }
}

/// A set of key usages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeyUsages(u16);

impl KeyUsages {
    /// No bit set, which RFC 5280 section 4.2.1.3 forbids in a certificate.
    pub const NONE: Self = Self(0);

    /// With these bits set.
    #[must_use]
    pub fn of(usages: &[KeyUsage]) -> Self {
        Self(usages.iter().fold(0, |bits, usage| bits | 1 << (*usage as u8)))
    }

    /// Whether this bit is set.
    #[must_use]
    pub const fn contains(self, usage: KeyUsage) -> bool {
        self.0 & (1 << (usage as u8)) != 0
    }

    /// With this bit set as well.
    #[must_use]
    pub const fn with(self, usage: KeyUsage) -> Self {
        Self(self.0 | 1 << (usage as u8))
    }

    /// Without this bit.
    #[must_use]
    pub const fn without(self, usage: KeyUsage) -> Self {
        Self(self.0 & !(1 << (usage as u8)))
    }

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits that are set, lowest first.
    pub fn iter(self) -> impl Iterator<Item = KeyUsage> {
        KEY_USAGES.into_iter().map(|(usage, _)| usage).filter(move |usage| self.contains(*usage))
    }
}

impl FromIterator<KeyUsage> for KeyUsages {
    fn from_iter<I: IntoIterator<Item = KeyUsage>>(usages: I) -> Self {
        usages.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for KeyUsages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(KeyUsage::name).collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Debug for KeyUsages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for KeyUsages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(KeyUsage::name))
    }
}

/// One purpose of the extended key usage extension, by its object identifier.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedKeyUsage(Oid);

const EXTENDED: [(Oid, &str); 9] = [
    (oid::SERVER_AUTH, "serverAuth"),
    (oid::CLIENT_AUTH, "clientAuth"),
    (oid::CODE_SIGNING, "codeSigning"),
    (oid::EMAIL_PROTECTION, "emailProtection"),
    (oid::IPSEC_END_SYSTEM, "ipsecEndSystem"),
    (oid::TIME_STAMPING, "timeStamping"),
    (oid::OCSP_SIGNING, "OCSPSigning"),
    (oid::DOCUMENT_SIGNING, "documentSigning"),
    (oid::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
];

impl ExtendedKeyUsage {
    /// TLS servers.
    pub const SERVER_AUTH: Self = Self(oid::SERVER_AUTH);
    /// TLS clients.
    pub const CLIENT_AUTH: Self = Self(oid::CLIENT_AUTH);
    /// Those who sign documents and records (RFC 9336).
    pub const DOCUMENT_SIGNING: Self = Self(oid::DOCUMENT_SIGNING);
    /// OCSP responders.
    pub const OCSP_SIGNING: Self = Self(oid::OCSP_SIGNING);
    /// All of them, which most TLS peers do not take for any of them.
    pub const ANY: Self = Self(oid::ANY_EXTENDED_KEY_USAGE);

    /// The purpose with this identifier.
    #[must_use]
    pub const fn from_oid(oid: Oid) -> Self {
        Self(oid)
    }

    /// Its identifier.
    #[must_use]
    pub const fn oid(&self) -> &Oid {
        &self.0
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.shown())
    }
}

impl fmt::Debug for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ExtendedKeyUsage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for ExtendedKeyUsage {
    type Err = NotAUsage;

    /// Reads RFC 5280's names in any case, the short words `server` and `client`, or an object
    /// identifier.
    fn from_str(text: &str) -> Result<Self, NotAUsage> {
        match text {
            "server" => return Ok(Self::SERVER_AUTH),
            "client" => return Ok(Self::CLIENT_AUTH),
            _ => {}
        }
        if let Some((oid, _)) = EXTENDED.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)) {
            return Ok(Self(oid.clone()));
        }
        text.parse().map(Self).map_err(|_| NotAUsage {
            found: text.to_owned(),
            kind: "an extended key usage",
            known: format!("{}, or an object identifier", EXTENDED.map(|(_, name)| name).join(", ")),
        })
    }
}

/// What a certificate is verified for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To authenticate as a TLS client.
    Client,
    /// To authenticate as a TLS server.
    Server,
    /// To sign certificates.
    Ca,
    /// Anything: the usages are reported, not required.
    Any,
}

impl Purpose {
    /// The extended key usage that it takes.
    #[must_use]
    pub const fn required_usage(self) -> Option<ExtendedKeyUsage> {
        match self {
            Self::Client => Some(ExtendedKeyUsage::CLIENT_AUTH),
            Self::Server => Some(ExtendedKeyUsage::SERVER_AUTH),
            Self::Ca | Self::Any => None,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Ca => "ca",
            Self::Any => "any",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usage_reads_back_what_it_prints() {
        for (usage, name) in KEY_USAGES {
            assert_eq!(name.parse::<KeyUsage>().unwrap(), usage);
            assert!(KeyUsages::of(&[usage]).contains(usage));
            assert_eq!(KeyUsages::of(&[usage]).to_string(), name);
        }
        for (oid, name) in EXTENDED {
            assert_eq!(name.parse::<ExtendedKeyUsage>().unwrap().oid(), &oid);
        }
        assert_eq!("1.2.3.4".parse::<ExtendedKeyUsage>().unwrap().to_string(), "1.2.3.4");
        assert!("tlsServer".parse::<ExtendedKeyUsage>().is_err());
        assert!("signing".parse::<KeyUsage>().is_err());
    }
}
