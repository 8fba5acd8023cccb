//! Apple's systems refuse servers of private CAs above 825 days.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::ExtendedKeyUsage;

pub(super) const RULE: Rule = Rule {
    code: "lint.server_too_long",
    severity: Severity::Warning,
    clause: Some("Apple support article HT210176"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let serves = certificate.extensions().extended_key_usage()?.contains(&ExtendedKeyUsage::SERVER_AUTH);
    let days = certificate.validity().seconds() / 86_400;
    (serves && !certificate.is_ca() && days > 825)
        .then(|| format!("it is a server's and holds for {days} days; Apple's systems refuse more than 825"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.validity.not_after = certificate.validity.not_before.plus_seconds(826 * 86_400);
        assert!(check(&certificate).is_some());
    }
}
