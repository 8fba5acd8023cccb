//! GeneralNames (RFC 5280 section 4.2.1.6), read whatever they hold, and written for name
//! constraints, which rcgen cannot express.

use std::net::IpAddr;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag, TagNumber};
use ipnet::IpNet;

use super::der_tree::{children, context_tag, single, wrap};
use super::{ReadError, WriteError, name, oid as oids};
use crate::words::x509::constraints::{NameConstraints, Subtree};
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::san::San;

/// The names of a GeneralNames value.
pub(super) fn read_all(value: AnyRef<'_>) -> Result<Vec<GeneralName>, ReadError> {
    let refuse = |error: der::Error| ReadError::new("list of names", error);
    children(value).map_err(refuse)?.into_iter().map(read).collect()
}

/// One GeneralName.
pub(super) fn read(value: AnyRef<'_>) -> Result<GeneralName, ReadError> {
    let refuse = |error: der::Error| ReadError::new("name", error);
    let octets = value.value();
    let tag = context_tag(value).and_then(|tag| u8::try_from(tag).ok());
    let unsupported = |tag| Ok(GeneralName::Unsupported { tag, value: octets.to_vec() });
    let ascii = |make: fn(String) -> GeneralName, tag| match std::str::from_utf8(octets) {
        Ok(text) if octets.is_ascii() => Ok(make(text.to_owned())),
        _ => unsupported(tag),
    };
    match tag {
        Some(0) => {
            let parts = children(value).map_err(refuse)?;
            let [kind, inner] = parts.as_slice() else {
                return Err(ReadError::new("name", "an otherName is a type and a value"));
            };
            let kind = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
            Ok(GeneralName::Other { kind, value: inner.value().to_vec() })
        }
        Some(1) => ascii(GeneralName::Email, 1),
        Some(2) => ascii(GeneralName::Dns, 2),
        Some(4) => name::read(octets).map(GeneralName::Directory),
        Some(6) => ascii(GeneralName::Uri, 6),
        Some(7) => Ok(address(octets).map_or_else(|| GeneralName::BadIp(octets.to_vec()), GeneralName::Ip)),
        Some(8) => {
            let oid = wrap(Tag::ObjectIdentifier, octets).map_err(refuse)?;
            let oid = single(&oid).and_then(AnyRef::decode_as::<ObjectIdentifier>).map_err(refuse)?;
            Ok(GeneralName::RegisteredId(oids::from_der(oid)))
        }
        Some(tag) if tag <= 8 => unsupported(tag),
        _ => Err(ReadError::new("name", "its tag is none of the nine kinds")),
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Some(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}

/// Name constraints (RFC 5280 section 4.2.1.10).
pub(super) fn read_constraints(value: AnyRef<'_>) -> Result<NameConstraints, ReadError> {
    let refuse = |error: der::Error| ReadError::new("name constraints", error);
    let mut constraints = NameConstraints::default();
    for part in children(value).map_err(refuse)? {
        let subtrees = children(part).map_err(refuse)?.into_iter().map(read_subtree).collect::<Result<Vec<_>, _>>()?;
        if subtrees.is_empty() {
            return Err(ReadError::new("name constraints", "a list of subtrees has at least one"));
        }
        match context_tag(part) {
            Some(0) => constraints.permitted = subtrees,
            Some(1) => constraints.excluded = subtrees,
            _ => return Err(ReadError::new("name constraints", "only permitted and excluded subtrees are known")),
        }
    }
    if constraints.is_empty() {
        return Err(ReadError::new("name constraints", "neither permitted nor excluded subtrees"));
    }
    Ok(constraints)
}

fn read_subtree(value: AnyRef<'_>) -> Result<Subtree, ReadError> {
    let parts = children(value).map_err(|error| ReadError::new("name constraints", error))?;
    let Some((base, bounds)) = parts.split_first() else {
        return Err(ReadError::new("name constraints", "a subtree without a base"));
    };
    // Section 4.2.1.10: minimum MUST be zero and maximum MUST be absent.
    let bounded = bounds.iter().any(|bound| context_tag(*bound) != Some(0) || bound.value() != [0]);
    if bounded {
        return Err(ReadError::new("name constraints", "a minimum other than 0 or a maximum is not allowed"));
    }
    let octets = base.value();
    if context_tag(*base) == Some(7) {
        return Ok(range(octets).map_or_else(|| Subtree::BadIp(octets.to_vec()), Subtree::Ip));
    }
    Ok(match read(*base)? {
        GeneralName::Dns(text) => Subtree::Dns(text),
        GeneralName::Uri(text) => Subtree::Uri(text),
        GeneralName::Email(text) => Subtree::Email(text),
        GeneralName::Directory(name) => Subtree::Directory(name),
        GeneralName::RegisteredId(oid) => Subtree::RegisteredId(oid),
        _ => Subtree::Unsupported {
            tag: context_tag(*base).and_then(|tag| u8::try_from(tag).ok()).unwrap_or(u8::MAX),
            value: octets.to_vec(),
        },
    })
}

/// Address and mask, 4 or 16 octets each.
fn range(octets: &[u8]) -> Option<IpNet> {
    let (base, mask) = octets.split_at(octets.len() / 2);
    IpNet::with_netmask(address(base)?, address(mask)?).ok().map(|range| range.trunc())
}

/// Writes name constraints.
pub(super) fn write_constraints(constraints: &NameConstraints) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new("name constraints", error);
    let mut content = Vec::new();
    for (number, subtrees) in [(TagNumber(0), &constraints.permitted), (TagNumber(1), &constraints.excluded)] {
        if subtrees.is_empty() {
            continue;
        }
        let mut list = Vec::new();
        for subtree in subtrees {
            list.extend_from_slice(&wrap(Tag::Sequence, &write_subtree(subtree)?).map_err(refuse)?);
        }
        content.extend_from_slice(&wrap(number.context_specific(true), &list).map_err(refuse)?);
    }
    wrap(Tag::Sequence, &content).map_err(refuse)
}

fn write_subtree(subtree: &Subtree) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new("name constraints", error);
    let (number, constructed, octets) = match subtree {
        Subtree::Email(text) => (1, false, text.as_bytes().to_vec()),
        Subtree::Dns(text) => (2, false, text.as_bytes().to_vec()),
        Subtree::Directory(name) => (4, true, name.der().to_vec()),
        Subtree::Uri(text) => (6, false, text.as_bytes().to_vec()),
        Subtree::Ip(range) => (7, false, [octets_of(range.addr()), octets_of(range.netmask())].concat()),
        Subtree::BadIp(octets) => (7, false, octets.clone()),
        Subtree::RegisteredId(oid) => {
            let der = oids::to_der(oid)?;
            (8, false, der.as_bytes().to_vec())
        }
        Subtree::Unsupported { .. } => return Err(WriteError::new("name constraints", "a subtree of unknown kind")),
    };
    wrap(TagNumber(number).context_specific(constructed), &octets).map_err(refuse)
}

