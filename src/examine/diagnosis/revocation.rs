//! Revoked; and CRLs that are missing, stale, of another CA.

use super::case::Revocation;
use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::inspect::validity::span;
use crate::examine::verify::{Check, Verdict};
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::revocation::RevocationList;

/// What the rules on revocation found.
pub(super) fn explain(check: &Check, judged: &Judged<'_>, now: Now) -> Option<Diagnosis> {
    let certificate = judged.link(check)?;
    if check.rule == "revocation" {
        return (check.verdict == Verdict::Fails).then(|| revoked(check, certificate, judged, now));
    }
    let issuer = judged.issuer(check)?;
    let told = of_list(check, issuer, judged, now);
    // Who wants that of the leaf's CA only does not mind the others.
    let minds = judged.case.revocation != Revocation::OfLeaf || check.link == Some(0);
    Some(if minds && check.verdict == Verdict::Fails {
        told
    } else {
        Diagnosis { severity: crate::words::finding::Severity::Warning, ..told }
    })
}

fn revoked(check: &Check, certificate: &Certificate, judged: &Judged<'_>, now: Now) -> Diagnosis {
    let name = proof::called(certificate);
    let lists = judged.case.crls.iter().filter(|list| list.issuer().matches(certificate.issuer()));
    let entry = lists
        .flat_map(|list| list.entries().iter().map(move |entry| (list, entry)))
        .find(|(_, entry)| entry.serial == *certificate.serial() && entry.reason() != RevocationReason::RemoveFromCrl);
    let Some((list, entry)) = entry else { return Diagnosis::error(Cause::Revoked, check.found.clone()) };
    let ago = span(now.time().seconds_since(entry.revoked_at).max(0));
    let told = Diagnosis::error(Cause::Revoked, format!("`{name}` was revoked {ago} ago, reason `{}`", entry.reason()))
        .proof(format!(
            "serial {} is on the CRL of `{}` since {}",
            entry.serial,
            list.issuer().rfc4514(),
            entry.revoked_at
        ))
        .proofs(entry.invalid_since().map(|time| format!("it is not to be relied on since {time}")))
        .proof(format!("that CRL is of {}", list.this_update()));
    match (entry.reason(), check.link) {
        (RevocationReason::CertificateHold, _) => told.fix(format!("mtls-ca revoke {} --release", entry.serial)),
        (_, None | Some(0)) => told.fix(proof::issue_again(judged.case, certificate)),
        _ => told.fix(format!(
            "# the CA `{name}` itself is revoked: have a new one made by `{}`",
            certificate.issuer().rfc4514()
        )),
    }
}

/// What is the matter with the CRLs of this CA?
fn of_list(check: &Check, issuer: &Certificate, judged: &Judged<'_>, now: Now) -> Diagnosis {
    let case = judged.case;
    let name = proof::called(issuer);
    let named: Vec<&RevocationList> = case.crls.iter().filter(|list| list.issuer().matches(issuer.subject())).collect();
    let signed = named.iter().copied().filter(|list| list.verify_signature(issuer.public_key()).is_ok());
    let collect = format!("mtls-ca crl set --out {}", proof::crl_file(case));
    let Some(newest) = signed.max_by_key(|list| list.this_update()) else {
        let Some(forged) = named.first() else {
            return Diagnosis::error(Cause::CrlMissing, format!("there is no CRL of the CA `{name}`"))
                .proofs(inventory(case.crls))
                .proof(
                    "where CRLs are checked, that of every CA of the chain has to be there, the root's empty one too",
                )
                .fix(collect);
        };
        return Diagnosis::error(
            Cause::CrlOtherCa,
            format!("the CRL that names `{name}` was signed by another CA of that name"),
        )
        .proofs(proof::own_key(issuer).map(|key| format!("the key of `{name}` is {key}")))
        .proofs(list_key(forged).map(|key| format!("the CRL says that it was signed with {key}")))
        .proof(format!("the CRL is of {}", forged.this_update()))
        .fix(collect);
    };
    let dates = format!("the CRL of `{name}` is of {}{}", newest.this_update(), until(newest));
    let moment = format!("the moment is {}", now.time());
    match newest.next_update() {
        _ if now.time() < newest.this_update() => {
            Diagnosis::error(Cause::CrlNotYetValid, format!("the CRL of the CA `{name}` is of a time to come"))
                .proof(dates)
                .proof(moment)
                .fix("date -u")
        }
        Some(next) if next < now.time() => Diagnosis::error(
            Cause::CrlStale,
            format!("the CRL of the CA `{name}` ended {} ago", span(now.time().seconds_since(next))),
        )
        .proof(dates)
        .proof(moment)
        .proof("peers that check CRLs refuse every certificate of that CA until they have a fresh one")
        .fix("mtls-ca crl build")
        .fix(collect),
        _ => Diagnosis::error(Cause::CrlUnusable, check.found.clone())
            .proof(dates)
            .proofs(check.why.clone())
            .fix(collect),
    }
}

fn until(list: &RevocationList) -> String {
    list.next_update().map_or_else(String::new, |next| format!(", the next one was due by {next}"))
}

fn list_key(list: &RevocationList) -> Option<String> {
    let named = list.extensions().authority_key_identifier()?.key_identifier.as_ref()?;
    Some(data_encoding::HEXLOWER.encode(named))
}

fn inventory(lists: &[RevocationList]) -> Vec<String> {
    if lists.is_empty() {
        return vec!["there is no CRL at all".to_owned()];
    }
    let one =
        |list: &RevocationList| format!("there is one of `{}`, of {}", list.issuer().rfc4514(), list.this_update());
    lists.iter().take(5).map(one).collect()
}

/// CRLs of the path that end within a quarter of their time.
pub(super) fn soon(judged: &Judged<'_>, now: Now) -> Vec<Diagnosis> {
    let case = judged.case;
    if case.revocation == Revocation::Ignored {
        return Vec::new();
    }
    let of = |list: &RevocationList| {
        let next = list.next_update()?;
        let (whole, left) = (next.seconds_since(list.this_update()), next.seconds_since(now.time()));
        let belongs = judged.links().iter().any(|ca| list.issuer().matches(ca.subject()));
        (belongs && left > 0 && left < whole / 4).then(|| {
            Diagnosis::warning(
                Cause::CrlEndsSoon,
                format!("the CRL of the CA `{}` ends in {}", list.issuer().rfc4514(), span(left)),
            )
            .proof(format!("it is of {}, the next one is due by {next}", list.this_update()))
            .fix("mtls-ca crl build")
            .fix(format!("mtls-ca crl set --out {}", proof::crl_file(case)))
        })
    };
    case.crls.iter().filter_map(of).collect()
}
