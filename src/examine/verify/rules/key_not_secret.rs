//! No private key of the path is anybody's: published, computed from the public one, or not needed to sign.
//! Whoever has a CA's makes certificates, and whoever has the leaf's is its bearer.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::weakness::Weakness;

const RULE: Rule = Rule {
    code: "key_not_secret",
    basis: Basis::Policy,
    clause: "policy: a key proves something where nobody else has it",
};

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    let before = checks.len();
    for (position, link) in case.path.links().iter().enumerate() {
        let Some(weakness) = Weakness::of(link.public_key()) else { continue };
        let (whose, hint) = if position == 0 {
            (format!("the key of `{}`", link.subject()), "make a new key, have it certified, and revoke this one")
        } else {
            (format!("the key of the CA `{}`", link.subject()), "make a new CA, and trust this one no longer")
        };
        checks.push(RULE.fails(position, format!("{whose} protects nothing")).why(weakness.to_string()).hint(hint));
    }
    if checks.len() == before {
        checks.push(RULE.holds(None, "no key is one that is published, or computed from its public half"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root};
    use crate::words::x509::certificate::Certificate;
    use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};
    use crate::words::x509::usage::Purpose;

    #[test]
    fn nobody_else_has_a_key_of_the_path() {
        let root = root("CN=Root");
        let issuing = root.ca("CN=Issuing", |_| {});
        let leaf = issuing.leaf("CN=leaf", |_| {});
        // The base point of P-256 (FIPS 186-4 appendix D.1.2.3): its private key is 1.
        let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let point = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        let known = |certificate: &Certificate| {
            let public_key = PublicKey::from_encoding(Vec::new(), point.clone(), PublicKeyAlgorithm::EcdsaP256);
            Certificate { public_key, ..certificate.clone() }
        };
        let chain = [leaf, issuing.certificate.clone(), root.certificate.clone()];
        let about = |chain: &[Certificate; 3]| {
            let answer = ask(&chain.each_ref(), Purpose::Client, |_| {});
            let checks = answer.checks().iter().filter(|check| check.rule == RULE.code);
            (refusals(&answer).contains(&RULE.code), checks.map(|check| check.link).collect::<Vec<_>>())
        };
        assert_eq!(about(&chain), (false, vec![None]));
        let mut weak = chain.clone();
        weak[0] = known(&chain[0]);
        assert_eq!(about(&weak), (true, vec![Some(0)]));
    }
}
