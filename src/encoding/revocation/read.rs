//! Reading certificate revocation lists (RFC 5280 section 5.1), whoever made them.

use der::{Tag, Tagged};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate};
use x509_parser::time::ASN1Time;

use crate::encoding::certificate::identifier;
use crate::encoding::der_tree::{is_sequence, range_within, sequence, value_from};
use crate::encoding::{ReadError, extension, name, oid as oids, pem};
use crate::words::clock::Time;
use crate::words::x509::extension::Extensions;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};
use crate::words::x509::serial::Serial;

const WHAT: &str = "CRL";

/// Every CRL of a file: one in DER, or one or many in PEM (`X509 CRL`), other blocks passed over.
///
/// # Errors
/// Where there is none, or one that cannot be read.
pub fn read_all(bytes: &[u8]) -> Result<Vec<RevocationList>, ReadError> {
    if !pem::is_pem(bytes) {
        pem::may_be_der(WHAT, bytes)?;
        return read(bytes).map(|list| vec![list]);
    }
    let blocks = pem::blocks(bytes)?;
    let lists = blocks.iter().filter(|block| block.label == "X509 CRL");
    let found: Vec<RevocationList> = lists.map(|block| read(&block.der)).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(ReadError::new(WHAT, pem::has_only(&blocks)));
    }
    Ok(found)
}

/// Reads one CRL from DER, all of it. Its signature is not checked here.
///
/// # Errors
/// Where it is not the structure of RFC 5280 section 5.1.
pub fn read(der: &[u8]) -> Result<RevocationList, ReadError> {
    is_sequence(WHAT, der)?;
    let (rest, parsed) = CertificateRevocationList::from_der(der).map_err(|error| ReadError::new(WHAT, error))?;
    if !rest.is_empty() {
        return Err(ReadError::new(WHAT, format!("{} bytes follow it", rest.len())));
    }
    let list = &parsed.tbs_cert_list;
    let extension = |found: &x509_parser::extensions::X509Extension<'_>| {
        extension::read(oids::from_parser(&found.oid), found.critical, found.value)
    };
    let entry = |found: &RevokedCertificate<'_>| {
        Ok(RevokedEntry {
            serial: Serial::from_octets(found.raw_serial()),
            revoked_at: time(found.revocation_date)?,
            extensions: Extensions::new(found.extensions().iter().map(extension).collect()),
        })
    };
    let issuer = list.issuer.as_raw();
    Ok(RevocationList {
        der: der.to_vec(),
        to_be_signed: range_within(der, list.as_ref()).ok_or_else(|| ReadError::new(WHAT, "it has no signed part"))?,
        version: list.version.map_or(1, |version| version.0.saturating_add(1)),
        issuer: name::read(value_from(der, issuer).unwrap_or(issuer))?,
        this_update: time(list.this_update)?,
        next_update: list.next_update.map(time).transpose()?,
        entries: list.revoked_certificates.iter().map(entry).collect::<Result<_, ReadError>>()?,
        extensions: Extensions::new(list.extensions().iter().map(extension).collect()),
        signature_algorithm: identifier(&parsed.signature_algorithm)?,
        signature: parsed.signature_value.data.to_vec(),
    })
}

/// Whether a list has a list of entries that is empty (RFC 5280 section 5.1.2.6 has it left out).
#[must_use]
pub fn has_empty_entries(list: &RevocationList) -> bool {
    let parts = sequence(list.to_be_signed()).unwrap_or_default();
    // Behind the version: algorithm, issuer, one or two dates, then the entries.
    let mut behind_issuer = parts.iter().skip_while(|part| part.tag() == Tag::Integer).skip(2);
    behind_issuer.any(|part| part.tag() == Tag::Sequence && part.value().is_empty())
}

fn time(time: ASN1Time) -> Result<Time, ReadError> {
    Time::from_unix(time.timestamp()).ok_or_else(|| ReadError::new(WHAT, "a date is out of range"))
}
