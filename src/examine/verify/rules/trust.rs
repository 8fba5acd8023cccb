//! The path ends in a trust anchor (RFC 5280 section 6.1.1(d)). Where it does not, the search has said why.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};

const ANCHOR: Rule = Rule { code: "trust", basis: Basis::Validation, clause: "RFC 5280 section 6.1.1(d)" };
const PINNED: Rule =
    Rule { code: "trust", basis: Basis::Policy, clause: "policy: a trusted certificate needs no issuer" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let links = case.path.links();
    let Some((last, anchor)) = links.len().checked_sub(1).zip(links.last()) else { return };
    match case.path.role(last) {
        Role::Anchor => {
            checks.push(ANCHOR.holds(last, format!("the path ends in `{}`, which is trusted", anchor.subject())));
        }
        Role::Pinned if anchor.is_ca() && anchor.is_self_issued() => {
            checks.push(PINNED.holds(last, format!("`{}` is a root that is trusted itself", anchor.subject())));
        }
        Role::Pinned => checks.push(
            PINNED
                .warns(last, format!("`{}` is trusted itself, not through a CA", anchor.subject()))
                .why("rustls and others take no leaf for a trust anchor"),
        ),
        Role::Subject | Role::Intermediate => {}
    }
}
