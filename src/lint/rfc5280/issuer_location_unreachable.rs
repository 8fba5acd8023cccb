//! The issuer's certificate is to be had by HTTP or LDAP.

use crate::lint::Rule;
use crate::lint::names::is_fetchable;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.issuer_location_unreachable",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.2.1"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let descriptions = certificate.extensions().authority_info_access()?;
    let mut issuers = descriptions.iter().filter(|description| description.method == oid::ACCESS_CA_ISSUERS).peekable();
    issuers.peek()?;
    (!issuers.any(|issuer| is_fetchable(&issuer.location))).then(|| {
        "no place of its issuer's certificate is an `http:` or `ldap:` URL, so that peers do not find it".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::{AccessDescription, ExtensionBody};
    use crate::words::x509::general_name::GeneralName;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let location = |uri: &str| {
            let location = GeneralName::Uri(uri.to_owned());
            ExtensionBody::AuthorityInfoAccess(vec![AccessDescription { method: oid::ACCESS_CA_ISSUERS, location }])
        };
        sample::add(&mut certificate, &oid::AUTHORITY_INFO_ACCESS, location("http://pki.example.org/g1.crt"));
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &oid::AUTHORITY_INFO_ACCESS, location("file:///g1.crt"));
        assert!(check(&certificate).is_some());
    }
}
