//! Object identifiers between their dotted word and the crates' own types.

use der::asn1::ObjectIdentifier;

use super::WriteError;
use crate::words::x509::oid::Oid;

/// The word for an identifier that `der` has read.
pub(super) fn from_der(oid: ObjectIdentifier) -> Oid {
    dotted(&oid.to_string())
}

/// The word for an identifier that `x509-parser` has read.
pub(super) fn from_parser(oid: &x509_parser::der_parser::asn1_rs::Oid<'_>) -> Oid {
    dotted(&oid.to_id_string())
}

/// What a DER reader accepts is well formed, except for arcs beyond 64 bits, which no known
/// identifier has; those become the identifier that stands for nothing.
fn dotted(text: &str) -> Oid {
    text.parse().unwrap_or(Oid::literal("0.0"))
}

/// The identifier as `der` writes it.
pub(super) fn to_der(oid: &Oid) -> Result<ObjectIdentifier, WriteError> {
    ObjectIdentifier::new(oid.dotted()).map_err(|error| WriteError::new("object identifier", format!("{oid}: {error}")))
}
