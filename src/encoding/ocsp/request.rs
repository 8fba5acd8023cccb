//! OCSPRequest (RFC 6960 section 4.1.1).

use der::{Tag, Tagged};

use super::{cert_id, extensions, nonce, sequence_of};
use crate::encoding::der_tree::{children, context_tag, sequence, single};
use crate::encoding::{ReadError, WriteError};
use crate::words::x509::ocsp::{CertId, OcspRequest};

const WHAT: &str = "OCSP request";
/// More certificates than any client asks about at once.
const MOST: usize = 1_000;

/// Reads one request from DER, all of it.
///
/// # Errors
/// Where it is not the structure of RFC 6960 section 4.1.1, asks about no certificate, or has a nonce
/// that RFC 9654 section 2.1 forbids.
pub fn read(der: &[u8]) -> Result<OcspRequest, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = sequence(der).map_err(refuse)?;
    let to_be_signed = match parts.as_slice() {
        [only] => *only,
        [first, signature] if context_tag(*signature) == Some(0) => *first,
        _ => return Err(ReadError::new(WHAT, "it is a list of certificates and perhaps a signature")),
    };
    to_be_signed.tag().assert_eq(Tag::Sequence).map_err(refuse)?;
    let mut request = OcspRequest { certificates: Vec::new(), nonce: None };
    for part in children(to_be_signed).map_err(refuse)? {
        match context_tag(part) {
            // Version 1 is the default, and the only one.
            Some(0) if single(part.value()).map_err(refuse)?.value() == [0] => {}
            Some(0) => return Err(ReadError::new(WHAT, "its version is not 1")),
            // Who asks does not matter.
            Some(1) => {}
            Some(2) => request.nonce = nonce(&extensions(part, WHAT)?, WHAT)?,
            None if part.tag() == Tag::Sequence && request.certificates.is_empty() => {
                for one in children(part).map_err(refuse)? {
                    request.certificates.push(certificate(one)?);
                }
            }
            _ => return Err(ReadError::new(WHAT, "it has a part that is not known")),
        }
    }
    match request.certificates.len() {
        0 => Err(ReadError::new(WHAT, "it asks about no certificate")),
        1..=MOST => Ok(request),
        many => Err(ReadError::new(WHAT, format!("it asks about {many} certificates; at most {MOST} are answered"))),
    }
}

/// Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
fn certificate(one: der::asn1::AnyRef<'_>) -> Result<CertId, ReadError> {
    let parts = children(one).map_err(|error| ReadError::new(WHAT, error))?;
    match parts.as_slice() {
        [certificate] => cert_id::read(*certificate),
        [certificate, further] if context_tag(*further) == Some(0) => {
            extensions(*further, WHAT)?;
            cert_id::read(*certificate)
        }
        _ => Err(ReadError::new(WHAT, "a question is a certificate and perhaps extensions")),
    }
}

/// The DER of the request that clients of RFC 5019 (section 2.1.1) make about one certificate: without
/// a nonce, a name or a signature, so that the same question always has the same bytes.
///
/// # Errors
/// Where it is too long for DER.
pub fn about(certificate: &CertId) -> Result<Vec<u8>, WriteError> {
    let list = sequence_of(&[&sequence_of(&[certificate.der()])?])?;
    sequence_of(&[&sequence_of(&[&list])?])
}
