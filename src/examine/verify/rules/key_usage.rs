//! A CA's key usage, where it has one, includes keyCertSign (RFC 5280 section 6.1.4(n)); nobody else's
//! does (section 4.2.1.3).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Role, Rule};
use crate::words::x509::usage::{KeyUsage, Purpose};

const SIGNS: Rule = Rule { code: "key_usage", basis: Basis::Validation, clause: "RFC 5280 section 6.1.4(n)" };
const ANCHOR: Rule =
    Rule { code: "key_usage", basis: Basis::Policy, clause: "policy: roots are held to RFC 5280 section 6.1.4(n)" };
const FORM: Rule = Rule { code: "key_usage", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.3" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        let usages = certificate.extensions().key_usage();
        let signs = position > 0 || case.question.purpose == Purpose::Ca;
        let rule = if case.path.role(position) == Role::Anchor { ANCHOR } else { SIGNS };
        let subject = certificate.subject();
        match usages {
            Some(usages) if usages.is_empty() => {
                checks.push(FORM.fails(position, format!("the key usage of `{subject}` allows nothing at all")));
            }
            Some(usages) if signs && usages.contains(KeyUsage::KeyCertSign) => {
                checks.push(rule.holds(position, format!("`{subject}` may sign certificates: {usages}")));
            }
            Some(usages) if signs => checks.push(
                rule.fails(position, format!("`{subject}` may not sign certificates: its key usage is {usages}"))
                    .why("keyCertSign is missing")
                    .hint("make the CA's certificate anew with `keyUsage=critical,keyCertSign,cRLSign`"),
            ),
            None if signs => checks.push(
                FORM.warns(position, format!("the CA `{subject}` has no key usage"))
                    .why("strict peers refuse the CA (OpenSSL with `-x509_strict`, pyca)")
                    .hint("make the CA's certificate anew with `keyUsage=critical,keyCertSign,cRLSign`"),
            ),
            Some(usages) if usages.contains(KeyUsage::KeyCertSign) && !certificate.is_ca() => checks.push(
                FORM.fails(position, "the key usage includes keyCertSign, yet the certificate is no CA's")
                    .hint("have it issued again with `digitalSignature` alone"),
            ),
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root, with, without};
    use crate::words::x509::extension::ExtensionBody;
    use crate::words::x509::oid;
    use crate::words::x509::usage::KeyUsages;

    #[test]
    fn whoever_signs_certificates_may() {
        let root = root("CN=Root");
        let issuing = root.ca("CN=Issuing", |_| {});
        let leaf = issuing.leaf("CN=leaf", |_| {});
        let bare = without(&issuing.certificate, &oid::KEY_USAGE);
        let using =
            |usages: &[KeyUsage]| with(&bare, oid::KEY_USAGE, true, ExtensionBody::KeyUsage(KeyUsages::of(usages)));
        for (issuing, refused) in [
            (using(&[KeyUsage::KeyCertSign]), false),
            (using(&[KeyUsage::CrlSign, KeyUsage::DigitalSignature]), true),
            (using(&[]), true),
            (bare.clone(), false),
        ] {
            let answer = ask(&[&leaf, &issuing, &root.certificate], Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).contains(&"key_usage"), refused, "{answer:?}");
        }
        let signing = with(
            &without(&leaf, &oid::KEY_USAGE),
            oid::KEY_USAGE,
            true,
            ExtensionBody::KeyUsage(KeyUsages::of(&[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign])),
        );
        assert_eq!(
            refusals(&ask(&[&signing, &issuing.certificate, &root.certificate], Purpose::Client, |_| {})),
            ["key_usage"]
        );
    }
}
