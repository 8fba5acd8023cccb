//! No CA has more CAs below it than its path length says (RFC 5280 sections 6.1.4(l) and 6.1.4(m));
//! self-issued ones are not counted. The anchor's counts too.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::usage::Purpose;

const LENGTH: Rule =
    Rule { code: "path_length", basis: Basis::Validation, clause: "RFC 5280 sections 6.1.4(l) and 6.1.4(m)" };
const WANTED: Rule =
    Rule { code: "path_length", basis: Basis::Policy, clause: "policy: a CA that may not sign is no CA" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let mut left: Option<(u32, String)> = None;
    for (position, certificate) in case.path.authorities().rev() {
        let is_anchor = position + 1 == case.path.links().len() && case.path.is_anchored();
        if !is_anchor && !certificate.is_self_issued() {
            match &mut left {
                Some((0, by)) => {
                    checks.push(
                        LENGTH
                            .fails(position, format!("`{}` is one CA too many below `{by}`", certificate.subject()))
                            .why(format!("the path length of `{by}` is used up"))
                            .hint("sign with the CA above, or make that CA anew with a greater path length"),
                    );
                    return;
                }
                Some((length, _)) => *length -= 1,
                None => {}
            }
        }
        let own = certificate.extensions().basic_constraints().and_then(|constraints| constraints.path_length);
        if let Some(own) = own
            && left.as_ref().is_none_or(|(length, _)| own < *length)
        {
            left = Some((own, certificate.subject().to_string()));
        }
    }
    let Some(leaf) = case.path.leaf() else { return };
    if let (Purpose::Ca, Some((0, by)), false) = (case.question.purpose, &left, leaf.is_self_issued()) {
        checks.push(
            WANTED
                .fails(0, format!("nothing that this CA signs will be accepted: `{by}` allows no CA below it"))
                .why("its path length is used up")
                .hint("make that CA anew with a greater path length, or sign with it directly"),
        );
        return;
    }
    checks.push(match left {
        None => LENGTH.idle(None, "no CA of the path limits its length"),
        Some((length, by)) => LENGTH.holds(None, format!("below `{by}`, {length} further CAs would be allowed")),
    });
}
