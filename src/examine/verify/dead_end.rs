//! Why there is no path: what other validators call "unknown CA", told apart.

use super::answer::{Basis, Check, Rule};
use super::question::Question;
use super::search::{Candidate, DeadEnd, Impostor};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Name;
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::signature::SignatureError;

const PATH: Rule = Rule { code: "no_path", basis: Basis::Validation, clause: "RFC 5280 section 6.1" };
const MISSING: Rule = Rule { code: "issuer_missing", basis: Basis::Validation, clause: "RFC 5280 section 6.1.3(a)(4)" };
const OTHER_CA: Rule =
    Rule { code: "signed_by_other_ca", basis: Basis::Validation, clause: "RFC 5280 section 6.1.1(d)" };
const OTHER_KEY: Rule =
    Rule { code: "same_name_other_key", basis: Basis::Validation, clause: "RFC 5280 section 6.1.3(a)(1)" };
const ALGORITHM: Rule = Rule {
    code: "signature_algorithm",
    basis: Basis::Policy,
    clause: "policy, after RFC 9155 and RFC 8446 section 4.4.2.2",
};
const ALTERED: Rule =
    Rule { code: "signature_algorithm", basis: Basis::Validation, clause: "RFC 5280 section 4.1.1.2" };
const NAMELESS: Rule = Rule { code: "names_present", basis: Basis::Profile, clause: "RFC 5280 section 4.1.2.4" };
const LIMIT: Rule = Rule { code: "search_limit", basis: Basis::Policy, clause: "policy: bounded work" };

/// There is no certificate to ask about.
pub(super) fn nothing_asked() -> Check {
    PATH.fails(None, "there is no certificate to verify")
}

/// The search was given up.
pub(super) fn gave_up(limit: &str) -> Check {
    LIMIT
        .fails(None, format!("no path was found before the search was given up: {limit}"))
        .why("certificates that sign each other in circles, or many CAs of one name, make the search endless")
        .hint("leave out the intermediates that do not belong to this certificate")
}

/// Why the path ends where it does.
pub(super) fn explain(end: &DeadEnd<'_>, pool: &[Candidate<'_>], question: &Question<'_>) -> Check {
    let links = end.path.links();
    let Some(top) = links.last() else { return nothing_asked() };
    let position = links.len() - 1;
    if let Some(check) = end.impostors.iter().find_map(|impostor| uncheckable(position, top, impostor)) {
        return check;
    }
    if top.signature_algorithm() != top.inner_signature_algorithm() {
        let names = (top.signature_algorithm().name(), top.inner_signature_algorithm().name());
        return ALTERED
            .fails(position, format!("`{}` says `{}` where it was signed as `{}`", top.subject(), names.0, names.1))
            .why("both places have to name the same algorithm: it was altered after it was signed")
            .hint("get the certificate again from its CA");
    }
    let is_trusted =
        |other: &Certificate| pool.iter().any(|candidate| candidate.trusted && candidate.certificate == other);
    if let Some(impostor) = end.impostors.iter().find(|impostor| is_trusted(impostor.certificate)) {
        return other_key(position, top, impostor, true);
    }
    if top.is_self_signed() && !question.anchors.is_empty() {
        return self_signed(position, top, question);
    }
    if let Some(impostor) = end.impostors.first() {
        return other_key(position, top, impostor, false);
    }
    if question.anchors.is_empty() {
        return MISSING
            .fails(position, "no CA certificate is trusted, so that no path can end")
            .hint("name the CA with `--ca FILE`, or a CA directory with `--ca-dir DIR`");
    }
    if top.issuer().is_empty() {
        return NAMELESS
            .fails(position, format!("`{}` names no issuer", top.subject()))
            .why("nobody can be found by an empty name")
            .hint("have it issued again by a CA that has a name");
    }
    if pool.iter().any(|other| other.certificate != *top && other.certificate.subject().matches(top.issuer())) {
        return MISSING
            .fails(position, format!("`{}` is only reached in a circle of CAs that sign each other", top.issuer()))
            .why("none of them is trusted, and none is signed by a CA that is")
            .hint("name the CA that you trust with `--ca FILE`");
    }
    missing(position, top, pool, question)
}

/// A signature that proves nothing, or that we have no means to check.
fn uncheckable(position: usize, top: &Certificate, impostor: &Impostor<'_>) -> Option<Check> {
    let issuer = impostor.certificate.subject();
    let short = match impostor.certificate.public_key().algorithm() {
        PublicKeyAlgorithm::Rsa { bits, .. } if !(2_048..=8_192).contains(bits) => Some(bits),
        _ => None,
    };
    match &impostor.error {
        SignatureError::Broken(algorithm) => Some(
            ALGORITHM
                .fails(position, format!("the signature of `{issuer}` on `{}` is `{algorithm}`", top.subject()))
                .why("SHA-1 and MD5 are broken: anybody with some money can make a certificate with that signature")
                .hint("have it issued again with SHA-256: `mtls-ca sign` does"),
        ),
        SignatureError::Unsupported { algorithm, key } => Some(
            ALGORITHM
                .fails(position, format!("a signature `{algorithm}` by the key `{key}` of `{issuer}` cannot be checked"))
                .why("taken are RSA of 2048 to 8192 bits, ECDSA on P-256, P-384 and P-521, and Ed25519, with SHA-256 or better")
                .hint("have the CA use one of these keys"),
        ),
        SignatureError::Mismatch => short.map(|bits| {
            ALGORITHM
                .fails(position, format!("the key of the CA `{issuer}` is RSA with {bits} bits"))
                .why("signatures by RSA keys of 2048 to 8192 bits are taken, for shorter keys can be broken")
                .hint("make the CA anew with a stronger key: `mtls-ca init`")
        }),
    }
}

