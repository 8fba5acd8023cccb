//! The algorithm within the signed bytes is the one beside the signature.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.signature_algorithms_differ",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.1.1.2"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let (inner, outer) = (certificate.inner_signature_algorithm(), certificate.signature_algorithm());
    (inner != outer).then(|| format!("it says `{}` within and `{}` beside the signature", inner.name(), outer.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.signature_algorithm.oid = crate::x509::oid::ED25519;
        assert!(check(&certificate).is_some());
    }
}
