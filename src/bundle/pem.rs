//! PEM as servers and clients want it: leaf first, then its chain, without the root.

use crate::encoding::pem::write;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::request::Request;

/// One certificate.
#[must_use]
pub fn certificate(certificate: &Certificate) -> String {
    write("CERTIFICATE", certificate.der())
}

/// Several, in this order.
#[must_use]
pub fn certificates<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
    certificates.into_iter().map(certificate).collect()
}

/// One request.
#[must_use]
pub fn request(request: &Request) -> String {
    write("CERTIFICATE REQUEST", request.der())
}
