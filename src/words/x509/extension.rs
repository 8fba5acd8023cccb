//! Extensions as a file had them (RFC 5280 sections 4.2 and 5.2): every one in its place, with its
//! octets, and what they say where we can read them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::constraints::NameConstraints;
use super::general_name::GeneralName;
use super::oid::Oid;
use super::reason::RevocationReason;
use super::serial::Serial;
use super::usage::{ExtendedKeyUsage, KeyUsages};
use crate::words::clock::Time;

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which it is.
    pub oid: Oid,
    /// Whether a reader who does not know it must refuse the certificate.
    pub critical: bool,
    /// The content of its octet string.
    pub value: Vec<u8>,
    /// What that says.
    pub body: ExtensionBody,
}

/// What an extension says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtensionBody {
    /// Section 4.2.1.9.
    BasicConstraints(BasicConstraints),
    /// Section 4.2.1.3.
    KeyUsage(KeyUsages),
    /// Section 4.2.1.12.
    ExtendedKeyUsage(Vec<ExtendedKeyUsage>),
    /// Section 4.2.1.6.
    SubjectAltName(Vec<GeneralName>),
    /// Section 4.2.1.7.
    IssuerAltName(Vec<GeneralName>),
    /// Section 4.2.1.2.
    SubjectKeyIdentifier(Vec<u8>),
    /// Section 4.2.1.1.
    AuthorityKeyIdentifier(AuthorityKeyIdentifier),
    /// Section 4.2.1.10.
    NameConstraints(NameConstraints),
    /// Section 4.2.1.13.
    CrlDistributionPoints(Vec<DistributionPoint>),
    /// Section 4.2.2.1.
    AuthorityInfoAccess(Vec<AccessDescription>),
    /// Section 4.2.1.4; the identifiers of the policies.
    CertificatePolicies(Vec<Oid>),
    /// Section 4.2.1.5; issuer's policy and subject's.
    PolicyMappings(Vec<(Oid, Oid)>),
    /// Section 4.2.1.11.
    PolicyConstraints {
        /// Certificates to skip before explicit policies are required.
        require_explicit: Option<u32>,
        /// Certificates to skip before mapping is inhibited.
        inhibit_mapping: Option<u32>,
    },
    /// Section 4.2.1.14; certificates to skip.
    InhibitAnyPolicy(u32),
    /// RFC 6960 section 4.2.2.2.1.
    OcspNoCheck,
    /// RFC 7633; the TLS extensions that the server promises (5 is status_request).
    TlsFeature(Vec<u16>),
    /// Section 5.2.3, content octets of the integer.
    CrlNumber(Serial),
    /// Section 5.2.4: the number of the CRL it is a difference to.
    DeltaCrlIndicator(Serial),
    /// Section 5.2.5.
    IssuingDistributionPoint(IssuingDistributionPoint),
    /// Section 5.3.1.
    ReasonCode(RevocationReason),
    /// Section 5.3.2.
    InvalidityDate(Time),
    /// Section 5.3.3.
    CertificateIssuer(Vec<GeneralName>),
    /// One that is not read here.
    Unknown,
    /// One that should be read here and is not well formed; says why.
    Malformed(String),
}

/// Section 4.2.1.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediate CAs may follow it in a path.
    pub path_length: Option<u32>,
}

/// Section 4.2.1.1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorityKeyIdentifier {
    /// The issuer's subject key identifier.
    pub key_identifier: Option<Vec<u8>>,
    /// The issuer's issuer.
    pub issuer: Vec<GeneralName>,
    /// The issuer's serial number.
    pub serial: Option<Serial>,
}

/// Section 4.2.1.13.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistributionPoint {
    /// Where the CRL is to be had.
    pub full_name: Vec<GeneralName>,
    /// Whether the place is given relative to the CRL's issuer, which RFC 5280 advises against.
    pub relative_name: bool,
    /// Whether only some reasons are covered.
    pub has_reasons: bool,
    /// Who signs the CRL, where it is not the certificate's issuer.
    pub crl_issuer: Vec<GeneralName>,
}

