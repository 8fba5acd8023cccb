//! From a CA's certificate up to its root, among certificates that somebody brought along.

use super::AuthorityError;
use crate::examine::verify::{Conformance, Question, verify};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::Purpose;
use crate::words::x509::weakness::Weakness;

/// The first certificate, checked to be a CA's by path validation up to a self-signed root among
/// the others, without a key that is no secret, and those above it in order, the root last.
pub(super) fn checked_chain(
    certificates: &[Certificate],
    now: Now,
) -> Result<(Certificate, Vec<Certificate>), AuthorityError> {
    let Some((certificate, others)) = certificates.split_first() else { return Err(AuthorityError::NoCertificate) };
    let above = path_to_root(certificate, others)?;
    let weak = |ca: &Certificate| Weakness::of(ca.public_key()).map(|weakness| (ca.subject().rfc4514(), weakness));
    if let Some((subject, weakness)) = std::iter::once(certificate).chain(&above).find_map(weak) {
        return Err(AuthorityError::KeyNotSecret { subject, weakness });
    }
    let root = above.last().unwrap_or(certificate);
    let anchors = [root.clone()];
    let question = Question {
        intermediates: &above,
        ..Question::new(std::slice::from_ref(certificate), &anchors, Purpose::Ca, now)
    };
    // An old CA may lack what section 4 asks of new ones; what it signs is checked by its own rules.
    let question = Question { conformance: Conformance::Reported, ..question };
    let answer = verify(&question);
    if answer.verdict() { Ok((certificate.clone(), above)) } else { Err(AuthorityError::NotACa(Box::new(answer))) }
}

/// Follows issuers by name and signature; each certificate is used once, so that it ends.
fn path_to_root(certificate: &Certificate, others: &[Certificate]) -> Result<Vec<Certificate>, AuthorityError> {
    let mut above: Vec<Certificate> = Vec::new();
    let mut current = certificate;
    while !current.is_self_issued() {
        let signs = |candidate: &&Certificate| {
            candidate.subject().matches(current.issuer())
                && current.verify_signature(candidate.public_key()).is_ok()
                && !above.contains(candidate)
        };
        let Some(issuer) = others.iter().find(signs) else {
            return Err(AuthorityError::NoRoot { subject: current.subject().rfc4514() });
        };
        above.push(issuer.clone());
        current = issuer;
    }
    Ok(above)
}
