//! Keys and signatures that are weak, or that nobody can check.

use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::verify::{Check, Verdict};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::PublicKeyAlgorithm;

/// What the rules on signatures and keys found.
pub(super) fn explain(check: &Check, judged: &Judged<'_>) -> Option<Diagnosis> {
    let certificate = judged.link(check)?;
    let again = judged.issue_again(check);
    let told = |code, sentence: String| match check.verdict {
        Verdict::Fails => Diagnosis::error(code, sentence),
        _ => Diagnosis::warning(code, sentence),
    };
    let name = proof::called(certificate);
    let signature = certificate.signature_algorithm();
    if check.rule == "key_strength" {
        let kind = format!("the key of `{name}` is {}", certificate.public_key());
        let (code, sentence) = match (certificate.public_key().algorithm(), check.verdict) {
            _ if is_short(certificate) => (Cause::KeyWeak, kind),
            (PublicKeyAlgorithm::Other { .. }, _) => (Cause::AlgorithmUnsupported, kind),
            (_, Verdict::Fails) => (Cause::KeyWeak, format!("`{name}`: {}", check.found)),
            _ => (Cause::AlgorithmUnsupported, format!("`{name}`: {}", check.found)),
        };
        return Some(
            told(code, sentence)
                .proofs(check.why.clone())
                .proof("taken are RSA from 2048 bits, ECDSA on P-256, P-384 and P-521, and Ed25519")
                .fix(again),
        );
    }
    if certificate.inner_signature_algorithm() != signature {
        return Some(told(Cause::Malformed, check.found.clone()).proofs(check.why.clone()).fix(again));
    }
    if signature.is_broken() {
        return Some(
            told(Cause::SignatureWeak, format!("the signature on `{name}` is `{}`", signature.name()))
                .proof("SHA-1 and MD5 are broken, and nearly every TLS program refuses them")
                .proof(proof::dates(certificate))
                .fix(again),
        );
    }
    let signer = judged
        .case
        .trust
        .iter()
        .chain(judged.case.presented)
        .find(|ca| ca.subject().matches(certificate.issuer()) && is_short(ca));
    if let Some(signer) = signer {
        return Some(
            told(Cause::KeyWeak, format!("the key of the CA `{}` is {}", proof::called(signer), signer.public_key()))
                .proof("OpenSSL, rustls and others refuse RSA keys below 2048 bits, for they can be broken")
                .proof(proof::dates(signer))
                .fix("mtls-ca init"),
        );
    }
    Some(told(Cause::AlgorithmUnsupported, check.found.clone()).proofs(check.why.clone()).fix(again))
}

/// A key that somebody else has, or needs no private half.
pub(super) fn not_secret(check: &Check, judged: &Judged<'_>) -> Option<Diagnosis> {
    let certificate = judged.link(check).filter(|_| check.verdict == Verdict::Fails)?;
    Some(
        Diagnosis::error(Cause::KeyNotSecret, check.found.clone())
            .proofs(check.why.clone())
            .proof(format!("SHA-256 of its public key {}", certificate.public_key().fingerprint()))
            .fix(judged.issue_again(check)),
    )
}

fn is_short(certificate: &Certificate) -> bool {
    matches!(certificate.public_key().algorithm(), PublicKeyAlgorithm::Rsa { bits, .. } if *bits < 2_048)
}