/// Section 4.2.2.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDescription {
    /// What is to be had: OCSP or the issuer's certificate.
    pub method: Oid,
    /// Where.
    pub location: GeneralName,
}

/// Section 5.2.5.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuingDistributionPoint {
    /// Where this CRL is to be had.
    pub full_name: Vec<GeneralName>,
    /// Only certificates that are not CAs'.
    pub only_user_certificates: bool,
    /// Only certificates of CAs.
    pub only_ca_certificates: bool,
    /// Only some reasons.
    pub only_some_reasons: bool,
    /// Certificates of other issuers too.
    pub indirect: bool,
    /// Only attribute certificates.
    pub only_attribute_certificates: bool,
}

/// All extensions of one certificate, request or CRL, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions(Vec<Extension>);

macro_rules! body {
    ($(#[$doc:meta])* $function:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $function(&self) -> Option<&$type> {
            self.0.iter().find_map(|extension| match &extension.body {
                ExtensionBody::$variant(body) => Some(body),
                _ => None,
            })
        }
    };
}

impl Extensions {
    /// These extensions, in this order.
    #[must_use]
    pub const fn new(extensions: Vec<Extension>) -> Self {
        Self(extensions)
    }

    /// Each, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Extension> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first with this identifier.
    #[must_use]
    pub fn get(&self, oid: &Oid) -> Option<&Extension> {
        self.0.iter().find(|extension| extension.oid == *oid)
    }

    /// Identifiers that occur more than once, which RFC 5280 section 4.2 forbids.
    #[must_use]
    pub fn duplicates(&self) -> Vec<&Oid> {
        let mut seen: BTreeMap<&Oid, usize> = BTreeMap::new();
        let mut is_second = |oid| {
            let count = seen.entry(oid).or_default();
            *count += 1;
            *count == 2
        };
        self.0.iter().map(|extension| &extension.oid).filter(|oid| is_second(*oid)).collect()
    }

    body!(/// Basic constraints, where present and well formed.
        basic_constraints, BasicConstraints, BasicConstraints);
    body!(/// Key usage, where present and well formed.
        key_usage, KeyUsage, KeyUsages);
    body!(/// Extended key usages, where present and well formed.
        extended_key_usage, ExtendedKeyUsage, Vec<ExtendedKeyUsage>);
    body!(/// Subject key identifier, where present and well formed.
        subject_key_identifier, SubjectKeyIdentifier, Vec<u8>);
    body!(/// Authority key identifier, where present and well formed.
        authority_key_identifier, AuthorityKeyIdentifier, AuthorityKeyIdentifier);
    body!(/// Name constraints, where present and well formed.
        name_constraints, NameConstraints, NameConstraints);
    body!(/// Policy mappings, each policy of the issuer with the subject's, where present and well formed.
        policy_mappings, PolicyMappings, Vec<(Oid, Oid)>);
    body!(/// CRL distribution points, where present and well formed.
        crl_distribution_points, CrlDistributionPoints, Vec<DistributionPoint>);
    body!(/// Authority information access, where present and well formed.
        authority_info_access, AuthorityInfoAccess, Vec<AccessDescription>);
    body!(/// CRL number, where present and well formed.
        crl_number, CrlNumber, Serial);
    body!(/// Issuing distribution point, where present and well formed.
        issuing_distribution_point, IssuingDistributionPoint, IssuingDistributionPoint);

    /// Subject alternative names; none where the extension is absent or not well formed.
    #[must_use]
    pub fn subject_alt_names(&self) -> &[GeneralName] {
        self.0
            .iter()
            .find_map(|extension| match &extension.body {
                ExtensionBody::SubjectAltName(names) => Some(names.as_slice()),
                _ => None,
            })
            .unwrap_or(&[])
    }
}

impl<'a> IntoIterator for &'a Extensions {
    type Item = &'a Extension;
    type IntoIter = std::slice::Iter<'a, Extension>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
