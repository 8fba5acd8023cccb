//! Reading certificates.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag};
use x509_parser::asn1_rs::{Any, ToDer};
use x509_parser::certificate::{TbsCertificateParser, X509CertificateParser};
use x509_parser::nom::Parser;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

use crate::encoding::der_tree::{children, is_sequence, range_within, value_from, wrap};
use crate::encoding::recognition::{Shape, shape};
use crate::encoding::{ReadError, extension, key_store, name, oid as oids, pem, pkcs7, public_key};
use crate::words::clock::Time;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::Extensions;
use crate::words::x509::oid;
use crate::words::x509::serial::Serial;
use crate::words::x509::signature::{PssHash, SignatureIdentifier};
use crate::words::x509::validity::Validity;

const WHAT: &str = "certificate";

/// Reads one certificate from DER, all of it.
///
/// # Errors
/// Where it is not the structure of RFC 5280 section 4.1, or bytes follow it. A body of an
/// extension that does not decode is no error here: it becomes
/// [`ExtensionBody::Malformed`](crate::x509::extension::ExtensionBody::Malformed).
pub fn read(der: &[u8]) -> Result<Certificate, ReadError> {
    is_sequence(WHAT, der)?;
    let (rest, parsed) = X509CertificateParser::new()
        .with_deep_parse_extensions(false)
        .parse(der)
        .map_err(|error| unreadable(&error))?;
    if !rest.is_empty() {
        return Err(ReadError::new(WHAT, format!("{} bytes follow it", rest.len())));
    }
    let tbs = &parsed.tbs_certificate;
    let to_be_signed = range_within(der, tbs.as_ref()).ok_or_else(|| ReadError::new(WHAT, "it has no signed part"))?;
    if parsed.signature_value.unused_bits != 0 {
        return Err(ReadError::new(WHAT, "its signature is not whole octets"));
    }
    Ok(Certificate {
        to_be_signed,
        signature_algorithm: identifier(&parsed.signature_algorithm)?,
        signature: parsed.signature_value.data.to_vec(),
        ..from_tbs(tbs, der)?
    })
}

/// Reads to-be-signed bytes as the certificate that they will become: the second reading of what
/// we are about to sign. Its signature is empty and verifies under no key.
///
/// # Errors
/// Where they are not the structure of RFC 5280 section 4.1.
pub fn preview(to_be_signed: &[u8]) -> Result<Certificate, ReadError> {
    let (rest, tbs) = TbsCertificateParser::new()
        .with_deep_parse_extensions(false)
        .parse(to_be_signed)
        .map_err(|error| unreadable(&error))?;
    if !rest.is_empty() {
        return Err(ReadError::new(WHAT, format!("{} bytes follow it", rest.len())));
    }
    from_tbs(&tbs, to_be_signed)
}

/// Every certificate of a file: one in DER, one or many in PEM, other blocks passed over, or those of PKCS#7,
/// whose set has no order: there the leaf comes first.
///
/// # Errors
/// Where there is none, or one that cannot be read.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Certificate>, ReadError> {
    if !pem::is_pem(bytes) {
        if let Some(kind) = key_store::kind(bytes) {
            return Err(ReadError::new(WHAT, format!("it is a {kind} store, which only its password opens")));
        }
        pem::may_be_der(WHAT, bytes)?;
        if shape(bytes) == Shape::Pkcs7 {
            return of_pkcs7(bytes);
        }
        return read(bytes).map(|certificate| vec![certificate]);
    }
    let blocks = pem::blocks(bytes)?;
    let is_certificate = |label: &str| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE");
    let mut found: Vec<Certificate> = Vec::new();
    for block in &blocks {
        match block.label.as_str() {
            label if is_certificate(label) => found.push(read(first_value(label, &block.der))?),
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => found.extend(of_pkcs7(&block.der)?),
            _ => {}
        }
    }
    if found.is_empty() {
        return Err(ReadError::new(WHAT, pem::has_only(&blocks)));
    }
    Ok(found)
}

fn of_pkcs7(der: &[u8]) -> Result<Vec<Certificate>, ReadError> {
    let carried = pkcs7::read(der)?.certificates;
    let found = carried.iter().map(|der| read(der)).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err(ReadError::new(WHAT, "the PKCS#7 file has none"));
    }
    Ok(leaf_first(found))
}

/// Certificates whose order says nothing: the one that issued none of the others, then those above it, then the
/// rest; as they were where several issued none.
#[must_use]
pub fn leaf_first(mut found: Vec<Certificate>) -> Vec<Certificate> {
    let issued_none =
        |one: &Certificate| found.iter().all(|other| other == one || !other.issuer().matches(one.subject()));
    let lowest: Vec<usize> =
        found.iter().enumerate().filter(|(_, one)| issued_none(one)).map(|(place, _)| place).collect();
    let [place] = lowest.as_slice() else { return found };
    let mut ordered = vec![found.remove(*place)];
    while let Some(current) = ordered.last()
        && let Some(place) = found.iter().position(|above| above.subject().matches(current.issuer()))
    {
        ordered.push(found.remove(place));
    }
    ordered.append(&mut found);
    ordered
}

