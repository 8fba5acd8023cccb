//! Given names and surnames should fit the systems of X.411.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule =
    Rule { code: "lint.personal_name_long", severity: Severity::Notice, clause: Some("RFC 5280 appendix A.1"), check };

/// ub-common-name-length.
const FIT: usize = 64;

fn check(certificate: &Certificate) -> Option<String> {
    let long = certificate.subject().attributes().find(|attribute| {
        [oid::GIVEN_NAME, oid::SURNAME].contains(&attribute.kind)
            && attribute.value.text().is_some_and(|text| text.chars().count() > FIT)
    })?;
    let kind = long.kind.shown();
    Some(format!("`{kind}` of the subject has more than {FIT} characters, which older systems cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        certificate.subject = sample::name(&format!("SN={}", "a".repeat(64)));
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name(&format!("SN={}", "a".repeat(65)));
        assert!(check(&certificate).is_some());
    }
}
