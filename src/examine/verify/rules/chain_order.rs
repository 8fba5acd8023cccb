//! The file has the chain as a TLS peer sends it: the leaf, then each issuer, without the root and
//! without strangers (RFC 5246 section 7.4.2, which RFC 8446 section 4.4.2 relaxes).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};

const ORDER: Rule = Rule { code: "chain_order", basis: Basis::Policy, clause: "RFC 5246 section 7.4.2" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let file = case.question.certificates;
    if file.len() < 2 {
        return;
    }
    let links = case.path.links();
    let mut right = true;
    let mut expected = links.iter().skip(1);
    for certificate in file.iter().skip(1) {
        if !links.contains(&certificate) {
            right = false;
            checks.push(
                ORDER
                    .warns(None, format!("`{}` stands in the file and is not part of the path", certificate.subject()))
                    .hint("take it out of the file"),
            );
        } else if expected.next() != Some(&certificate) {
            right = false;
            checks.push(
                ORDER
                    .warns(
                        None,
                        format!("`{}` does not stand where the order of the path has it", certificate.subject()),
                    )
                    .why("every certificate should certify the one before it; some peers look no further")
                    .hint("order the file: the leaf, its issuer, that one's issuer, and so on"),
            );
            break;
        }
    }
    let root = links.iter().enumerate().skip(1).find(|(position, link)| {
        case.path.role(*position) == Role::Anchor && link.is_self_issued() && file.contains(link)
    });
    if let Some((position, root)) = root {
        right = false;
        checks.push(
            ORDER
                .warns(position, format!("the root `{}` stands in the file", root.subject()))
                .why("peers have it or do not trust it; sending it costs and proves nothing")
                .hint("take it out of the file and put it into the peers' trust file"),
        );
    }
    if right {
        checks.push(ORDER.holds(None, format!("the {} certificates of the file stand in order", file.len())));
    }
}
