//! What RFC 5280 demands of certificates.

use crate::lint::Rule;

mod any_policy_qualifier;
mod any_usage_critical;
mod attribute_string_type;
mod attribute_too_long;
mod ca_basic_constraints_not_critical;
mod ca_without_key_cert_sign;
mod ca_without_key_identifier;
mod ca_without_subject;
mod crl_point_incomplete;
mod crl_point_unreachable;
mod default_written;
mod empty_subject_san_not_critical;
mod extension_better_critical;
mod extension_better_not_critical;
mod extension_critical;
mod extension_empty;
mod extension_malformed;
mod extension_not_critical;
mod extension_twice;
mod issuer_empty;
mod issuer_location_unreachable;
mod issuer_names_malformed;
mod key_cert_sign_without_ca;
mod key_usage_empty;
mod key_usage_not_der;
mod leaf_without_key_identifier;
mod name_constraint_kind;
mod name_constraints_misplaced;
mod no_authority_key_identifier;
mod notice_control_characters;
mod notice_reference;
mod notice_string_type;
mod notice_too_long;
mod path_length_without_ca;
mod personal_name_long;
mod policy_mapping_any;
mod policy_mapping_not_asserted;
mod policy_twice;
mod printable_string_alphabet;
mod rdn_empty;
mod rdn_type_twice;
mod rsa_key_parameters;
mod rsa_signature_parameters;
mod san_empty;
mod san_malformed;
mod serial_not_positive;
mod serial_too_long;
mod signature_algorithms_differ;
mod subject_control_characters;
mod subject_email_not_in_san;
mod time_form;
mod unique_ids;
mod uri_constraint_not_host;
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
    default_written::RULE,
    time_form::RULE,
    extension_critical::RULE,
    extension_better_not_critical::RULE,
    extension_not_critical::RULE,
    extension_better_critical::RULE,
    crl_point_incomplete::RULE,
    crl_point_unreachable::RULE,
    issuer_location_unreachable::RULE,
    any_usage_critical::RULE,
    policy_twice::RULE,
    any_policy_qualifier::RULE,
    notice_reference::RULE,
    notice_too_long::RULE,
    notice_string_type::RULE,
    notice_control_characters::RULE,
    policy_mapping_any::RULE,
    policy_mapping_not_asserted::RULE,
    issuer_names_malformed::RULE,
    leaf_without_key_identifier::RULE,
    key_usage_not_der::RULE,
    attribute_string_type::RULE,
    printable_string_alphabet::RULE,
    subject_control_characters::RULE,
    attribute_too_long::RULE,
    personal_name_long::RULE,
    name_constraint_kind::RULE,
    uri_constraint_not_host::RULE,
    rsa_key_parameters::RULE,
    rsa_signature_parameters::RULE,
    subject_email_not_in_san::RULE,
    extension_empty::RULE,
    rdn_empty::RULE,
];
