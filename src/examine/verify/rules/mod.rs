//! The rules, one a file, in the order in which they are reported: what comes first explains best.

mod basic_constraints;
mod chain_order;
mod depth;
mod extended_key_usage;
mod extensions;
mod key_identifiers;
mod key_not_secret;
mod key_strength;
mod key_usage;
mod leaf_is_ca;
mod name_constraints;
mod names_present;
mod path_length;
mod peer_name;
mod policies;
mod revocation;
mod serial;
mod signature;
mod subtree;
mod tls_key_usage;
mod trust;
mod validity;
mod version;

use super::answer::Check;
use super::lists::Lists;
use super::question::Question;
use super::search::Path;
use super::signatures::Signatures;

pub(super) use key_identifiers::fit;

/// What a rule looks at.
struct Case<'c, 'a> {
    path: &'c Path<'a>,
    question: &'c Question<'a>,
    lists: &'c Lists<'a>,
    signatures: &'c Signatures<'c>,
}

/// A rule adds a check for each certificate that it concerns, or one for the path.
type Look = fn(&Case<'_, '_>, &mut Vec<Check>);

const RULES: [Look; 21] = [
    trust::look,
    signature::look,
    validity::look,
    version::look,
    extensions::look,
    names_present::look,
    basic_constraints::look,
    path_length::look,
    key_usage::look,
    tls_key_usage::look,
    extended_key_usage::look,
    leaf_is_ca::look,
    name_constraints::look,
    policies::look,
    revocation::look,
    peer_name::look,
    depth::look,
    key_strength::look,
    key_not_secret::look,
    key_identifiers::look,
    serial::look,
];

/// What all rules say about this path.
pub(super) fn run<'a>(
    path: &Path<'a>,
    question: &Question<'a>,
    lists: &Lists<'a>,
    signatures: &Signatures<'_>,
) -> Vec<Check> {
    let case = Case { path, question, lists, signatures };
    let mut checks = Vec::new();
    for look in RULES {
        look(&case, &mut checks);
    }
    chain_order::look(&case, &mut checks);
    checks
}
