//! Alternative names that peers cannot compare, whether of the subject or of the issuer.

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
}
