//! Object identifiers between their dotted word and the crates' own types.

use std::collections::HashMap;
use std::sync::LazyLock;

use der::asn1::ObjectIdentifier;

use super::WriteError;
use crate::words::x509::oid::Oid;

/// The identifiers that have a name, by the content of their DER. Nearly all that are read are among
/// them, and making the dotted text of each anew was two fifths of the cost of reading a certificate.
static KNOWN: LazyLock<HashMap<Vec<u8>, Oid>> = LazyLock::new(|| {
    Oid::known().filter_map(|oid| Some((to_der(oid).ok()?.as_bytes().to_vec(), oid.clone()))).collect()
});

/// The word for an identifier that `der` has read.
pub(super) fn from_der(oid: ObjectIdentifier) -> Oid {
    KNOWN.get(oid.as_bytes()).cloned().unwrap_or_else(|| dotted(&oid.to_string()))
}

/// The word for an identifier that `x509-parser` has read.
pub(super) fn from_parser(oid: &x509_parser::der_parser::asn1_rs::Oid<'_>) -> Oid {
    KNOWN.get(oid.as_bytes()).cloned().unwrap_or_else(|| dotted(&oid.to_id_string()))
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
