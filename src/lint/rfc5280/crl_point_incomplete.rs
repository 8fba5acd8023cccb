//! A CRL distribution point says where, or who signs the CRL.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_point_incomplete",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.13"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let mut points = certificate.extensions().crl_distribution_points()?.iter();
    points
        .any(|point| point.full_name.is_empty() && !point.relative_name && point.crl_issuer.is_empty())
        .then(|| "a CRL distribution point names neither a place nor the CRL's issuer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::{DistributionPoint, ExtensionBody};

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let point = DistributionPoint { has_reasons: true, ..DistributionPoint::default() };
        let body = ExtensionBody::CrlDistributionPoints(vec![point]);
        sample::set_body(&mut certificate, &crate::x509::oid::CRL_DISTRIBUTION_POINTS, body);
        assert!(check(&certificate).is_some());
    }
}
