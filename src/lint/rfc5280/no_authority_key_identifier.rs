//! Certificates of others than the issuer name the issuer's key.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::signature::SignatureError;

pub(super) const RULE: Rule = Rule {
    code: "lint.no_authority_key_identifier",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.1"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let named = certificate.extensions().authority_key_identifier().is_some_and(|aki| aki.key_identifier.is_some());
    (!named && !is_root(certificate)).then(|| "it does not name its issuer's key (authority key identifier)".to_owned())
}

/// Section 4.2.1.1 lets a CA's own certificate leave it out where its key has signed it. Where the signature
/// cannot be checked, the names say whose it is.
fn is_root(certificate: &Certificate) -> bool {
    certificate.is_ca()
        && certificate.is_self_issued()
        && certificate.verify_signature(certificate.public_key()) != Err(SignatureError::Mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::remove(&mut certificate, &crate::x509::oid::AUTHORITY_KEY_IDENTIFIER);
        assert!(check(&certificate).is_some());
    }
}
