//! The leaf's key is one that TLS peers use: RSA from 2048 bits, or a curve of RFC 8446 section 4.2.3.
//! (The keys of CAs show by their signatures.)

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKeyAlgorithm;

const STRENGTH: Rule = Rule {
    code: "key_strength",
    basis: Basis::Policy,
    clause: "policy: at least 112 bits of strength (NIST SP 800-57)",
};
const TLS: Rule = Rule { code: "key_strength", basis: Basis::Policy, clause: "policy, after RFC 8446 section 4.2.3" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let Some(leaf) = case.path.leaf() else { return };
    let key = leaf.public_key();
    let hint = "make a new key: `mtls-ca csr` or `openssl ecparam -genkey -name prime256v1`";
    checks.push(match key.algorithm() {
        PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2_048 => STRENGTH
            .fails(0, format!("the key is RSA with {bits} bits, at least 2048 are needed"))
            .why("OpenSSL and rustls refuse shorter keys, for they can be broken")
            .hint(hint),
        PublicKeyAlgorithm::Other { algorithm, .. } if *algorithm == oid::ED448 => {
            TLS.warns(0, "the key is Ed448").why("Go, rustls, BoringSSL and NSS do not know it").hint(hint)
        }
        PublicKeyAlgorithm::Other { .. } => {
            TLS.fails(0, format!("the key is of the kind `{key}`")).why("no TLS peer uses such a key").hint(hint)
        }
        _ => STRENGTH.holds(0, format!("the key is `{key}`")),
    });
}
