//! Whoever signs certificates is marked as a CA (RFC 5280 section 6.1.4(k)), critically so (section
//! 4.2.1.9), and so is a certificate that is to be used as one.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;
use crate::words::x509::usage::Purpose;

const CA: Rule = Rule { code: "basic_constraints", basis: Basis::Validation, clause: "RFC 5280 section 6.1.4(k)" };
const ANCHOR: Rule = Rule {
    code: "basic_constraints",
    basis: Basis::Policy,
    clause: "policy: roots are held to RFC 5280 section 6.1.4(k)",
};
const FORM: Rule = Rule { code: "basic_constraints", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.9" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.authorities() {
        let rule = if case.path.role(position) == Role::Anchor { ANCHOR } else { CA };
        authority(rule, position, certificate, checks);
    }
    let Some(leaf) = case.path.leaf() else { return };
    if case.question.purpose == Purpose::Ca {
        authority(CA, 0, leaf, checks);
    } else if leaf
        .extensions()
        .basic_constraints()
        .is_some_and(|constraints| !constraints.ca && constraints.path_length.is_some())
    {
        checks.push(FORM.fails(0, "the certificate has a path length and is no CA").hint("have it issued again"));
    }
}

fn authority(rule: Rule, position: usize, certificate: &Certificate, checks: &mut Vec<Check>) {
    let subject = certificate.subject();
    let Some(constraints) = certificate.extensions().basic_constraints() else {
        checks.push(
            rule.fails(position, format!("`{subject}` has no basic constraints, so it is no CA"))
                .why("without that mark every leaf could sign certificates")
                .hint("make the CA anew with `mtls-ca init`, or with `basicConstraints=critical,CA:TRUE`"),
        );
        return;
    };
    if !constraints.ca {
        checks.push(
            rule.fails(position, format!("`{subject}` says `CA:FALSE`"))
                .why("it may not sign certificates")
                .hint("sign with a CA certificate; or the wrong certificate stands in the chain"),
        );
        return;
    }
    if certificate.extensions().get(&oid::BASIC_CONSTRAINTS).is_some_and(|extension| extension.critical) {
        checks.push(rule.holds(position, format!("`{subject}` is a CA")));
    } else {
        checks.push(
            FORM.fails(position, format!("the basic constraints of the CA `{subject}` are not marked critical"))
                .why("strict peers refuse the CA (OpenSSL with `-x509_strict`, Python 3.13)")
                .hint("make the CA's certificate anew with `basicConstraints=critical,CA:TRUE`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root, with, without};
    use crate::words::x509::extension::{BasicConstraints, ExtensionBody};

    #[test]
    fn only_a_marked_ca_signs() {
        let root = root("CN=Root");
        let issuing = root.ca("CN=Issuing", |_| {});
        let leaf = issuing.leaf("CN=leaf", |_| {});
        let bare = without(&issuing.certificate, &oid::BASIC_CONSTRAINTS);
        let marked = |ca, critical| {
            with(
                &bare,
                oid::BASIC_CONSTRAINTS,
                critical,
                ExtensionBody::BasicConstraints(BasicConstraints { ca, path_length: None }),
            )
        };
        for (issuing, expected) in [
            (marked(true, true), None),
            (marked(true, false), Some(Basis::Profile)),
            (marked(false, true), Some(Basis::Validation)),
            (bare.clone(), Some(Basis::Validation)),
        ] {
            let answer = ask(&[&leaf, &issuing, &root.certificate], Purpose::Client, |_| {});
            let refused = refusals(&answer).contains(&"basic_constraints");
            assert_eq!(refused, expected.is_some(), "{answer:?}");
            if let Some(basis) = expected {
                assert_eq!(answer.first_cause().unwrap().basis, basis);
            }
        }
        assert_eq!(
            refusals(&ask(&[&leaf, &issuing.certificate, &root.certificate], Purpose::Ca, |_| {})).first(),
            Some(&"basic_constraints")
        );
        assert_eq!(refusals(&ask(&[&issuing.certificate, &root.certificate], Purpose::Ca, |_| {})), [""; 0]);
    }
}
