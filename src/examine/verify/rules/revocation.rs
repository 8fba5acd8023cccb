//! No certificate of the path is revoked (RFC 5280 sections 6.1.3(a)(3) and 6.3.3), as far as the CRLs
//! that were handed in can tell. Complete CRLs of the issuer itself are used; indirect, partial and delta
//! CRLs are named and left aside. A CRL that is stale, unsigned or broken fails, for a peer that has it
//! would refuse too.

use super::{Case, Check};
use crate::examine::inspect::validity::span;
use crate::examine::verify::answer::{Basis, Role, Rule, Verdict};
use crate::examine::verify::lists::List;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};
use crate::words::x509::usage::KeyUsage;

const REVOKED: Rule = Rule { code: "revocation", basis: Basis::Validation, clause: "RFC 5280 section 6.1.3(a)(3)" };
const LIST: Rule = Rule { code: "revocation_list", basis: Basis::Validation, clause: "RFC 5280 section 6.3.3" };
const FORM: Rule = Rule { code: "revocation_list", basis: Basis::Profile, clause: "RFC 5280 section 5.2" };
const WANTED: Rule = Rule { code: "revocation_list", basis: Basis::Policy, clause: "policy: --require-crl" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    if case.question.crls.is_empty() && !case.question.require_crl {
        checks.push(REVOKED.idle(None, "no CRL was given, so revocation was not checked"));
        return;
    }
    if let (Role::Pinned, Some(leaf)) = (case.path.role(0), case.path.leaf())
        && !leaf.is_self_issued()
    {
        let found = format!("the issuer `{}` is not trusted, so no CRL of it can be checked", leaf.issuer());
        checks.push(if case.question.require_crl { WANTED.fails(0, found) } else { WANTED.warns(0, found) });
    }
    for (position, certificate, issuer) in case.path.signed() {
        one(case, position, certificate, issuer, checks);
    }
}

/// One certificate and the CRLs of its issuer.
fn one(case: &Case<'_, '_>, position: usize, certificate: &Certificate, issuer: &Certificate, checks: &mut Vec<Check>) {
    let now = case.question.at;
    let named = case.lists.naming(issuer.subject());
    let signed: Vec<&List<'_>> =
        named.iter().copied().filter(|list| list.verify(issuer.public_key()).is_ok()).collect();
    let applicable: Vec<&List<'_>> = signed.iter().copied().filter(|list| aside(list, certificate).is_none()).collect();

    if let Some(entry) = applicable.iter().find_map(|list| list.entry_of(certificate.serial())) {
        checks.push(revoked(position, certificate, entry, now));
        return;
    }
    let Some(newest) = applicable.iter().map(|list| list.list()).max_by_key(|list| list.this_update()) else {
        checks.push(nothing(case, position, issuer, &named, &signed, certificate));
        return;
    };
    let before = checks.len();
    fresh(position, newest, now, checks);
    well_formed(position, newest, checks);
    // Section 6.3.3(f).
    if issuer.extensions().key_usage().is_some_and(|usages| !usages.contains(KeyUsage::CrlSign)) {
        checks.push(
            LIST.fails(position, format!("`{}` signed a CRL, and its key usage has no cRLSign", issuer.subject()))
                .why("peers do not take such a CRL")
                .hint("make the CA's certificate anew with `keyUsage=critical,keyCertSign,cRLSign`"),
        );
    }
    if !checks.iter().skip(before).any(|check| check.verdict == Verdict::Fails) {
        let until = newest.next_update().map_or_else(String::new, |next| format!(", the next one by {next}"));
        checks.push(
            REVOKED.holds(
                position,
                format!("not on the CRL of `{}` of {}{until}", issuer.subject(), newest.this_update()),
            ),
        );
    }
}

fn revoked(position: usize, certificate: &Certificate, entry: &RevokedEntry, now: Now) -> Check {
    let ago = span(now.time().seconds_since(entry.revoked_at).max(0));
    let since = entry.invalid_since().map_or_else(String::new, |time| format!(", not to be relied on since {time}"));
    let hint = if entry.reason() == RevocationReason::CertificateHold {
        "it is on hold: ask its CA"
    } else {
        "have a new certificate issued, with a new key where the old one may be known to others"
    };
    REVOKED
        .fails(
            position,
            format!(
                "`{}` was revoked at {}, {ago} ago: {}{since}",
                certificate.subject(),
                entry.revoked_at,
                entry.reason()
            ),
        )
        .why(format!("its serial number `{}` is on the CRL of `{}`", certificate.serial(), certificate.issuer()))
        .hint(hint)
}

