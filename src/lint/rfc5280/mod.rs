//! What RFC 5280 demands of certificates.

use crate::lint::Rule;

mod ca_basic_constraints_not_critical;
mod ca_without_key_cert_sign;
mod ca_without_key_identifier;
mod ca_without_subject;
mod empty_subject_san_not_critical;
mod extension_malformed;
mod extension_twice;
mod issuer_empty;
mod key_cert_sign_without_ca;
mod key_usage_empty;
mod name_constraints_misplaced;
mod no_authority_key_identifier;
mod path_length_without_ca;
mod rdn_type_twice;
mod san_empty;
mod san_malformed;
mod serial_not_positive;
mod serial_too_long;
mod signature_algorithms_differ;
mod unique_ids;
mod validity_inverted;
mod version_not_3;

/// Each, in the order in which they are reported.
pub(super) const RULES: &[Rule] = &[
    serial_not_positive::RULE,
    serial_too_long::RULE,
    validity_inverted::RULE,
    version_not_3::RULE,
    unique_ids::RULE,
    extension_twice::RULE,
    extension_malformed::RULE,
    signature_algorithms_differ::RULE,
    empty_subject_san_not_critical::RULE,
    san_empty::RULE,
    san_malformed::RULE,
    ca_without_subject::RULE,
    issuer_empty::RULE,
    rdn_type_twice::RULE,
    ca_basic_constraints_not_critical::RULE,
    path_length_without_ca::RULE,
    key_usage_empty::RULE,
    key_cert_sign_without_ca::RULE,
    ca_without_key_cert_sign::RULE,
    ca_without_key_identifier::RULE,
    no_authority_key_identifier::RULE,
    name_constraints_misplaced::RULE,
];
