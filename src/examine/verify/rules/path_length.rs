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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root, with, without};
    use crate::words::x509::certificate::Certificate;
    use crate::words::x509::extension::{BasicConstraints, ExtensionBody};
    use crate::words::x509::oid;

    fn limited(certificate: &Certificate, path_length: Option<u32>) -> Certificate {
        let body = ExtensionBody::BasicConstraints(BasicConstraints { ca: true, path_length });
        with(&without(certificate, &oid::BASIC_CONSTRAINTS), oid::BASIC_CONSTRAINTS, true, body)
    }

    #[test]
    fn lengths_count_down_from_the_anchor() {
        let root = root("CN=Root");
        let first = root.ca("CN=First", |_| {});
        let second = first.ca("CN=Second", |_| {});
        let same = first.ca("CN=First", |_| {});
        let by_second = second.leaf("CN=leaf", |_| {});
        let by_same = same.leaf("CN=leaf", |_| {});
        for (lengths, self_issued, refused) in [
            ([None, None, None], false, false),
            ([None, Some(1), Some(0)], false, false),
            ([None, Some(0), None], false, true),
            ([None, Some(0), Some(5)], false, true),
            ([Some(2), None, None], false, false),
            ([Some(1), None, None], false, true),
            ([Some(1), Some(7), None], false, true),
            // A self-issued CA is not counted.
            ([None, Some(0), Some(0)], true, false),
            ([Some(1), None, None], true, false),
            ([Some(0), None, None], true, true),
        ] {
            let (leaf, second) = if self_issued { (&by_same, &same) } else { (&by_second, &second) };
            let chain = [
                leaf,
                &limited(&second.certificate, lengths[2]),
                &limited(&first.certificate, lengths[1]),
                &limited(&root.certificate, lengths[0]),
            ];
            let answer = ask(&chain, Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).contains(&"path_length"), refused, "{lengths:?} {self_issued}");
        }
        // The one asked about is not counted, unless it is to be a CA itself.
        let chain = [&second.certificate, &limited(&first.certificate, Some(0)), &root.certificate];
        assert_eq!(refusals(&ask(&chain, Purpose::Any, |_| {})), [""; 0]);
        assert_eq!(refusals(&ask(&chain, Purpose::Ca, |_| {})), ["path_length"]);
    }
}