/// OpenSSL's `TRUSTED CERTIFICATE` has trust settings behind the certificate; they are passed over.
fn first_value<'a>(label: &str, der: &'a [u8]) -> &'a [u8] {
    let end = |first: &AnyRef<'_>| first.encoded_len().ok().and_then(|length| usize::try_from(length).ok());
    match (label, crate::encoding::der_tree::values(der)) {
        ("TRUSTED CERTIFICATE", Ok(values)) => {
            values.first().and_then(end).and_then(|end| der.get(..end)).unwrap_or(der)
        }
        _ => der,
    }
}

fn from_tbs(tbs: &x509_parser::certificate::TbsCertificate<'_>, der: &[u8]) -> Result<Certificate, ReadError> {
    let extensions = tbs
        .extensions()
        .iter()
        .map(|found| extension::read(oids::from_parser(&found.oid), found.critical, found.value))
        .collect();
    let time = |time: x509_parser::time::ASN1Time| {
        Time::from_unix(time.timestamp()).ok_or_else(|| ReadError::new(WHAT, "a date is out of range"))
    };
    let name = |raw: &[u8]| name::read(value_from(der, raw).unwrap_or(raw));
    let algorithm = identifier(&tbs.signature)?;
    Ok(Certificate {
        der: der.to_vec(),
        to_be_signed: 0..der.len(),
        version: tbs.version.0.saturating_add(1),
        serial: Serial::from_octets(tbs.raw_serial()),
        inner_signature_algorithm: algorithm.clone(),
        issuer: name(tbs.issuer.as_raw())?,
        validity: Validity { not_before: time(tbs.validity.not_before)?, not_after: time(tbs.validity.not_after)? },
        subject: name(tbs.subject.as_raw())?,
        public_key: public_key::read(tbs.subject_pki.raw)?,
        has_unique_ids: tbs.issuer_uid.is_some() || tbs.subject_uid.is_some(),
        extensions: Extensions::new(extensions),
        signature_algorithm: algorithm,
        signature: Vec::new(),
    })
}

/// The algorithm beside a signature, as `x509-parser` has read it.
pub(in crate::encoding) fn identifier(found: &AlgorithmIdentifier<'_>) -> Result<SignatureIdentifier, ReadError> {
    let oid = oids::from_parser(&found.algorithm);
    let refuse = |_| ReadError::new(WHAT, "the parameters of its signature algorithm do not decode");
    let parameters = found.parameters.as_ref().map(Any::to_der_vec).transpose().map_err(refuse)?;
    let pss_hash = if oid == oid::RSA_PSS { found.parameters.as_ref().and_then(pss_hash) } else { None };
    Ok(SignatureIdentifier { oid, parameters, pss_hash })
}

/// The algorithm beside a signature, from its DER.
pub(in crate::encoding) fn identifier_from_der(value: AnyRef<'_>) -> Result<SignatureIdentifier, ReadError> {
    let refuse = |error: der::Error| ReadError::new("signature algorithm", error);
    let parts = children(value).map_err(refuse)?;
    let Some((kind, parameters)) = parts.split_first() else {
        return Err(ReadError::new("signature algorithm", "it is empty"));
    };
    let oid = oids::from_der(kind.decode_as::<ObjectIdentifier>().map_err(refuse)?);
    let parameters = match parameters {
        [] => None,
        [one] => Some(one.to_der().map_err(refuse)?),
        _ => return Err(ReadError::new("signature algorithm", "it has more than one parameter")),
    };
    let whole = wrap(Tag::Sequence, value.value()).map_err(refuse)?;
    let pss_hash = match x509_parser::prelude::FromDer::from_der(&whole) {
        Ok((_, AlgorithmIdentifier { parameters: Some(parameters), .. })) if oid == oid::RSA_PSS => {
            pss_hash(&parameters)
        }
        _ => None,
    };
    Ok(SignatureIdentifier { oid, parameters, pss_hash })
}

/// RFC 4055 section 3.1, where hash, mask and salt length belong together.
fn pss_hash(parameters: &Any<'_>) -> Option<PssHash> {
    let parameters = RsaSsaPssParams::try_from(parameters).ok()?;
    let hash = parameters.hash_algorithm_oid().to_id_string();
    let mask = parameters.mask_gen_algorithm().ok()?;
    if mask.mgf.to_id_string() != "1.2.840.113549.1.1.8" || mask.hash.to_id_string() != hash {
        return None;
    }
    match (hash.as_str(), parameters.salt_length()) {
        ("2.16.840.1.101.3.4.2.1", 32) => Some(PssHash::Sha256),
        ("2.16.840.1.101.3.4.2.2", 48) => Some(PssHash::Sha384),
        ("2.16.840.1.101.3.4.2.3", 64) => Some(PssHash::Sha512),
        _ => None,
    }
}

fn unreadable(error: &x509_parser::nom::Err<x509_parser::error::X509Error>) -> ReadError {
    use x509_parser::nom::Err;
    match error {
        Err::Incomplete(_) => ReadError::new(WHAT, "it is cut off"),
        Err::Error(error) | Err::Failure(error) => ReadError::new(WHAT, error),
    }
}
