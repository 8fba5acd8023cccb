//! Signatures do not rest on MD5 or SHA-1, but for that of a root on itself, which proves nothing either way.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.weak_signature", severity: Severity::Error, clause: Some("RFC 8446 section 4.4.2.4"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let algorithm = certificate.signature_algorithm();
    (algorithm.is_broken() && !certificate.is_self_issued())
        .then(|| format!("its signature `{}` rests on a broken hash", algorithm.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.signature_algorithm.oid = crate::x509::oid::SHA1_WITH_RSA;
        assert!(check(&certificate).is_some());
    }
}
