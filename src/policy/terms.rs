//! What the issuer brings along: its certificate and those above, its key's algorithm, and the
//! operator's settings for the whole CA.

use std::fmt;
use std::str::FromStr;

use crate::profile::{Sourced, Urls};
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Lifetime;
use crate::words::x509::san::{NotASan, UriName};

/// Who signs.
#[derive(Debug, Clone, Copy)]
pub enum Issuer<'a> {
    /// The subject itself: a root.
    Itself,
    /// A CA.
    Authority {
        /// Its certificate.
        certificate: &'a Certificate,
        /// The certificates of the CAs above it, its own issuer first, as far as they are known.
        above: &'a [Certificate],
    },
}

/// The terms under which an issuer signs.
#[derive(Debug, Clone, Copy)]
pub struct IssuerTerms<'a> {
    /// Who signs.
    pub issuer: Issuer<'a>,
    /// How its key signs.
    pub signature_algorithm: SignatureAlgorithm,
    /// What `{issuer}` stands for in URLs, such as `g1`.
    pub label: &'a str,
    /// The lifetime of certificates whose profile says none.
    pub default_lifetime: Option<&'a Sourced<Lifetime>>,
    /// The longest lifetime of any certificate of this CA.
    pub max_lifetime: Option<&'a Sourced<Lifetime>>,
    /// Where certificates point to whose profile does not say.
    pub urls: &'a Urls,
    /// The one SPIFFE trust domain of this CA.
    pub trust_domain: Option<&'a Sourced<TrustDomain>>,
}

const NO_URLS: &Urls = &Urls { crl: None, ocsp: None, issuer: None };

impl<'a> IssuerTerms<'a> {
    /// A root that signs itself, without further settings.
    #[must_use]
    pub const fn itself(signature_algorithm: SignatureAlgorithm) -> Self {
        Self {
            issuer: Issuer::Itself,
            signature_algorithm,
            label: "g1",
            default_lifetime: None,
            max_lifetime: None,
            urls: NO_URLS,
            trust_domain: None,
        }
    }

    /// A CA, without further settings.
    #[must_use]
    pub const fn authority(
        certificate: &'a Certificate,
        above: &'a [Certificate],
        signature_algorithm: SignatureAlgorithm,
    ) -> Self {
        Self { issuer: Issuer::Authority { certificate, above }, ..Self::itself(signature_algorithm) }
    }

    /// The certificates of the issuer and of those above it, the issuer's first.
    pub(super) fn authorities(&self) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let (certificate, above) = match self.issuer {
            Issuer::Itself => (None, [].as_slice()),
            Issuer::Authority { certificate, above } => (Some(certificate), above),
        };
        certificate.into_iter().chain(above)
    }
}

/// The name of a SPIFFE trust domain: letters, digits, dots, dashes and underscores in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = NotASan;

    /// Reads `example.org` or `spiffe://example.org`.
    fn from_str(text: &str) -> Result<Self, NotASan> {
        let name = text.strip_prefix("spiffe://").unwrap_or(text);
        let refuse =
            |reason| Err(NotASan { found: text.chars().take(120).collect(), kind: "a SPIFFE trust domain", reason });
        match UriName::parse(&format!("spiffe://{name}")) {
            Ok(uri) if uri.path().is_empty() => Ok(Self(uri.host().to_owned())),
            Ok(_) => refuse("it has no path"),
            Err(_) => refuse("it is a name such as `example.org`, of lower-case letters, digits, `.`, `-` and `_`"),
        }
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TrustDomain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