fn octets_of(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// A GeneralName that is a URI, for access descriptions.
pub(super) fn write_uri(uri: &str) -> Result<Vec<u8>, WriteError> {
    if !uri.is_ascii() {
        return Err(WriteError::new("URL", "only ASCII is allowed in certificates"));
    }
    wrap(TagNumber(6).context_specific(false), uri.as_bytes()).map_err(|error| WriteError::new("URL", error))
}

/// The DER of an object identifier beside another value, as a SEQUENCE.
pub(super) fn oid_and(oid: &crate::words::x509::oid::Oid, rest: &[u8]) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new("extension", error);
    let mut content = oids::to_der(oid)?.to_der().map_err(refuse)?;
    content.extend_from_slice(rest);
    wrap(Tag::Sequence, &content).map_err(refuse)
}

/// A GeneralName of a kind that we issue.
pub(super) fn write_san(san: &San) -> Result<Vec<u8>, WriteError> {
    let (number, octets) = match san {
        San::Email(address) => (1, address.as_str().as_bytes().to_vec()),
        San::Dns(name) => (2, name.as_str().as_bytes().to_vec()),
        San::Uri(uri) => (6, uri.as_str().as_bytes().to_vec()),
        San::Ip(address) => (7, octets_of(*address)),
    };
    wrap(TagNumber(number).context_specific(false), &octets).map_err(|error| WriteError::new("name", error))
}
