//! Extensions by name, each in one line of words, unknown ones in hex.

use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::extension::{
    AuthorityKeyIdentifier, DistributionPoint, Extension, ExtensionBody, Extensions, IssuingDistributionPoint,
};
use crate::words::x509::general_name::{GeneralName, escaped};
use crate::words::x509::oid::Oid;

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtensionReport {
    /// Which it is.
    pub oid: Oid,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// Whether a reader who does not know it must refuse.
    pub critical: bool,
    /// Whether its content was understood.
    pub reading: Reading,
    /// What it says, or its octets in hex, or what is wrong with it.
    pub text: String,
    /// Its octets in hex.
    pub value: String,
}

/// Whether an extension's content was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// It was.
    Read,
    /// It is not one that we know.
    Unknown,
    /// It is one that we know, and not well formed.
    Malformed,
}

/// Extensions that are known by name only.
const NAMED: [(&str, &str); 5] = [
    ("1.3.6.1.4.1.11129.2.4.2", "ctPrecertificateSCTs"),
    ("1.3.6.1.4.1.11129.2.4.3", "ctPoison"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
];

/// Octets of an unknown extension that are shown in its text.
const SHOWN_OCTETS: usize = 64;

/// Extensions of one thing that are reported. Real ones have a dozen; a hostile file has a million.
pub const REPORTED: usize = 1_000;

/// Each of these, up to [`REPORTED`].
#[must_use]
pub fn reports(extensions: &Extensions) -> Vec<ExtensionReport> {
    extensions.iter().take(REPORTED).map(report).collect()
}

fn report(extension: &Extension) -> ExtensionReport {
    let named = || NAMED.iter().find(|(oid, _)| *oid == extension.oid.dotted()).map(|(_, name)| *name);
    let (reading, text) = match &extension.body {
        ExtensionBody::Unknown => (Reading::Unknown, of_unknown(&extension.value)),
        ExtensionBody::Malformed(why) => (Reading::Malformed, format!("not well formed: {}", escaped(why))),
        body => (Reading::Read, text(body)),
    };
    ExtensionReport {
        oid: extension.oid.clone(),
        name: extension.oid.known_as().or_else(named),
        critical: extension.critical,
        reading,
        text,
        value: HEXLOWER.encode(&extension.value),
    }
}

fn text(body: &ExtensionBody) -> String {
    match body {
        ExtensionBody::BasicConstraints(constraints) => match (constraints.ca, constraints.path_length) {
            (true, Some(length)) => format!("CA, path length {length}"),
            (true, None) => "CA".to_owned(),
            (false, Some(length)) => format!("not a CA, path length {length}"),
            (false, None) => "not a CA".to_owned(),
        },
        ExtensionBody::KeyUsage(usages) if usages.is_empty() => "none".to_owned(),
        ExtensionBody::KeyUsage(usages) => usages.to_string(),
        ExtensionBody::ExtendedKeyUsage(usages) => list(usages),
        ExtensionBody::SubjectAltName(names)
        | ExtensionBody::IssuerAltName(names)
        | ExtensionBody::CertificateIssuer(names) => list(names),
        ExtensionBody::SubjectKeyIdentifier(octets) => HEXLOWER.encode(octets),
        ExtensionBody::AuthorityKeyIdentifier(identifier) => of_authority(identifier),
        ExtensionBody::NameConstraints(constraints) => of_constraints(constraints),
        ExtensionBody::CrlDistributionPoints(points) => {
            points.iter().map(of_distribution_point).collect::<Vec<_>>().join(", ")
        }
        ExtensionBody::AuthorityInfoAccess(descriptions) => {
            let parts = descriptions.iter().map(|description| {
                let method = description.method.shown();
                format!("{method} {}", description.location)
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        ExtensionBody::CertificatePolicies(policies) => policies.iter().map(named).collect::<Vec<_>>().join(", "),
        ExtensionBody::PolicyMappings(mappings) => {
            let parts = mappings.iter().map(|(issuer, subject)| format!("{} as {}", named(issuer), named(subject)));
            parts.collect::<Vec<_>>().join(", ")
        }
        ExtensionBody::PolicyConstraints { require_explicit, inhibit_mapping } => {
            let part = |what, skip: &Option<u32>| skip.map(|skip| format!("{what} after {skip} certificates"));
            let parts = [part("explicit policy", require_explicit), part("no mapping", inhibit_mapping)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        ExtensionBody::InhibitAnyPolicy(skip) => format!("after {skip} certificates"),
        ExtensionBody::OcspNoCheck => "its revocation is not checked".to_owned(),
        ExtensionBody::TlsFeature(features) => {
            let parts = features.iter().map(|feature| match feature {
                5 => "must-staple (status_request)".to_owned(),
                17 => "must-staple (status_request_v2)".to_owned(),
                other => other.to_string(),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        ExtensionBody::CrlNumber(number) => number.to_string(),
        ExtensionBody::DeltaCrlIndicator(number) => format!("changes since CRL {number}"),
        ExtensionBody::IssuingDistributionPoint(point) => of_issuing_point(point),
        ExtensionBody::ReasonCode(reason) => reason.to_string(),
        ExtensionBody::InvalidityDate(time) => time.to_string(),
        ExtensionBody::Unknown | ExtensionBody::Malformed(_) => String::new(),
    }
}

fn list<T: ToString>(values: &[T]) -> String {
    if values.is_empty() { "none".to_owned() } else { values.iter().map(T::to_string).collect::<Vec<_>>().join(", ") }
}

fn named(oid: &Oid) -> String {
    oid.shown().to_owned()
}

fn of_authority(identifier: &AuthorityKeyIdentifier) -> String {
    let key = identifier.key_identifier.as_ref().map(|octets| HEXLOWER.encode(octets));
    let issuer =
        Some(&identifier.issuer).filter(|names| !names.is_empty()).map(|names| format!("issuer {}", list(names)));
    let serial = identifier.serial.as_ref().map(|serial| format!("serial {serial}"));
    let parts: Vec<String> = [key, issuer, serial].into_iter().flatten().collect();
    if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") }
}

fn of_constraints(constraints: &NameConstraints) -> String {
    let part = |what, subtrees: &[Subtree]| (!subtrees.is_empty()).then(|| format!("{what} {}", list(subtrees)));
    let parts = [part("permitted", &constraints.permitted), part("excluded", &constraints.excluded)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn of_distribution_point(point: &DistributionPoint) -> String {
    let DistributionPoint { full_name, relative_name, has_reasons, crl_issuer } = point;
    let mut text = if *relative_name { "a name relative to the CRL's issuer".to_owned() } else { places(full_name) };
    if *has_reasons {
        text.push_str(" for some reasons");
    }
    if !crl_issuer.is_empty() {
        text.push_str(&format!(" signed by {}", list(crl_issuer)));
    }
    text
}

/// URIs need not be called such where nothing else is expected.
fn places(names: &[GeneralName]) -> String {
    let place = |name: &GeneralName| match name {
        GeneralName::Uri(uri) => escaped(uri),
        other => other.to_string(),
    };
    if names.is_empty() { "no place".to_owned() } else { names.iter().map(place).collect::<Vec<_>>().join(", ") }
}

fn of_issuing_point(point: &IssuingDistributionPoint) -> String {
    let IssuingDistributionPoint {
        full_name,
        only_user_certificates,
        only_ca_certificates,
        only_some_reasons,
        indirect,
        only_attribute_certificates,
    } = point;
    let mut parts = Vec::new();
    if !full_name.is_empty() {
        parts.push(places(full_name));
    }
    let flags = [
        (only_user_certificates, "only leaves"),
        (only_ca_certificates, "only CAs"),
        (only_some_reasons, "only some reasons"),
        (indirect, "other CAs' certificates too"),
        (only_attribute_certificates, "only attribute certificates"),
    ];
    parts.extend(flags.into_iter().filter(|(set, _)| **set).map(|(_, words)| words.to_owned()));
    if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") }
}

/// A short string as such (as `nsComment` has it), else hex, cut where it is long.
fn of_unknown(value: &[u8]) -> String {
    // UTF8String, PrintableString, IA5String, VisibleString with a short length (X.690 section 8.1).
    if let [0x0c | 0x13 | 0x16 | 0x1a, length @ 1..=0x7f, text @ ..] = value
        && usize::from(*length) == text.len()
        && let Ok(text) = std::str::from_utf8(text)
    {
        return format!("`{}`", escaped(text));
    }
    match value.get(..SHOWN_OCTETS) {
        Some(shown) if value.len() > SHOWN_OCTETS => {
            format!("{}… ({} octets)", HEXLOWER.encode(shown), value.len())
        }
        _ => HEXLOWER.encode(value),
    }
}
