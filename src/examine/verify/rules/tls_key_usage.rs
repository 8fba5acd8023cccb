//! The key of a TLS peer may make signatures, where it has a key usage (RFC 8446 sections 4.4.2.2 and
//! 4.4.2.3; RFC 5280 section 4.2.1.3).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::usage::{KeyUsage, Purpose};

const TLS: Rule =
    Rule { code: "tls_key_usage", basis: Basis::Validation, clause: "RFC 8446 sections 4.4.2.2 and 4.4.2.3" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let (Some(leaf), purpose @ (Purpose::Client | Purpose::Server)) = (case.path.leaf(), case.question.purpose) else {
        return;
    };
    let Some(usages) = leaf.extensions().key_usage().copied() else {
        checks.push(TLS.idle(0, "the certificate has no key usage, so any is allowed"));
        return;
    };
    let older = match leaf.public_key().algorithm() {
        PublicKeyAlgorithm::Rsa { .. } => usages.contains(KeyUsage::KeyEncipherment),
        _ => usages.contains(KeyUsage::KeyAgreement),
    };
    let hint = "have it issued again with `digitalSignature`: `mtls-ca sign` does";
    checks.push(if usages.contains(KeyUsage::DigitalSignature) {
        TLS.holds(0, format!("the key usage is {usages}"))
    } else if purpose == Purpose::Server && older {
        TLS.warns(0, format!("the key usage is {usages}, without digitalSignature"))
            .why("it serves some cipher suites of TLS 1.2 and none of TLS 1.3; Java, NSS and GnuTLS refuse it")
            .hint(hint)
    } else {
        TLS.fails(0, format!("the key usage is {usages}, without digitalSignature"))
            .why("a TLS peer proves with a signature that it has the key")
            .hint(hint)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::answer::Verdict;
    use crate::examine::verify::sample::{ask, root};
    use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsages};

    #[test]
    fn a_tls_peer_signs() {
        use KeyUsage::{DigitalSignature, KeyAgreement, KeyEncipherment, NonRepudiation};
        use Verdict::{Fails, Holds, Warns};
        let root = root("CN=Root");
        for (usages, purpose, expected) in [
            (vec![DigitalSignature], Purpose::Client, Holds),
            (vec![DigitalSignature, KeyEncipherment], Purpose::Server, Holds),
            (vec![NonRepudiation], Purpose::Server, Fails),
            (vec![KeyAgreement], Purpose::Server, Warns),
            (vec![KeyAgreement], Purpose::Client, Fails),
            // The key is no RSA key.
            (vec![KeyEncipherment], Purpose::Server, Fails),
        ] {
            let leaf = root.leaf("CN=leaf", |content| {
                content.key_usage = KeyUsages::of(&usages);
                content.extended_key_usage = vec![ExtendedKeyUsage::CLIENT_AUTH, ExtendedKeyUsage::SERVER_AUTH];
            });
            let answer = ask(&[&leaf, &root.certificate], purpose, |_| {});
            let found = answer.checks().iter().find(|check| check.rule == "tls_key_usage").unwrap();
            assert_eq!(found.verdict, expected, "{usages:?} {purpose}");
        }
    }
}
