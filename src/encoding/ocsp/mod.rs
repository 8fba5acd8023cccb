//! OCSP messages (RFC 6960 section 4): questions and answers between DER and words. They are read as
//! clients and other responders write them, and what we write is read back before it is given out.

mod cert_id;
pub mod request;
pub mod response;

pub use cert_id::cert_id;

use der::Tag;
use der::asn1::AnyRef;

use super::der_tree::{single, wrap};
use super::{ReadError, WriteError, extension, oid as oids};
use crate::words::x509::extension::Extension;
use crate::words::x509::ocsp::Nonce;
use crate::words::x509::oid;

/// The extensions within an explicit tag. One that is critical and not understood makes the message
/// unreadable (RFC 6960 section 4.1.2).
fn extensions(part: AnyRef<'_>, what: &'static str) -> Result<Vec<Extension>, ReadError> {
    let list = single(part.value()).map_err(|error| ReadError::new(what, error))?;
    let found = extension::read_sequence(list)?;
    match found.iter().find(|extension| extension.critical && extension.oid != oid::OCSP_NONCE) {
        Some(unknown) => {
            let reason = format!("its critical extension `{}` is not understood", unknown.oid);
            Err(ReadError::new(what, reason))
        }
        None => Ok(found),
    }
}

/// The nonce among them (RFC 9654 section 2.1): an OCTET STRING of 1 to 128 octets; anything else is
/// to be answered with malformedRequest.
fn nonce(extensions: &[Extension], what: &'static str) -> Result<Option<Nonce>, ReadError> {
    let Some(found) = extensions.iter().find(|extension| extension.oid == oid::OCSP_NONCE) else { return Ok(None) };
    let octets = single(&found.value).map_err(|error| ReadError::new(what, error))?;
    der::Tagged::tag(&octets).assert_eq(Tag::OctetString).map_err(|error| ReadError::new(what, error))?;
    let length = octets.value().len();
    match Nonce::new(octets.value().to_vec()) {
        Some(nonce) => Ok(Some(nonce)),
        None => Err(ReadError::new(what, format!("its nonce has {length} octets; allowed are 1 to 128"))),
    }
}

/// `Extensions` with the nonce alone.
fn write_nonce(nonce: &Nonce) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new("OCSP nonce", error);
    let octets = wrap(Tag::OctetString, nonce.octets()).map_err(refuse)?;
    let extension = sequence_of(&[&oid_der(&oid::OCSP_NONCE)?, &wrap(Tag::OctetString, &octets).map_err(refuse)?])?;
    sequence_of(&[&extension])
}

fn oid_der(oid: &crate::words::x509::oid::Oid) -> Result<Vec<u8>, WriteError> {
    der::Encode::to_der(&oids::to_der(oid)?).map_err(|error| WriteError::new("OCSP message", error))
}

/// A SEQUENCE of these values.
fn sequence_of(parts: &[&[u8]]) -> Result<Vec<u8>, WriteError> {
    wrapped(Tag::Sequence, &parts.concat())
}

/// `[number] EXPLICIT` around a value.
fn explicit(number: u32, value: &[u8]) -> Result<Vec<u8>, WriteError> {
    wrapped(der::TagNumber(number).context_specific(true), value)
}

fn wrapped(tag: Tag, content: &[u8]) -> Result<Vec<u8>, WriteError> {
    wrap(tag, content).map_err(|error| WriteError::new("OCSP message", error))
}
