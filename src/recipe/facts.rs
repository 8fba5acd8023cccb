//! What a system takes and refuses, as far as a check of files can use it: the `[facts]` of a recipe.
//! Unknown words are refused, so that a check cannot be misspelt away.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::usage::Purpose;

/// What is known of a system. Every key may be left out: then nothing is said of it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// Which TLS library speaks for it: how it words refusals follows from that.
    pub tls: Option<Tls>,
    /// The encodings that it reads.
    pub reads: Vec<Reading>,
    /// The forms of private keys that it loads.
    pub key_forms: Vec<KeyFormWord>,
    /// Key algorithms of its own and its peers' certificates that it refuses.
    #[serde(deserialize_with = "algorithms", serialize_with = "names")]
    pub refused_algorithms: Vec<KeyAlgorithm>,
    /// Key algorithms of CAs that it refuses.
    #[serde(deserialize_with = "algorithms", serialize_with = "names")]
    pub refused_ca_algorithms: Vec<KeyAlgorithm>,
    /// Whether it survives a UTF-8 byte order mark before PEM; else what its TLS library does.
    pub bom: Option<bool>,
    /// The widest mode of a key file that it accepts, in octal; root's keys may be readable for their
    /// group besides.
    pub key_mode: Option<KeyMode>,
    /// How many CAs above the certificate, the root counted, the recipe's configuration lets through.
    pub depth: Option<u8>,
    /// How many, counted the same way, it lets through without the setting.
    pub default_depth: Option<u8>,
    /// What it does with CRLs.
    pub crl: Option<CrlUse>,
    /// Whether it reads only the first CRL of a file, unless its configuration takes the file apart.
    pub first_crl_only: bool,
    /// Which CAs belong into its trust file.
    pub trust: Option<TrustForm>,
    /// In which roles its certificate has to hold.
    pub usage: Option<Usage>,
    /// How it names a peer.
    pub identity: Option<IdentityForm>,
    /// What it does, as a client, with a server certificate without alternative names.
    pub cn_only_server: Option<CnOnly>,
}

impl Facts {
    /// Whether it refuses a byte order mark: Go, rustls and BoringSSL do.
    #[must_use]
    pub fn refuses_bom(&self) -> bool {
        let by_library = matches!(self.tls, Some(Tls::Go | Tls::Rustls | Tls::Boringssl));
        self.bom.map_or(by_library, |survives| !survives)
    }

    /// Whether it refuses certificates with such a key.
    pub(super) fn refuses(&self, algorithm: &str) -> bool {
        let by_library: &[KeyAlgorithm] = match self.tls {
            Some(Tls::Boringssl) => &[KeyAlgorithm::Ed25519, KeyAlgorithm::EcdsaP521],
            _ => &[],
        };
        self.refused_algorithms.iter().chain(by_library).any(|refused| refused.to_string() == algorithm)
    }

    /// Whether it refuses CAs with such a key.
    pub(super) fn refuses_of_ca(&self, algorithm: &str) -> bool {
        self.refused_ca_algorithms.iter().any(|refused| refused.to_string() == algorithm)
    }

    /// Whether, as a client, it looks at alternative names only.
    pub(super) fn refuses_cn_only(&self) -> bool {
        self.cn_only_server == Some(CnOnly::Refuses)
    }
}

/// An encoding of certificates and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// RFC 7468.
    Pem,
    /// RFC 7292.
    Pkcs12,
    /// Java's own.
    Jks,
    /// As it is.
    Der,
}

impl Reading {
    /// As it stands in a sentence.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Pem => "PEM",
            Self::Pkcs12 => "PKCS#12",
            Self::Jks => "Java key stores",
            Self::Der => "DER",
        }
    }
}

/// A form of private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFormWord {
    /// RFC 5958.
    Pkcs8,
    /// RFC 5915.
    Sec1,
    /// RFC 8017.
    Pkcs1,
}

impl KeyFormWord {
    /// As it stands in a sentence.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Pkcs8 => "PKCS#8",
            Self::Sec1 => "SEC1",
            Self::Pkcs1 => "PKCS#1",
        }
    }
}

