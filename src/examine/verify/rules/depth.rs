//! The path has no more intermediates than the peer takes. Counted as OpenSSL's and nginx's verify depth
//! counts them, without self-issued ones.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};

const DEPTH: Rule = Rule { code: "depth", basis: Basis::Policy, clause: "policy: --max-depth" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let Some(most) = case.question.max_depth else { return };
    let between = case.path.authorities().filter(|(position, _)| case.path.role(*position) == Role::Intermediate);
    let count = between.filter(|(_, certificate)| !certificate.is_self_issued()).count();
    checks.push(if count <= most {
        DEPTH.holds(None, format!("intermediates in the path: {count}, allowed: {most}"))
    } else {
        DEPTH
            .fails(None, format!("intermediates in the path: {count}, allowed: {most}"))
            .why("the peer follows a chain only so far")
            .hint("raise the peer's verify depth, or sign with a CA nearer to the root")
    });
}
