//! A CRL distribution point says where, or who signs the CRL.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::{DistributionPoint, ExtensionBody};

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_point_incomplete",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.13"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    points(certificate)
        .any(|point| point.full_name.is_empty() && !point.relative_name && point.crl_issuer.is_empty())
        .then(|| "a CRL distribution point names neither a place nor the CRL's issuer".to_owned())
}

fn points(certificate: &Certificate) -> impl Iterator<Item = &DistributionPoint> {
    certificate.extensions().iter().flat_map(|extension| match &extension.body {
        ExtensionBody::CrlDistributionPoints(points) => points.as_slice(),
        _ => &[],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

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
