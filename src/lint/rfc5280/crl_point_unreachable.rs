//! CRLs are to be had by HTTP or LDAP.

use crate::lint::Rule;
use crate::lint::names::is_fetchable;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.crl_point_unreachable",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.13"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let mut points = certificate.extensions().crl_distribution_points()?.iter();
    points
        .any(|point| !point.full_name.is_empty() && !point.full_name.iter().any(is_fetchable))
        .then(|| "a CRL distribution point has no `http:` or `ldap:` URL, so that peers do not find the CRL".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::{DistributionPoint, ExtensionBody};
    use crate::words::x509::general_name::GeneralName;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let point = DistributionPoint {
            full_name: vec![GeneralName::Uri("ftp://pki.example.org/g1.crl".to_owned())],
            ..DistributionPoint::default()
        };
        let body = ExtensionBody::CrlDistributionPoints(vec![point]);
        sample::set_body(&mut certificate, &crate::x509::oid::CRL_DISTRIBUTION_POINTS, body);
        assert!(check(&certificate).is_some());
    }
}
