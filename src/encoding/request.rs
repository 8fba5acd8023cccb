//! Certification requests (RFC 2986): read whatever tool made them, written for `csr` and `issue`.

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Encode, Tag, TagNumber, Tagged};

use super::certificate::{algorithm_identifier, identifier_from_der};
use super::der_tree::{children, context_tag, range_within, sequence, single, wrap};
use super::{ReadError, WriteError, extension, general_name, name, oid as oids, pem, public_key};
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::extension::Extensions;
use crate::words::x509::name::{Name, Rdn};
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::request::{Request, RequestAttribute};
use crate::words::x509::san::San;
use crate::words::x509::usage::ExtendedKeyUsage;

const WHAT: &str = "certification request";

/// Every request of a file: one in DER, or one or many in PEM (`CERTIFICATE REQUEST`, also the
/// older `NEW CERTIFICATE REQUEST`), other blocks passed over.
///
/// # Errors
/// Where there is none, or one that cannot be read.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Request>, ReadError> {
    if !pem::is_pem(bytes) {
        pem::may_be_der(WHAT, bytes)?;
        return read(bytes).map(|request| vec![request]);
    }
    let blocks = pem::blocks(bytes)?;
    let requests =
        blocks.iter().filter(|b| matches!(b.label.as_str(), "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST"));
    let found: Vec<Request> = requests.map(|block| read(&block.der)).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(ReadError::new(WHAT, pem::has_only(&blocks)));
    }
    Ok(found)
}

/// The one request of a file, in PEM or DER.
///
/// # Errors
/// Where there is none, or more than one, or it cannot be read.
pub fn read_one(bytes: &[u8]) -> Result<Request, ReadError> {
    let mut requests = read_all(bytes)?;
    match (requests.pop(), requests.len()) {
        (Some(request), 0) => Ok(request),
        (_, others) => Err(ReadError::new(WHAT, format!("the file holds {} of them; one is wanted", others + 1))),
    }
}

/// Reads one request from DER, all of it. Its signature is not checked here: see
/// [`ProvenKey::from_request`](crate::x509::request::ProvenKey::from_request).
///
/// # Errors
/// Where it is not the structure of RFC 2986 section 4.
pub fn read(der: &[u8]) -> Result<Request, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = sequence(der).map_err(refuse)?;
    let [info, algorithm, signature] = parts.as_slice() else {
        return Err(ReadError::new(WHAT, "it is not a signed structure of three parts"));
    };
    signature.tag().assert_eq(Tag::BitString).map_err(refuse)?;
    let Some((0, signature)) = signature.value().split_first().map(|(unused, octets)| (*unused, octets)) else {
        return Err(ReadError::new(WHAT, "its signature is not whole octets"));
    };
    let info_der = info.to_der().map_err(refuse)?;
    let inner = range_within(der, info.value()).ok_or_else(|| ReadError::new(WHAT, "it has no signed part"))?;
    let header = info_der.len().saturating_sub(info.value().len());
    let to_be_signed = inner.start.saturating_sub(header)..inner.end;

    let fields = sequence(&info_der).map_err(refuse)?;
    let [version, subject, key, rest @ ..] = fields.as_slice() else {
        return Err(ReadError::new(WHAT, "it lacks version, subject or key"));
    };
    let version = match version.decode_as::<UintRef<'_>>().map_err(refuse)?.as_bytes() {
        [number] => u32::from(*number).saturating_add(1),
        _ => return Err(ReadError::new(WHAT, "its version is out of range")),
    };
    let (attributes, extensions) = read_attributes(rest)?;
    Ok(Request {
        der: der.to_vec(),
        to_be_signed,
        version,
        subject: name::read(&subject.to_der().map_err(refuse)?)?,
        public_key: public_key::read(&key.to_der().map_err(refuse)?)?,
        attributes,
        extensions: Extensions::new(extensions),
        signature_algorithm: identifier_from_der(*algorithm)?,
        signature: signature.to_vec(),
    })
}

type Attributes = (Vec<RequestAttribute>, Vec<crate::words::x509::extension::Extension>);

