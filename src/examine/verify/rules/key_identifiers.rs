//! Key identifiers: CAs have their own (RFC 5280 section 4.2.1.2), every certificate that is not
//! self-signed names its issuer's (section 4.2.1.1), and the two agree.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::certificate::Certificate;

const OWN: Rule = Rule { code: "key_identifier", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.2" };
const ISSUERS: Rule = Rule { code: "key_identifier", basis: Basis::Profile, clause: "RFC 5280 section 4.2.1.1" };
const AGREE: Rule = Rule {
    code: "key_identifier",
    basis: Basis::Policy,
    clause: "policy: they agree, as OpenSSL, NSS and Java demand",
};

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, authority) in case.path.authorities() {
        if authority.extensions().subject_key_identifier().is_none() {
            checks.push(
                OWN.fails(position, format!("the CA `{}` has no subject key identifier", authority.subject()))
                    .why("strict peers refuse the CA (OpenSSL with `-x509_strict`, Python 3.13)")
                    .hint("make the CA's certificate anew with `subjectKeyIdentifier=hash`"),
            );
        }
    }
    // A root that names another key than its own is no root to OpenSSL.
    if let Some((position, anchor)) = case.path.authorities().next_back()
        && case.path.is_anchored()
        && fit(anchor, anchor) == Fit::Differ
        && anchor.is_self_signed()
    {
        checks.push(
            AGREE
                .fails(
                    position,
                    format!("the root `{}` names another key than its own as its issuer's", anchor.subject()),
                )
                .why("OpenSSL looks for a CA with that key and does not find it")
                .hint("make the root's certificate anew with the same key"),
        );
    }
    for (position, certificate, issuer) in case.path.signed() {
        let named = certificate.extensions().authority_key_identifier();
        if named.is_none_or(|named| named.key_identifier.is_none()) {
            checks.push(
                ISSUERS
                    .fails(position, format!("`{}` does not name the key of its issuer", certificate.subject()))
                    .why("strict peers refuse it (OpenSSL with `-x509_strict`, Python 3.13)")
                    .hint("have it issued again with `authorityKeyIdentifier=keyid`"),
            );
        } else if fit(certificate, issuer) == Fit::Differ {
            checks.push(
                AGREE
                    .fails(
                        position,
                        format!("`{}` names another key than that of `{}`", certificate.subject(), issuer.subject()),
                    )
                    .why("the signature is right and the authority key identifier is not the issuer's")
                    .hint(
                        "have it issued again; the CA's own certificate may have been renewed with another identifier",
                    ),
            );
        } else {
            checks.push(ISSUERS.holds(position, format!("names the key of `{}`", issuer.subject())));
        }
    }
}

/// How the key identifiers of a certificate and of a CA of its issuer's name go together, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::examine::verify) enum Fit {
    /// They name the same key.
    Agree,
    /// There is nothing to compare.
    Silent,
    /// They name different keys.
    Differ,
}

/// How they go together.
pub(in crate::examine::verify) fn fit(certificate: &Certificate, issuer: &Certificate) -> Fit {
    let Some(named) = certificate.extensions().authority_key_identifier() else { return Fit::Silent };
    let serial = named.serial.as_ref().map(|serial| serial == issuer.serial());
    match (named.key_identifier.as_ref().zip(issuer.extensions().subject_key_identifier()), serial) {
        (Some((named, own)), _) if named != own => Fit::Differ,
        (None, Some(false)) => Fit::Differ,
        // Another serial beside the same key: the CA's certificate was renewed.
        (None, None) | (Some(_), Some(false)) => Fit::Silent,
        (Some(_), _) | (None, Some(true)) => Fit::Agree,
    }
}
