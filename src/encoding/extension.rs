//! The bodies of extensions (RFC 5280 sections 4.2 and 5.2), decoded as strict DER.

use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier};
use der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix;

use super::der_tree::{children, context_tag, sequence, single};
use super::{ReadError, general_name, oid as oids};
use crate::words::clock::Time;
use crate::words::x509::extension::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, Extension, ExtensionBody,
    IssuingDistributionPoint,
};
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages};

/// An extension with what it says; one that does not decode says so.
pub(super) fn read(oid: Oid, critical: bool, value: &[u8]) -> Extension {
    let body = body(&oid, value).unwrap_or_else(|error| ExtensionBody::Malformed(error.reason));
    Extension { oid, critical, value: value.to_vec(), body }
}

/// The extensions of a DER `Extensions` value: a SEQUENCE of (identifier, critical?, octets).
pub(super) fn read_sequence(value: AnyRef<'_>) -> Result<Vec<Extension>, ReadError> {
    let refuse = |error: der::Error| ReadError::new("list of extensions", error);
    let mut found = Vec::new();
    for extension in children(value).map_err(refuse)? {
        let parts = children(extension).map_err(refuse)?;
        let (kind, critical, octets) = match parts.as_slice() {
            [kind, octets] => (kind, false, octets),
            [kind, critical, octets] => (kind, critical.decode_as::<bool>().map_err(refuse)?, octets),
            _ => return Err(ReadError::new("list of extensions", "an extension has two or three parts")),
        };
        octets.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
        let kind = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
        found.push(read(kind, critical, octets.value()));
    }
    Ok(found)
}

