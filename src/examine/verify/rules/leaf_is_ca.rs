//! A CA certificate should not serve as a leaf. RFC 5280 lets it; several peers do not.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::usage::Purpose;

const LEAF: Rule = Rule { code: "leaf_is_ca", basis: Basis::Policy, clause: "policy: RFC 5280 lets it" };
const CONSTRAINTS: Rule = Rule { code: "leaf_is_ca", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.10" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let Some(leaf) = case.path.leaf() else { return };
    if !leaf.is_ca() && leaf.extensions().name_constraints().is_some() {
        checks.push(
            CONSTRAINTS
                .fails(0, "the certificate has name constraints and is no CA's")
                .hint("have it issued again without them"),
        );
    }
    if leaf.is_ca() && matches!(case.question.purpose, Purpose::Client | Purpose::Server) {
        checks.push(
            LEAF.warns(0, "the certificate is a CA's, used as a leaf")
                .why("rustls and NSS refuse it, and whoever has its key can sign certificates")
                .hint("issue a certificate for this use: `mtls-ca issue NAME`; or the CA stands first in the file"),
        );
    }
}
