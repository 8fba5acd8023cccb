//! What is asked: which certificate, trusted by whom, for what, when.

use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::san::San;
use crate::words::x509::usage::Purpose;

/// Everything that path validation needs to know.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The first is the one asked about; the others came in the same file and count as intermediates.
    pub certificates: &'a [Certificate],
    /// Further certificates that a path may lead through.
    pub intermediates: &'a [Certificate],
    /// Whom we trust.
    pub anchors: &'a [Certificate],
    /// Revocation lists, of any issuer and in any order.
    pub crls: &'a [RevocationList],
    /// What the certificate is to be used for.
    pub purpose: Purpose,
    /// Names that it has to carry, each of them.
    pub names: Vec<San>,
    /// Whether every CA of the path needs a CRL that covers what it signed.
    pub require_crl: bool,
    /// How many intermediates, self-issued ones not counted, the path may have.
    pub max_depth: Option<usize>,
    /// Whether breaches of the certificate profile that do not touch path validation are failures.
    pub conformance: Conformance,
    /// The moment that it is asked for.
    pub at: Now,
}

/// What to make of certificates that break what RFC 5280 sections 4 and 5 ask of CAs, although section 6
/// does not have validators look: a missing key identifier, an extension with the wrong criticality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conformance {
    /// They are refused, as strict peers do (OpenSSL with `-x509_strict`, Python 3.13, pyca).
    #[default]
    Required,
    /// They are warned of.
    Reported,
}

impl<'a> Question<'a> {
    /// The plainest question: is the first of these certificates good for `purpose` now, to somebody who
    /// trusts `anchors`?
    #[must_use]
    pub const fn new(certificates: &'a [Certificate], anchors: &'a [Certificate], purpose: Purpose, at: Now) -> Self {
        Self {
            certificates,
            intermediates: &[],
            anchors,
            crls: &[],
            purpose,
            names: Vec::new(),
            require_crl: false,
            max_depth: None,
            conformance: Conformance::Required,
            at,
        }
    }
}
