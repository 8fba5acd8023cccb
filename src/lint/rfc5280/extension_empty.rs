//! Lists of extensions have at least one element.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule =
    Rule { code: "lint.extension_empty", severity: Severity::Error, clause: Some("RFC 5280 section 4.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    // Each is a SEQUENCE SIZE (1..MAX), or one of which a part has to be there.
    let lists = [
        oid::SUBJECT_DIRECTORY_ATTRIBUTES,
        oid::SUBJECT_ALT_NAME,
        oid::ISSUER_ALT_NAME,
        oid::NAME_CONSTRAINTS,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::CERTIFICATE_POLICIES,
        oid::POLICY_MAPPINGS,
        oid::POLICY_CONSTRAINTS,
        oid::EXTENDED_KEY_USAGE,
        oid::FRESHEST_CRL,
        oid::AUTHORITY_INFO_ACCESS,
        oid::SUBJECT_INFO_ACCESS,
    ];
    const EMPTY: [u8; 2] = [0x30, 0];
    let empty: Vec<String> = certificate
        .extensions()
        .iter()
        .filter(|extension| lists.contains(&extension.oid) && extension.value == EMPTY)
        .map(|extension| format!("`{}`", extension.oid.shown()))
        .collect();
    (!empty.is_empty()).then(|| format!("extensions are empty: {}", empty.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_value(&mut certificate, &oid::CRL_DISTRIBUTION_POINTS, &[0x30, 0]);
        assert!(check(&certificate).is_some());
    }
}
