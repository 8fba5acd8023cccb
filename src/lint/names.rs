//! Names that peers can do nothing with: alternative names that cannot be compared, places that nobody gets at.

use std::net::IpAddr;

use crate::words::x509::general_name::{GeneralName, NotIssuable};
use crate::words::x509::san::{DnsName, San, UriName};

/// Why a name is not well formed, where it is not.
pub(super) fn malformed(name: &GeneralName) -> Option<String> {
    let reason = match name {
        // RFC 5280 section 4.2.1.6: these three are IA5String.
        GeneralName::Unsupported { tag: 1 | 2 | 6, .. } => "it holds other characters than ASCII",
        GeneralName::BadIp(_) => "an IP address has 4 or 16 octets",
        name => match name.to_san() {
            Err(NotIssuable::Form(error)) => error.reason,
            Ok(San::Uri(uri)) if !has_full_host(&uri) => "its host is neither a fully qualified name nor an IP address",
            _ => return None,
        },
    };
    Some(format!("`{name}`: {reason}"))
}

/// Section 4.2.1.6: a URI with an authority has a fully qualified name or an IP address there. A trust domain of
/// SPIFFE is no host.
fn has_full_host(uri: &UriName) -> bool {
    let host = uri.host();
    let is_name = || host.contains('.') && DnsName::parse(host).is_ok_and(|name| !name.is_wildcard());
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.is_empty() || uri.is_spiffe() || address.parse::<IpAddr>().is_ok() || is_name()
}

/// Whether the place is one that peers fetch from.
pub(super) fn is_fetchable(place: &GeneralName) -> bool {
    let GeneralName::Uri(uri) = place else { return false };
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    // Section 8: to check the certificate of an `https:` server the same file may be wanted.
    matches!(scheme.as_str(), "http" | "ldap")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_forms_of_rfc_5280() {
        let uri = |text: &str| malformed(&GeneralName::Uri(text.to_owned())).is_none();
        for good in
            ["https://a.example/x", "urn:uuid:1", "spiffe://prod/x", "https://192.0.2.1/", "https://[2001:db8::1]/"]
        {
            assert!(uri(good), "{good}");
        }
        for bad in ["/x", "a.example", "https:///x", "https://host/", "https://*.example.org/"] {
            assert!(!uri(bad), "{bad}");
        }
        assert!(malformed(&GeneralName::BadIp(vec![1, 2, 3])).is_some());
        assert!(malformed(&GeneralName::Unsupported { tag: 2, value: vec![0xe9] }).is_some());
        assert!(malformed(&GeneralName::RegisteredId(crate::x509::oid::Oid::literal("1.2.3"))).is_none());
    }

    #[test]
    fn places_are_fetched_by_http_and_ldap() {
        for (uri, fetchable) in [
            ("http://pki.example.org/g1.crl", true),
            ("HTTP://pki.example.org/g1.crl", true),
            ("ldap://pki.example.org/cn=CA", true),
            ("https://pki.example.org/g1.crl", false),
            ("ftp://pki.example.org/g1.crl", false),
            ("g1.crl", false),
        ] {
            assert_eq!(is_fetchable(&GeneralName::Uri(uri.to_owned())), fetchable, "{uri}");
        }
        assert!(!is_fetchable(&GeneralName::Dns("http://pki.example.org".to_owned())));
    }
}
