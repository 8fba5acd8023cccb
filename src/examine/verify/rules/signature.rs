//! Every signature verifies with the key of the issuer (RFC 5280 section 6.1.3(a)(1)), and both places
//! that name its algorithm agree (section 4.1.1.2).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};

const SIGNATURE: Rule = Rule { code: "signature", basis: Basis::Validation, clause: "RFC 5280 section 6.1.3(a)(1)" };
const SAME: Rule = Rule { code: "signature_algorithm", basis: Basis::Validation, clause: "RFC 5280 section 4.1.1.2" };
const BROKEN_ROOT: Rule = Rule {
    code: "signature_algorithm",
    basis: Basis::Policy,
    clause: "policy: the signature of a root proves nothing",
};

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate, issuer) in case.path.signed() {
        let algorithm = certificate.signature_algorithm().name();
        // The search has gone this way because of it, and remembers what came out.
        checks.push(match case.signatures.verify(certificate, issuer) {
            Ok(()) => SIGNATURE
                .holds(position, format!("`{algorithm}` by the {} key of `{}`", issuer.public_key(), issuer.subject())),
            Err(error) => SIGNATURE.fails(position, error.to_string()),
        });
    }
    for (position, certificate) in case.path.links().iter().enumerate() {
        let (outer, inner) = (certificate.signature_algorithm(), certificate.inner_signature_algorithm());
        if outer != inner {
            checks.push(
                SAME.fails(
                    position,
                    format!("the certificate says `{}` where it was signed as `{}`", outer.name(), inner.name()),
                )
                .why("both places have to name the same algorithm")
                .hint("it was altered after it was signed; get it again from its CA"),
            );
        } else if outer.is_broken() && matches!(case.path.role(position), Role::Anchor | Role::Pinned) {
            checks.push(
                BROKEN_ROOT.warns(position, format!("the trusted certificate is signed with `{}`", outer.name())).why(
                    "nothing rests on the signature of a certificate that is trusted itself, yet some scanners mind",
                ),
            );
        }
    }
}
