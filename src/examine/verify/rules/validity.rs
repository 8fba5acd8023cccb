//! Every certificate holds at the moment (RFC 5280 section 6.1.3(a)(2); both ends included, section
//! 4.1.2.5), the trust anchor too.

use super::{Case, Check};
use crate::examine::inspect::validity::span;
use crate::examine::verify::answer::{Basis, Role, Rule};
use crate::words::x509::validity::Standing;

const VALIDITY: Rule = Rule { code: "validity", basis: Basis::Validation, clause: "RFC 5280 section 6.1.3(a)(2)" };
const ANCHOR: Rule =
    Rule { code: "validity", basis: Basis::Policy, clause: "policy: an expired root is refused, as OpenSSL and Go do" };
const OUTLIVES: Rule =
    Rule { code: "validity", basis: Basis::Policy, clause: "policy, after RFC 5280 section 6.1.3(a)(2)" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let now = case.question.at;
    for (position, certificate) in case.path.links().iter().enumerate() {
        let rule = if case.path.role(position) == Role::Anchor { ANCHOR } else { VALIDITY };
        let validity = certificate.validity();
        let (from, to) = (validity.not_before, validity.not_after);
        let left = validity.seconds_left(now);
        checks.push(match validity.standing(now) {
            _ if to < from => {
                rule.fails(position, format!("it ends at {to} before it begins at {from}")).hint("have it issued again")
            }
            Standing::Valid => rule.holds(position, format!("from {from} to {to}, {} left", span(left))),
            Standing::Expired => rule
                .fails(position, format!("`{}` expired at {to}, {} ago", certificate.subject(), span(-left)))
                .why(format!("it held from {from} to {to}; the moment is {}", now.time()))
                .hint(renew(case.path.role(position))),
            Standing::NotYetValid => rule
                .fails(
                    position,
                    format!(
                        "`{}` does not hold before {from}, which is in {}",
                        certificate.subject(),
                        span(from.seconds_since(now.time()))
                    ),
                )
                .why(format!("it holds from {from} to {to}; the moment is {}", now.time()))
                .hint("check the clock of this machine (`date -u`) and of the CA"),
        });
    }
    outlives(case, checks);
}

/// A certificate should not outlive its issuer: the day the issuer expires it stops working.
fn outlives(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate, issuer) in case.path.signed() {
        let (own, above) = (certificate.validity().not_after, issuer.validity().not_after);
        if own > above {
            checks.push(
                OUTLIVES
                    .warns(position, format!("`{}` outlives its CA, which ends at {above}", certificate.subject()))
                    .why("it will be refused from that day on, whatever its own date says")
                    .hint("renew the CA in time, and have the certificate issued again"),
            );
        }
    }
}

const fn renew(role: Role) -> &'static str {
    match role {
        Role::Subject | Role::Pinned => "have it issued again: `mtls-ca sign CSR` or `mtls-ca issue NAME`",
        Role::Intermediate => "replace the intermediate in the chain file by the CA's current one",
        Role::Anchor => "replace it in the trust file by the CA's current root",
    }
}