fn body(oid: &Oid, value: &[u8]) -> Result<ExtensionBody, ReadError> {
    let refuse = |error: der::Error| ReadError::new("extension", error);
    macro_rules! decode {
        ($type:ty) => {
            <$type>::from_der(value).map_err(refuse)?
        };
    }
    Ok(match oid {
        o if *o == oid::BASIC_CONSTRAINTS => {
            let body = decode!(pkix::BasicConstraints);
            let path_length = body.path_len_constraint.map(u32::from);
            ExtensionBody::BasicConstraints(BasicConstraints { ca: body.ca, path_length })
        }
        o if *o == oid::KEY_USAGE => ExtensionBody::KeyUsage(key_usages(value)?),
        o if *o == oid::EXTENDED_KEY_USAGE => {
            let usages = identifiers(value)?.into_iter().map(ExtendedKeyUsage::from_oid).collect();
            ExtensionBody::ExtendedKeyUsage(usages)
        }
        o if *o == oid::SUBJECT_ALT_NAME => ExtensionBody::SubjectAltName(names(value)?),
        o if *o == oid::ISSUER_ALT_NAME => ExtensionBody::IssuerAltName(names(value)?),
        o if *o == oid::CERTIFICATE_ISSUER => ExtensionBody::CertificateIssuer(names(value)?),
        o if *o == oid::SUBJECT_KEY_IDENTIFIER => {
            let octets = single(value).map_err(refuse)?;
            octets.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
            ExtensionBody::SubjectKeyIdentifier(octets.value().to_vec())
        }
        o if *o == oid::AUTHORITY_KEY_IDENTIFIER => ExtensionBody::AuthorityKeyIdentifier(authority_key(value)?),
        o if *o == oid::NAME_CONSTRAINTS => {
            let outer = single(value).map_err(refuse)?;
            outer.tag().assert_eq(Tag::Sequence).map_err(refuse)?;
            ExtensionBody::NameConstraints(general_name::read_constraints(outer)?)
        }
        o if *o == oid::CRL_DISTRIBUTION_POINTS || *o == oid::FRESHEST_CRL => {
            let points = sequence(value).map_err(refuse)?;
            let points = points.into_iter().map(distribution_point).collect::<Result<_, _>>()?;
            if *o == oid::FRESHEST_CRL { ExtensionBody::Unknown } else { ExtensionBody::CrlDistributionPoints(points) }
        }
        o if *o == oid::AUTHORITY_INFO_ACCESS => ExtensionBody::AuthorityInfoAccess(access(value)?),
        o if *o == oid::CERTIFICATE_POLICIES => {
            let policies = decode!(pkix::CertificatePolicies);
            ExtensionBody::CertificatePolicies(
                policies.0.into_iter().map(|policy| oids::from_der(policy.policy_identifier)).collect(),
            )
        }
        o if *o == oid::POLICY_MAPPINGS => {
            let mappings = decode!(pkix::PolicyMappings);
            let pair = |mapping: pkix::PolicyMapping| {
                (oids::from_der(mapping.issuer_domain_policy), oids::from_der(mapping.subject_domain_policy))
            };
            ExtensionBody::PolicyMappings(mappings.0.into_iter().map(pair).collect())
        }
        o if *o == oid::POLICY_CONSTRAINTS => {
            let constraints = decode!(pkix::PolicyConstraints);
            ExtensionBody::PolicyConstraints {
                require_explicit: constraints.require_explicit_policy,
                inhibit_mapping: constraints.inhibit_policy_mapping,
            }
        }
        o if *o == oid::INHIBIT_ANY_POLICY => ExtensionBody::InhibitAnyPolicy(decode!(u32)),
        o if *o == oid::OCSP_NO_CHECK => {
            single(value).map_err(refuse)?.tag().assert_eq(Tag::Null).map_err(refuse)?;
            ExtensionBody::OcspNoCheck
        }
        o if *o == oid::TLS_FEATURE => ExtensionBody::TlsFeature(decode!(Vec<u16>)),
        o if *o == oid::CRL_NUMBER => ExtensionBody::CrlNumber(integer(value)?),
        o if *o == oid::DELTA_CRL_INDICATOR => ExtensionBody::DeltaCrlIndicator(integer(value)?),
        o if *o == oid::ISSUING_DISTRIBUTION_POINT => {
            ExtensionBody::IssuingDistributionPoint(issuing_distribution_point(value)?)
        }
        o if *o == oid::REASON_CODE => {
            let code = single(value).map_err(refuse)?;
            code.tag().assert_eq(Tag::Enumerated).map_err(refuse)?;
            let reason = match code.value() {
                [code] => RevocationReason::from_code(*code),
                _ => None,
            };
            ExtensionBody::ReasonCode(reason.ok_or_else(|| ReadError::new("extension", "an unknown reason code"))?)
        }
        o if *o == oid::INVALIDITY_DATE => {
            let seconds = decode!(GeneralizedTime).to_unix_duration().as_secs();
            let time = i64::try_from(seconds).ok().and_then(Time::from_unix);
            ExtensionBody::InvalidityDate(time.ok_or_else(|| ReadError::new("extension", "a time out of range"))?)
        }
        _ => ExtensionBody::Unknown,
    })
}

fn names(value: &[u8]) -> Result<Vec<crate::words::x509::general_name::GeneralName>, ReadError> {
    let outer = single(value).map_err(|error| ReadError::new("extension", error))?;
    outer.tag().assert_eq(Tag::Sequence).map_err(|error| ReadError::new("extension", error))?;
    let names = general_name::read_all(outer)?;
    // GeneralNames is SIZE (1..MAX).
    if names.is_empty() { Err(ReadError::new("extension", "a list of names has at least one")) } else { Ok(names) }
}

fn identifiers(value: &[u8]) -> Result<Vec<Oid>, ReadError> {
    let found = Vec::<ObjectIdentifier>::from_der(value).map_err(|error| ReadError::new("extension", error))?;
    if found.is_empty() {
        return Err(ReadError::new("extension", "a list of identifiers has at least one"));
    }
    Ok(found.into_iter().map(oids::from_der).collect())
}

