//! Extensions need version 3.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.version_not_3", severity: Severity::Error, clause: Some("RFC 5280 section 4.1.2.1"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let version = certificate.version();
    let has = if certificate.extensions().is_empty() { "" } else { ", and it has some" };
    (version != 3)
        .then(|| format!("it is of version {version}, which knows no extensions{has}; several peers refuse it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.version = 1;
        assert!(check(&certificate).is_some());
    }
}