/// Permission bits, written in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyMode(u32);

impl KeyMode {
    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl FromStr for KeyMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bits = u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o777);
        bits.map(Self).ok_or_else(|| format!("`{text}` is not a mode such as `0600`"))
    }
}

impl Serialize for KeyMode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:04o}", self.0))
    }
}

impl<'de> Deserialize<'de> for KeyMode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// In which roles a system's certificate has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// It is connected to.
    Server,
    /// It connects.
    Client,
    /// Both, with one certificate.
    Both,
}

impl Usage {
    /// The purposes that the certificate is judged for.
    pub(super) const fn roles(self) -> &'static [Purpose] {
        match self {
            Self::Server => &[Purpose::Server],
            Self::Client => &[Purpose::Client],
            Self::Both => &[Purpose::Server, Purpose::Client],
        }
    }
}

/// What a client does with a server certificate that has no alternative name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CnOnly {
    /// It looks at the CN.
    Accepts,
    /// It does not.
    Refuses,
}

fn names<S: Serializer>(algorithms: &[KeyAlgorithm], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(algorithms.iter().map(ToString::to_string))
}

fn algorithms<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<KeyAlgorithm>, D::Error> {
    let parse = |word: &String| word.parse().map_err(|error: <KeyAlgorithm as FromStr>::Err| error.to_string());
    Vec::<String>::deserialize(from)?.iter().map(parse).collect::<Result<_, String>>().map_err(serde::de::Error::custom)
}

/// A TLS library, by how it words refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum Tls {
    Openssl,
    Gnutls,
    Go,
    Rustls,
    Boringssl,
    Jsse,
    Erlang,
}

/// What a system does with CRLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrlUse {
    /// It reads none.
    None,
    /// It wants one of every CA of the chain.
    All,
    /// It wants that of the issuing CA.
    Leaf,
    /// It asks by OCSP.
    Ocsp,
}

/// Which CAs belong into the trust file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustForm {
    /// The roots.
    Roots,
    /// The issuing CAs as well.
    RootsAndIssuing,
}

/// How a system names a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityForm {
    /// `CN=svc-a,O=x`.
    Rfc2253,
    /// `/O=x/CN=svc-a`.
    Oneline,
    /// `cn=svc-a,o=x`.
    Ldap,
    /// The common name.
    Cn,
    /// A DNS name among the alternative names.
    Dns,
    /// The URI among the alternative names.
    Uri,
    /// An e-mail address among the alternative names.
    Email,
    /// It does not.
    None,
}

impl IdentityForm {
    /// As it stands in a sentence.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Rfc2253 | Self::Oneline | Self::Ldap => "their subject",
            Self::Cn => "their CN",
            Self::Dns => "a DNS name among their alternative names",
            Self::Uri => "the URI among their alternative names",
            Self::Email => "an e-mail address among their alternative names",
            Self::None => "no name",
        }
    }

    /// An alternative name of the kind.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Uri => "uri:spiffe://example.org/NAME",
            Self::Email => "email:NAME@example.org",
            _ => "dns:NAME.internal",
        }
    }
}

impl fmt::Display for IdentityForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rfc2253 => "RFC 2253",
            Self::Oneline => "OpenSSL oneline",
            Self::Ldap => "LDAP",
            Self::Cn => "CN",
            Self::Dns => "DNS name",
            Self::Uri => "URI",
            Self::Email => "e-mail",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_nobody_knows_are_refused() {
        let read = |text: &str| toml::from_str::<Facts>(text);
        let facts = read("tls = \"go\"\nkey_mode = \"0640\"\nrefused_algorithms = [\"ed25519\"]").unwrap();
        assert_eq!(facts.key_mode.map(KeyMode::bits), Some(0o640));
        assert!(facts.refuses_bom() && facts.refuses("ed25519") && !facts.refuses("ecdsa-p256"));
        for bad in [
            "key_mode = \"rw\"",
            "key_mode = \"01777\"",
            "refused_algorithms = [\"curve25519\"]",
            "reads = [\"p12\"]",
            "usage = \"peer\"",
            "dept = 2",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
