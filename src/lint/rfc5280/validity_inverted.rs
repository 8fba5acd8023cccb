//! A certificate does not end before it begins.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.validity_inverted", severity: Severity::Error, clause: Some("RFC 5280 section 4.1.2.5"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let validity = certificate.validity();
    (validity.not_after < validity.not_before)
        .then(|| format!("it ends at `{}`, before it begins at `{}`", validity.not_after, validity.not_before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.validity.not_after = certificate.validity.not_before.plus_seconds(-1);
        assert!(check(&certificate).is_some());
    }
}