/// The bits of a named bit list (X.690 section 11.2.2), first bit first. Trailing zero bits, which
/// DER forbids and some tools write, are let through.
fn key_usages(value: &[u8]) -> Result<KeyUsages, ReadError> {
    const ORDER: [KeyUsage; 9] = [
        KeyUsage::DigitalSignature,
        KeyUsage::NonRepudiation,
        KeyUsage::KeyEncipherment,
        KeyUsage::DataEncipherment,
        KeyUsage::KeyAgreement,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
        KeyUsage::EncipherOnly,
        KeyUsage::DecipherOnly,
    ];
    let bits = der::asn1::BitString::from_der(value).map_err(|error| ReadError::new("extension", error))?;
    let set =
        |position: usize| bits.raw_bytes().get(position / 8).is_some_and(|octet| octet & (0x80 >> (position % 8)) != 0);
    Ok(ORDER.into_iter().enumerate().filter(|(position, _)| set(*position)).map(|(_, usage)| usage).collect())
}

fn integer(value: &[u8]) -> Result<Serial, ReadError> {
    let integer = single(value).map_err(|error| ReadError::new("extension", error))?;
    integer.tag().assert_eq(Tag::Integer).map_err(|error| ReadError::new("extension", error))?;
    Ok(Serial::from_octets(integer.value()))
}

fn authority_key(value: &[u8]) -> Result<AuthorityKeyIdentifier, ReadError> {
    let mut found = AuthorityKeyIdentifier::default();
    for part in sequence(value).map_err(|error| ReadError::new("extension", error))? {
        match context_tag(part) {
            Some(0) => found.key_identifier = Some(part.value().to_vec()),
            Some(1) => found.issuer = general_name::read_all(part)?,
            Some(2) => found.serial = Some(Serial::from_octets(part.value())),
            _ => return Err(ReadError::new("extension", "an unknown part of the key identifier")),
        }
    }
    Ok(found)
}

fn distribution_point(value: AnyRef<'_>) -> Result<DistributionPoint, ReadError> {
    let mut point = DistributionPoint::default();
    for part in children(value).map_err(|error| ReadError::new("extension", error))? {
        match context_tag(part) {
            Some(0) => (point.full_name, point.relative_name) = point_name(part)?,
            Some(1) => point.has_reasons = true,
            Some(2) => point.crl_issuer = general_name::read_all(part)?,
            _ => return Err(ReadError::new("extension", "an unknown part of a distribution point")),
        }
    }
    Ok(point)
}

/// DistributionPointName: the full names, and whether it is a relative one.
fn point_name(part: AnyRef<'_>) -> Result<(Vec<crate::words::x509::general_name::GeneralName>, bool), ReadError> {
    let choice = single(part.value()).map_err(|error| ReadError::new("extension", error))?;
    match context_tag(choice) {
        Some(0) => Ok((general_name::read_all(choice)?, false)),
        Some(1) => Ok((Vec::new(), true)),
        _ => Err(ReadError::new("extension", "an unknown kind of distribution point name")),
    }
}

fn issuing_distribution_point(value: &[u8]) -> Result<IssuingDistributionPoint, ReadError> {
    let mut point = IssuingDistributionPoint::default();
    let flag = |part: AnyRef<'_>| part.value() != [0];
    for part in sequence(value).map_err(|error| ReadError::new("extension", error))? {
        match context_tag(part) {
            Some(0) => (point.full_name, _) = point_name(part)?,
            Some(1) => point.only_user_certificates = flag(part),
            Some(2) => point.only_ca_certificates = flag(part),
            Some(3) => point.only_some_reasons = true,
            Some(4) => point.indirect = flag(part),
            Some(5) => point.only_attribute_certificates = flag(part),
            _ => return Err(ReadError::new("extension", "an unknown part of the distribution point")),
        }
    }
    Ok(point)
}

pub(super) fn access(value: &[u8]) -> Result<Vec<AccessDescription>, ReadError> {
    let refuse = |error: der::Error| ReadError::new("extension", error);
    let mut found = Vec::new();
    for description in sequence(value).map_err(refuse)? {
        let parts = children(description).map_err(refuse)?;
        let [method, location] = parts.as_slice() else {
            return Err(ReadError::new("extension", "an access description has two parts"));
        };
        let method = oids::from_der(method.decode_as::<ObjectIdentifier>().map_err(refuse)?);
        found.push(AccessDescription { method, location: general_name::read(*location)? });
    }
    Ok(found)
}
