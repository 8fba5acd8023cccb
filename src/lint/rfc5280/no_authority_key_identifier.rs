//! Certificates of others than the issuer name the issuer's key.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.no_authority_key_identifier",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.1"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let named = certificate.extensions().authority_key_identifier().is_some_and(|aki| aki.key_identifier.is_some());
    (!named && !certificate.is_self_issued())
        .then(|| "it does not name its issuer's key (authority key identifier)".to_owned())
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
