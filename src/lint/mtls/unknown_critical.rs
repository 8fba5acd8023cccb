//! Peers refuse critical extensions that they do not know.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;

pub(super) const RULE: Rule =
    Rule { code: "lint.unknown_critical", severity: Severity::Warning, clause: Some("RFC 5280 section 4.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let unknown: Vec<String> = certificate
        .extensions()
        .iter()
        .filter(|extension| extension.critical && extension.body == ExtensionBody::Unknown)
        .map(|extension| format!("`{}`", extension.oid))
        .collect();
    (!unknown.is_empty()).then(|| format!("critical extensions that peers may not know: {}", unknown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &crate::x509::oid::KEY_USAGE, ExtensionBody::Unknown);
        assert!(check(&certificate).is_some());
    }
}
