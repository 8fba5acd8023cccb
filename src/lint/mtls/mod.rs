//! What mutual TLS and the systems that speak it demand besides.

use crate::lint::Rule;

mod any_usage;
mod ca_with_tls_usage;
mod key_cannot_encipher;
mod key_not_secret;
mod leaf_cannot_sign;
mod leaf_without_san;
mod leaf_without_usage;
mod must_staple;
mod narrow_algorithm;
mod server_too_long;
mod spiffe_shape;
mod unknown_critical;
mod uri_constraints;
mod weak_key;
mod weak_signature;
mod wildcard_too_wide;

/// Each, in the order in which they are reported.
pub(super) const RULES: &[Rule] = &[
    weak_signature::RULE,
    weak_key::RULE,
    key_not_secret::RULE,
    narrow_algorithm::RULE,
    leaf_without_san::RULE,
    leaf_without_usage::RULE,
    any_usage::RULE,
    ca_with_tls_usage::RULE,
    leaf_cannot_sign::RULE,
    key_cannot_encipher::RULE,
    server_too_long::RULE,
    unknown_critical::RULE,
    must_staple::RULE,
    uri_constraints::RULE,
    wildcard_too_wide::RULE,
    spiffe_shape::RULE,
];