/// The `[0]` attributes, which some tools leave out altogether, and the extensions within them.
fn read_attributes(rest: &[AnyRef<'_>]) -> Result<Attributes, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let (mut attributes, mut extensions) = (Vec::new(), Vec::new());
    let list = match rest {
        [] => return Ok((attributes, extensions)),
        [list] if context_tag(*list) == Some(0) => list,
        _ => return Err(ReadError::new(WHAT, "only attributes may follow the key")),
    };
    for attribute in children(*list).map_err(refuse)? {
        let parts = children(attribute).map_err(refuse)?;
        let [kind, values] = parts.as_slice() else {
            return Err(ReadError::new(WHAT, "an attribute is a type and a set of values"));
        };
        let oid = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
        if oid == oid::EXTENSION_REQUEST || oid == oid::MS_CERT_EXTENSIONS {
            for list in children(*values).map_err(refuse)? {
                extensions.extend(extension::read_sequence(list)?);
            }
        }
        attributes.push(RequestAttribute { oid, values: values.to_der().map_err(refuse)? });
    }
    Ok((attributes, extensions))
}

/// What a request of ours asks for.
#[derive(Debug, Clone)]
pub struct Wishes<'a> {
    /// Whom it is about.
    pub subject: &'a [Rdn],
    /// The key.
    pub public_key: &'a PublicKey,
    /// Subject alternative names.
    pub sans: &'a [San],
    /// Extended key usages.
    pub extended_key_usage: &'a [ExtendedKeyUsage],
}

/// The DER of the CertificationRequestInfo (RFC 2986 section 4.1).
///
/// # Errors
/// Where a value cannot be encoded.
pub fn to_be_signed(wishes: &Wishes<'_>) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new(WHAT, error);
    let subject: Name = name::encode(wishes.subject)?;
    let mut extensions = Vec::new();
    if !wishes.sans.is_empty() {
        let names: Vec<u8> = wishes.sans.iter().map(general_name::write_san).collect::<Result<Vec<_>, _>>()?.concat();
        // RFC 5280 section 4.1.2.6: critical where the subject is empty.
        let critical = subject.is_empty();
        extensions.push(write_extension(
            &oid::SUBJECT_ALT_NAME,
            critical,
            &wrap(Tag::Sequence, &names).map_err(refuse)?,
        )?);
    }
    if !wishes.extended_key_usage.is_empty() {
        let mut list = Vec::new();
        for usage in wishes.extended_key_usage {
            list.extend_from_slice(&oids::to_der(usage.oid())?.to_der().map_err(refuse)?);
        }
        extensions.push(write_extension(
            &oid::EXTENDED_KEY_USAGE,
            false,
            &wrap(Tag::Sequence, &list).map_err(refuse)?,
        )?);
    }
    let mut attributes = Vec::new();
    if !extensions.is_empty() {
        let list = wrap(Tag::Sequence, &extensions.concat()).map_err(refuse)?;
        attributes = general_name::oid_and(&oid::EXTENSION_REQUEST, &wrap(Tag::Set, &list).map_err(refuse)?)?;
    }
    let attributes = wrap(TagNumber(0).context_specific(true), &attributes).map_err(refuse)?;
    let content = [&[0x02, 0x01, 0x00][..], subject.der(), wishes.public_key.spki(), &attributes].concat();
    wrap(Tag::Sequence, &content).map_err(refuse)
}

fn write_extension(oid: &oid::Oid, critical: bool, body: &[u8]) -> Result<Vec<u8>, WriteError> {
    let octets = wrap(Tag::OctetString, body).map_err(|error| WriteError::new(WHAT, error))?;
    let flag = if critical { &[0x01, 0x01, 0xff][..] } else { &[] };
    general_name::oid_and(oid, &[flag, &octets].concat())
}

/// The request: what was signed, the algorithm, and the signature.
///
/// # Errors
/// Where the result cannot be read back.
pub fn assemble(to_be_signed: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Result<Request, WriteError> {
    let refuse = |error: der::Error| WriteError::new(WHAT, error);
    let bits = wrap(Tag::BitString, &[&[0], signature].concat()).map_err(refuse)?;
    let content = [to_be_signed, &algorithm_identifier(algorithm)?, &bits].concat();
    let der = wrap(Tag::Sequence, &content).map_err(refuse)?;
    single(&der).map_err(refuse)?;
    read(&der).map_err(|error| WriteError::new(WHAT, error))
}