/// No CRL can be used: which were there, and why not?
fn nothing(
    case: &Case<'_, '_>,
    position: usize,
    issuer: &Certificate,
    named: &[&List<'_>],
    signed: &[&List<'_>],
    certificate: &Certificate,
) -> Check {
    let name = issuer.subject();
    let hint =
        format!("get the CRL of `{name}` and give it with `--crl FILE`; roots need one too, even if it is empty");
    if let Some(reason) = signed.iter().find_map(|list| aside(list, certificate)) {
        return LIST
            .fails(
                position,
                format!("whether `{}` is revoked cannot be told: the CRL of `{name}` {reason}", certificate.subject()),
            )
            .hint(hint);
    }
    if let Some(error) = named.first().and_then(|list| list.verify(issuer.public_key()).err()) {
        return LIST
            .fails(position, format!("the CRL that names `{name}` was not signed by it: {error}"))
            .why("it is by a CA of the same name with another key, was altered, or is signed with a broken algorithm")
            .hint(hint);
    }
    let found = format!("there is no CRL of `{name}`");
    if case.question.require_crl {
        WANTED.fails(position, found).why("a CRL of every CA of the path is required").hint(hint)
    } else {
        WANTED
            .warns(position, found)
            .why("nginx, HAProxy, Envoy and rustls refuse good certificates where the CRL of one CA of the path is missing")
            .hint(hint)
    }
}

/// Why the list does not say whether this certificate is revoked, if it does not.
fn aside(list: &List<'_>, certificate: &Certificate) -> Option<&'static str> {
    let extensions = list.list().extensions();
    if extensions.iter().any(|extension| extension.oid == oid::DELTA_CRL_INDICATOR) {
        return Some("is a delta CRL, which is not read without its base");
    }
    if let Some(scope) = extensions.issuing_distribution_point() {
        if scope.indirect {
            return Some("is indirect, made for several CAs, which is not read here");
        }
        if scope.only_some_reasons {
            return Some("is for some reasons only");
        }
        if scope.only_attribute_certificates {
            return Some("is for attribute certificates only");
        }
        if scope.only_user_certificates && certificate.is_ca() {
            return Some("is for certificates of users only, and this is a CA's");
        }
        if scope.only_ca_certificates && !certificate.is_ca() {
            return Some("is for certificates of CAs only, and this is none");
        }
    }
    if list.is_beyond_us() {
        return Some("has a critical extension that is not known here");
    }
    None
}

/// Sections 5.1.2.4, 5.1.2.5 and 6.3.3(a)(1).
fn fresh(position: usize, list: &RevocationList, now: Now, checks: &mut Vec<Check>) {
    let issuer = list.issuer();
    if now.time() < list.this_update() {
        checks.push(
            LIST.fails(position, format!("the CRL of `{issuer}` is of {}, which is yet to come", list.this_update()))
                .hint("check the clock of this machine (`date -u`) and of the CA"),
        );
    }
    match list.next_update() {
        Some(next) if next < now.time() => checks.push(
            LIST.fails(
                position,
                format!(
                    "the CRL of `{issuer}` is stale: the next one was due at {next}, {} ago",
                    span(now.time().seconds_since(next))
                ),
            )
            .why("peers refuse every certificate of that CA until they have a fresh CRL")
            .hint("get the current CRL, or make one: `mtls-ca crl build`"),
        ),
        Some(_) => {}
        None => checks.push(
            FORM.warns(position, format!("the CRL of `{issuer}` does not say by when the next one is due"))
                .why("nobody can tell whether it is stale"),
        ),
    }
}

/// Sections 5.2.3 and 5.1.2.1.
fn well_formed(position: usize, list: &RevocationList, checks: &mut Vec<Check>) {
    let issuer = list.issuer();
    let hint = "make the CRL anew: `mtls-ca crl build`";
    match list.extensions().get(&oid::CRL_NUMBER) {
        None => checks.push(FORM.fails(position, format!("the CRL of `{issuer}` has no number")).hint(hint)),
        Some(number) if number.critical => {
            checks.push(
                FORM.fails(position, format!("the number of the CRL of `{issuer}` is marked critical")).hint(hint),
            );
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{Authority, ask, refusals, root};
    use crate::words::clock::Time;
    use crate::words::x509::extension::{Extension, ExtensionBody, Extensions, IssuingDistributionPoint};
    use crate::words::x509::serial::Serial;
    use crate::words::x509::usage::Purpose;

    fn extension(oid: crate::words::x509::oid::Oid, critical: bool, body: ExtensionBody) -> Extension {
        Extension { oid, critical, value: Vec::new(), body }
    }

    /// A list by this CA of 1 May to 1 July 2027.
    fn list(by: &Authority, revoked: &[&Certificate]) -> RevocationList {
        let moment = |text: &str| text.parse::<Time>().unwrap();
        let der = by.certificate.subject().rfc4514().into_bytes();
        RevocationList {
            to_be_signed: 0..der.len(),
            signature: by.sign(&der),
            signature_algorithm: by.certificate.signature_algorithm().clone(),
            der,
            version: 2,
            issuer: by.certificate.subject().clone(),
            this_update: moment("2027-05-01T00:00:00Z"),
            next_update: Some(moment("2027-07-01T00:00:00Z")),
            entries: revoked
                .iter()
                .map(|certificate| RevokedEntry {
                    serial: certificate.serial().clone(),
                    revoked_at: moment("2027-05-30T00:00:00Z"),
                    extensions: Extensions::new(vec![extension(
                        oid::REASON_CODE,
                        false,
                        ExtensionBody::ReasonCode(RevocationReason::KeyCompromise),
                    )]),
                })
                .collect(),
            extensions: Extensions::new(vec![extension(
                oid::CRL_NUMBER,
                false,
                ExtensionBody::CrlNumber(Serial::from_octets(&[1])),
            )]),
        }
    }

    #[test]
    fn lists_of_the_issuer_are_believed_while_fresh() {
        let root = root("CN=Root");
        let issuing = root.ca("CN=Issuing", |_| {});
        let impostor = root.ca("CN=Issuing", |_| {});
        let leaf = issuing.leaf("CN=leaf", |_| {});
        let other = issuing.leaf("CN=other", |_| {});
        let (clean, top) = (list(&issuing, &[&other]), list(&root, &[]));
        let bent = |bend: fn(&mut RevocationList)| {
            let mut bent = clean.clone();
            bend(&mut bent);
            bent
        };
        let scoped = |scope: IssuingDistributionPoint| {
            let mut bent = clean.clone();
            let mut extensions: Vec<Extension> = bent.extensions.iter().cloned().collect();
            let body = ExtensionBody::IssuingDistributionPoint(scope);
            extensions.push(extension(oid::ISSUING_DISTRIBUTION_POINT, true, body));
            bent.extensions = Extensions::new(extensions);
            bent
        };
        let scope = IssuingDistributionPoint::default;
        for (name, lists, required, expected) in [
            ("none", vec![], false, None),
            ("none, and one is required", vec![], true, Some("revocation_list")),
            ("all", vec![clean.clone(), top.clone()], true, None),
            ("that of the root is missing", vec![clean.clone()], false, None),
            ("that of the root is missing and required", vec![clean.clone()], true, Some("revocation_list")),
            ("revoked", vec![list(&issuing, &[&leaf]), top.clone()], false, Some("revocation")),
            ("the CA is revoked", vec![clean.clone(), list(&root, &[&issuing.certificate])], false, Some("revocation")),
            (
                "revoked on a list that is stale",
                vec![{
                    let mut stale = list(&issuing, &[&leaf]);
                    stale.next_update = Some(stale.this_update);
                    stale
                }],
                false,
                Some("revocation"),
            ),
            ("stale", vec![bent(|list| list.next_update = Some(list.this_update))], false, Some("revocation_list")),
            ("yet to come", vec![bent(|list| list.this_update = Time::MAX)], false, Some("revocation_list")),
            ("without an end", vec![bent(|list| list.next_update = None)], false, None),
            (
                "without a number",
                vec![bent(|list| list.extensions = Extensions::default())],
                false,
                Some("revocation_list"),
            ),
            ("signed by an impostor", vec![list(&impostor, &[])], false, Some("revocation_list")),
            ("an impostor revokes", vec![clean.clone(), list(&impostor, &[&leaf])], false, None),
            ("another CA's", vec![list(&root, &[&leaf])], false, None),
            (
                "for CAs only",
                vec![scoped(IssuingDistributionPoint { only_ca_certificates: true, ..scope() })],
                false,
                Some("revocation_list"),
            ),
            (
                "for users only",
                vec![scoped(IssuingDistributionPoint { only_user_certificates: true, ..scope() })],
                false,
                None,
            ),
            (
                "indirect",
                vec![scoped(IssuingDistributionPoint { indirect: true, ..scope() })],
                false,
                Some("revocation_list"),
            ),
            (
                "some reasons",
                vec![scoped(IssuingDistributionPoint { only_some_reasons: true, ..scope() })],
                false,
                Some("revocation_list"),
            ),
        ] {
            let chain = [&leaf, &issuing.certificate, &root.certificate];
            let lists: &'static [RevocationList] = Box::leak(lists.into_boxed_slice());
            let answer = ask(&chain, Purpose::Client, |question| {
                question.crls = lists;
                question.require_crl = required;
            });
            assert_eq!(refusals(&answer).first().copied(), expected, "{name}: {:?}", answer.first_cause());
        }
    }
}
