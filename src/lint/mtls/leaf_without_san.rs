//! Leaves have alternative names.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::usage::ExtendedKeyUsage;

pub(super) const RULE: Rule =
    Rule { code: "lint.leaf_without_san", severity: Severity::Warning, clause: Some("RFC 9525 section 2"), check };

/// Peers of TLS look for names there; what signs an audit log or OCSP responses alone has no peers.
const PEERS: [ExtendedKeyUsage; 3] =
    [ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH, ExtendedKeyUsage::ANY];

fn check(certificate: &Certificate) -> Option<String> {
    let usages = certificate.extensions().extended_key_usage();
    let meets_peers = usages.is_none_or(|usages| PEERS.iter().any(|peer| usages.contains(peer)));
    (!certificate.is_ca() && meets_peers && certificate.extensions().subject_alt_names().is_empty())
        .then(|| "it has no alternative name; Go, rustls and Envoy look nowhere else".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::extension::ExtensionBody;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::remove(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME);
        assert!(check(&certificate).is_some());
        sample::remove(&mut certificate, &crate::x509::oid::EXTENDED_KEY_USAGE);
        assert!(check(&certificate).is_some(), "without usages it is taken for every purpose");
    }

    /// As of the certificate that signs the audit log: no peer ever looks for its name.
    #[test]
    fn what_meets_no_peer_needs_no_name() {
        let mut certificate = sample::leaf();
        sample::remove(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME);
        let usages = ExtensionBody::ExtendedKeyUsage(vec![ExtendedKeyUsage::OCSP_SIGNING]);
        sample::set_body(&mut certificate, &crate::x509::oid::EXTENDED_KEY_USAGE, usages);
        assert_eq!(check(&certificate), None);
    }
}