/// There is a CA of the issuer's name, and the signature is not by its key.
fn other_key(position: usize, top: &Certificate, impostor: &Impostor<'_>, trusted: bool) -> Check {
    let whose = if trusted { "the trusted CA" } else { "the CA in the chain" };
    let identifiers = match (wanted_key(top), own_key(impostor.certificate)) {
        (Some(wanted), Some(own)) if wanted != own => {
            format!("the certificate names the key `{wanted}`, the CA has `{own}`")
        }
        _ => "the signature does not match the CA's key".to_owned(),
    };
    OTHER_KEY
        .fails(
            position,
            format!(
                "`{}` was signed by a CA of the same name as {whose} `{}`, but with another key: {identifiers}",
                top.subject(),
                impostor.certificate.subject()
            ),
        )
        .why("the CA was created anew under its old name, or somebody uses its name; or the certificate was altered")
        .hint("trust the certificate of the CA that signed it, or have it signed again by today's CA")
}

/// The path ends in a root, or in a self-signed certificate, that nobody said to trust.
fn self_signed(position: usize, top: &Certificate, question: &Question<'_>) -> Check {
    let trusted = names(question.anchors);
    let check = if position == 0 {
        OTHER_CA
            .fails(position, format!("`{}` is self-signed and not trusted", top.subject()))
            .hint("have it signed by a CA that you trust: `mtls-ca sign`; or trust it itself with `--ca FILE`")
    } else {
        OTHER_CA
            .fails(position, format!("the chain leads to the root `{}`, which is not trusted", top.subject()))
            .hint("trust that root with `--ca FILE`, or have the certificate signed by a CA that you trust")
    };
    check.why(format!("signed by another CA; trusted: {trusted}"))
}

/// Nobody has the issuer's name: is an intermediate missing, or is it another CA's?
fn missing(position: usize, top: &Certificate, pool: &[Candidate<'_>], question: &Question<'_>) -> Check {
    let issuer = top.issuer();
    let trusted = names(question.anchors);
    let renamed = wanted_key(top)
        .and_then(|wanted| pool.iter().find(|candidate| own_key(candidate.certificate).as_ref() == Some(&wanted)));
    if let Some(renamed) = renamed {
        return OTHER_CA
            .fails(
                position,
                format!("issuer `{issuer}` is missing; its key is that of `{}`", renamed.certificate.subject()),
            )
            .why("the CA has the right key and another name: it was renamed, or its name was encoded differently")
            .hint(format!("use the certificate of `{issuer}` with that key"));
    }
    let same_organization = question
        .anchors
        .iter()
        .any(|anchor| organization(issuer).is_some() && organization(issuer) == organization(anchor.subject()));
    let check = MISSING.fails(position, format!("issuer `{issuer}` of `{}` is missing from the chain", top.subject()));
    if same_organization {
        check.why(format!("no certificate of that name was given; the trusted CAs are {trusted}")).hint(format!(
            "append the certificate of `{issuer}` behind it in the file, or give it with `--intermediates FILE`"
        ))
    } else {
        check
            .why(format!("either an intermediate is missing, or it was signed by another CA; trusted: {trusted}"))
            .hint(format!(
                "if `{issuer}` is an intermediate of a trusted CA, append its certificate or give it with `--intermediates FILE`; else trust its root with `--ca FILE`"
            ))
    }
}

fn organization(name: &Name) -> Option<String> {
    let attribute = name.attributes().find(|attribute| attribute.kind == oid::ORGANIZATION)?;
    attribute.value.text().map(str::to_lowercase)
}

fn wanted_key(certificate: &Certificate) -> Option<String> {
    let identifier = certificate.extensions().authority_key_identifier()?.key_identifier.as_ref()?;
    Some(data_encoding::HEXLOWER.encode(identifier))
}

fn own_key(certificate: &Certificate) -> Option<String> {
    Some(data_encoding::HEXLOWER.encode(certificate.extensions().subject_key_identifier()?))
}

fn names(anchors: &[Certificate]) -> String {
    let shown: Vec<String> = anchors.iter().take(3).map(|anchor| format!("`{}`", anchor.subject())).collect();
    let more = anchors.len().saturating_sub(3);
    match (shown.is_empty(), more) {
        (true, _) => "nobody".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
