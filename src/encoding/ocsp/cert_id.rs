//! CertID (RFC 6960 section 4.1.1): digest algorithm, digests of the issuer's name and key, number.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag, Tagged};

use super::{oid_der, sequence_of, wrapped};
use crate::encoding::der_tree::children;
use crate::encoding::{ReadError, WriteError, oid as oids};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::IdDigest;
use crate::words::x509::ocsp::CertId;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::serial::Serial;

const WHAT: &str = "OCSP CertID";
/// Clients write the digest's parameters as NULL, and a request in a path is found by its bytes.
const NULL: [u8; 2] = [0x05, 0x00];

/// The name by which clients ask about the certificate with this number of this CA.
///
/// # Errors
/// Where it is too long for DER.
pub fn cert_id(digest: IdDigest, issuer: &Certificate, serial: &Serial) -> Result<CertId, WriteError> {
    let issuer_name = digest.of(issuer.subject().der());
    let issuer_key = digest.of(issuer.public_key().bits());
    let algorithm = sequence_of(&[&oid_der(&identifier(digest))?, &NULL])?;
    let der = sequence_of(&[
        &algorithm,
        &wrapped(Tag::OctetString, &issuer_name)?,
        &wrapped(Tag::OctetString, &issuer_key)?,
        &wrapped(Tag::Integer, serial.octets())?,
    ])?;
    Ok(CertId { digest: Some(digest), issuer_name, issuer_key, serial: serial.clone(), der })
}

pub(super) fn read(value: AnyRef<'_>) -> Result<CertId, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let parts = children(value).map_err(refuse)?;
    let [algorithm, name, key, serial] = parts.as_slice() else {
        return Err(ReadError::new(WHAT, "it is a digest algorithm, two digests and a number"));
    };
    name.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
    key.tag().assert_eq(Tag::OctetString).map_err(refuse)?;
    serial.tag().assert_eq(Tag::Integer).map_err(refuse)?;
    let algorithm = children(*algorithm).map_err(refuse)?;
    let Some(algorithm) = algorithm.first() else { return Err(ReadError::new(WHAT, "it names no digest")) };
    let algorithm = oids::from_der(algorithm.decode_as::<ObjectIdentifier>().map_err(refuse)?);
    let digest = [IdDigest::Sha1, IdDigest::Sha256].into_iter().find(|digest| identifier(*digest) == algorithm);
    Ok(CertId {
        digest,
        issuer_name: name.value().to_vec(),
        issuer_key: key.value().to_vec(),
        serial: Serial::from_octets(serial.value()),
        der: value.to_der().map_err(refuse)?,
    })
}

fn identifier(digest: IdDigest) -> Oid {
    match digest {
        IdDigest::Sha1 => oid::SHA1,
        IdDigest::Sha256 => oid::SHA256,
    }
}
