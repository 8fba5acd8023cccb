//! The certificate is made for its use (RFC 5280 section 4.2.1.12), and no CA above it is restricted to
//! other uses.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::usage::{ExtendedKeyUsage, Purpose};

const LEAF: Rule = Rule { code: "extended_key_usage", basis: Basis::Validation, clause: "RFC 5280 section 4.2.1.12" };
const ANY: Rule = Rule {
    code: "extended_key_usage",
    basis: Basis::Policy,
    clause: "policy: any purpose is none, as OpenSSL and rustls have it",
};
const ABOVE: Rule = Rule {
    code: "extended_key_usage",
    basis: Basis::Policy,
    clause: "policy: usages of a CA restrict what is below, as OpenSSL, Go and rustls have it",
};

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        let usages = certificate.extensions().extended_key_usage();
        if usages.is_some_and(Vec::is_empty) {
            checks.push(LEAF.fails(position, "the extended key usages are an empty list").hint("have it issued again"));
            continue;
        }
        let Some(required) = case.question.purpose.required_usage() else { continue };
        let Some(usages) = usages else {
            if position == 0 {
                checks.push(LEAF.idle(0, "the certificate has no extended key usage, so any is allowed"));
            }
            continue;
        };
        let list = usages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let any = usages.contains(&ExtendedKeyUsage::ANY);
        let purpose = case.question.purpose;
        checks.push(match (position, usages.contains(&required)) {
            (0, true) => LEAF.holds(0, format!("made for {list}")),
            (0, false) if any => ANY
                .fails(0, format!("made for {list}, not for {required}"))
                .why("OpenSSL, rustls, BoringSSL and NSS do not take `anyExtendedKeyUsage` for it")
                .hint(again(purpose)),
            (0, false) => {
                LEAF.fails(0, format!("made for {list}, not for {required}")).why(wrong(purpose)).hint(again(purpose))
            }
            (_, true) => ABOVE.holds(position, format!("`{}` may certify for {list}", certificate.subject())),
            (_, false) if any => ABOVE.holds(position, format!("`{}` may certify for any use", certificate.subject())),
            (_, false) => ABOVE
                .fails(position, format!("the CA `{}` is restricted to {list}, not {required}", certificate.subject()))
                .why("peers refuse the whole chain for that")
                .hint("sign with a CA without extended key usages, or with that one among them"),
        });
    }
}

const fn wrong(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Client => "nearly every TLS server refuses it as a client's certificate",
        _ => "nearly every TLS client refuses it as a server's certificate",
    }
}

const fn again(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Client => "have it issued again with `--profile client`, or `--profile peer` for both roles",
        _ => "have it issued again with `--profile server`, or `--profile peer` for both roles",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root};

    #[test]
    fn made_for_its_use_and_not_restricted_from_above() {
        const SERVER: ExtendedKeyUsage = ExtendedKeyUsage::SERVER_AUTH;
        const CLIENT: ExtendedKeyUsage = ExtendedKeyUsage::CLIENT_AUTH;
        let root = root("CN=Root");
        for (leaf, issuing, purpose, refused) in [
            (vec![CLIENT], vec![], Purpose::Client, false),
            (vec![CLIENT, SERVER], vec![], Purpose::Server, false),
            (vec![SERVER], vec![], Purpose::Client, true),
            (vec![CLIENT], vec![], Purpose::Server, true),
            (vec![], vec![], Purpose::Server, false),
            (vec![ExtendedKeyUsage::ANY], vec![], Purpose::Server, true),
            (vec![ExtendedKeyUsage::ANY, SERVER], vec![], Purpose::Server, false),
            (vec![SERVER], vec![CLIENT], Purpose::Server, true),
            (vec![SERVER], vec![CLIENT, SERVER], Purpose::Server, false),
            (vec![SERVER], vec![ExtendedKeyUsage::ANY], Purpose::Server, false),
            (vec![SERVER], vec![CLIENT], Purpose::Any, false),
            (vec![ExtendedKeyUsage::OCSP_SIGNING], vec![], Purpose::Any, false),
        ] {
            let ca = root.ca("CN=Issuing", |content| content.extended_key_usage.clone_from(&issuing));
            let certificate = ca.leaf("CN=leaf", |content| content.extended_key_usage.clone_from(&leaf));
            let answer = ask(&[&certificate, &ca.certificate, &root.certificate], purpose, |_| {});
            assert_eq!(refusals(&answer).contains(&"extended_key_usage"), refused, "{leaf:?} {issuing:?} {purpose}");
        }
    }
}
