//! A SPIFFE ID is the only URI; a workload has a path, a CA has none.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::GeneralName;

pub(super) const RULE: Rule =
    Rule { code: "lint.spiffe_shape", severity: Severity::Error, clause: Some("X509-SVID sections 2 and 3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let uris: Vec<&str> = certificate
        .extensions()
        .subject_alt_names()
        .iter()
        .filter_map(|name| if let GeneralName::Uri(uri) = name { Some(uri.as_str()) } else { None })
        .collect();
    let id = uris.iter().find_map(|uri| uri.strip_prefix("spiffe://"))?;
    let has_path = id.split_once('/').is_some_and(|(_, path)| !path.is_empty());
    if uris.len() > 1 {
        Some(format!("it has a SPIFFE ID and {} URIs, and exactly one is allowed", uris.len()))
    } else if certificate.is_ca() && has_path {
        Some("it is a CA whose SPIFFE ID has a path".to_owned())
    } else {
        (!certificate.is_ca() && !has_path).then(|| "its SPIFFE ID has no path, so it names no workload".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        let body =
            crate::x509::extension::ExtensionBody::SubjectAltName(vec![GeneralName::Uri("spiffe://a".to_owned())]);
        sample::set_body(&mut certificate, &crate::x509::oid::SUBJECT_ALT_NAME, body);
        assert!(check(&certificate).is_some());
    }
}
