//! What somebody wants certified, before any rule has looked at it.

use super::x509::constraints::NameConstraints;
use super::x509::fingerprint::Fingerprint;
use super::x509::lifetime::LifetimeWish;
use super::x509::name::Name;
use super::x509::name_text::NameText;
use super::x509::san::San;

/// The wishes of a caller, beside those that the request itself carries.
///
/// Wishes of the order come from the operator; those of the request from whoever made it. Both go
/// through the same rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Subject alternative names. Where there is any, it takes the place of those of the request.
    pub sans: Vec<San>,
    /// The subject. Where given, it takes the place of that of the request.
    pub subject: Option<NameText>,
    /// How long it should hold; the profile's default where not given.
    pub lifetime: Option<LifetimeWish>,
    /// For CA certificates: how many CAs may follow below; the profile's where not given.
    pub path_length: Option<u32>,
    /// For CA certificates: what they may certify. Those of the issuer hold besides.
    pub name_constraints: NameConstraints,
    /// Who asks, as the ledger records it, where that is not the one who acts.
    pub requester: Option<String>,
}

impl Order {
    /// The digest of a request together with this order: of the request's DER, and behind it one line
    /// for each wish, such as `san dns:api.internal`. With no wish it is the digest of the DER alone.
    #[must_use]
    pub fn asked(&self, request: &[u8]) -> Fingerprint {
        let Self { sans, subject, lifetime, path_length, name_constraints, requester } = self;
        let NameConstraints { permitted, excluded } = name_constraints;
        let mut lines: Vec<String> = sans.iter().map(|san| format!("san {san}")).collect();
        lines.extend(
            subject.iter().map(|subject| {
                format!("subject {}", Name::from_encoding(subject.rdns().to_vec(), Vec::new()).rfc4514())
            }),
        );
        lines.extend(lifetime.iter().map(|wish| match wish {
            LifetimeWish::For(lifetime) => format!("lifetime {lifetime}"),
            LifetimeWish::AsBefore(lifetime) => format!("as_before {lifetime}"),
            LifetimeWish::Until(end) => format!("not_after {end}"),
        }));
        lines.extend(path_length.iter().map(|length| format!("path_length {length}")));
        lines.extend(permitted.iter().map(|subtree| format!("permit {subtree}")));
        lines.extend(excluded.iter().map(|subtree| format!("exclude {subtree}")));
        lines.extend(requester.iter().map(|requester| format!("requester {requester}")));
        let wishes: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Fingerprint::of(&[request, wishes.as_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "asks AWS-LC, which is no Rust")]
    fn what_was_asked_has_one_digest() {
        let order = Order::default();
        assert_eq!(order.asked(b"request"), Fingerprint::of(b"request"));
        let order = Order {
            sans: vec!["api.internal".parse().unwrap()],
            lifetime: Some(LifetimeWish::For("90d".parse().unwrap())),
            ..order
        };
        assert_eq!(order.asked(b"request"), Fingerprint::of(b"requestsan dns:api.internal\nlifetime 90d\n"));
    }
}
