//! Expired, not yet valid, soon to end, outliving its CA.

use super::case::Case;
use super::cause::Cause;
use super::finding::Diagnosis;
use super::path::Judged;
use super::proof;
use crate::examine::inspect::validity::{ValidityReport, span};
use crate::examine::verify::Check;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::validity::Standing;

/// What the rule on validity found.
pub(super) fn explain(check: &Check, judged: &Judged<'_>, now: Now) -> Option<Diagnosis> {
    let certificate = judged.link(check)?;
    let position = check.link.unwrap_or(0);
    let validity = certificate.validity();
    let name = proof::called(certificate);
    let moment = format!("the moment is {}", now.time());
    let told = match validity.standing(now) {
        _ if validity.not_after < validity.not_before => Diagnosis::error(Cause::Malformed, check.found.clone()),
        Standing::Expired => Diagnosis::error(
            Cause::Expired,
            format!("{} `{name}` expired {} ago", what(judged, position), span(validity.seconds_left(now))),
        ),
        Standing::NotYetValid => Diagnosis::error(
            Cause::NotYetValid,
            format!(
                "{} `{name}` is not valid for another {}",
                what(judged, position),
                span(validity.not_before.seconds_since(now.time()))
            ),
        ),
        Standing::Valid => Diagnosis::warning(Cause::OutlivesCa, check.found.clone()),
    };
    let told = told.proof(proof::dates(certificate)).proof(moment);
    Some(match told.code {
        Cause::NotYetValid => told
            .fix("date -u")
            .fix("# one of two clocks is wrong, that of this machine or that of the CA; if neither is, wait"),
        Cause::OutlivesCa => {
            let issuer = judged.issuer(check);
            let parent = if issuer.is_none_or(Certificate::is_self_issued) { "" } else { " --parent DIR" };
            told.proofs(issuer.map(proof::dates))
                .fix(format!("# renew the CA before it ends: mtls-ca rotate prepare{parent}"))
        }
        _ => told.fix(renewal(judged.case, certificate, position)),
    })
}

/// Certificates of the path that end soon.
pub(super) fn soon(judged: &Judged<'_>, now: Now) -> Vec<Diagnosis> {
    let of = |(position, certificate): (usize, &&Certificate)| {
        let report = ValidityReport::of(certificate.validity(), now);
        report.ends_soon().then(|| {
            Diagnosis::warning(
                Cause::ExpiresSoon,
                format!("{} `{}` {}", what(judged, position), proof::called(certificate), report.words),
            )
            .proof(proof::dates(certificate))
            .fix(renewal(judged.case, certificate, position))
        })
    };
    judged.links().iter().enumerate().filter_map(of).collect()
}

/// What the link is, for a sentence.
fn what(judged: &Judged<'_>, position: usize) -> &'static str {
    let last = position + 1 == judged.links().len() && judged.is_anchored();
    match (position, last) {
        (0, _) => "the certificate of",
        (_, true) => "the trusted CA",
        (_, false) => "the intermediate CA",
    }
}

fn renewal(case: &Case<'_>, certificate: &Certificate, position: usize) -> String {
    match (position, case.files.presented) {
        (0, Some(_)) => format!("mtls-ca renew {}", proof::renewed(case)),
        (0, None) => format!("mtls-ca renew {}", certificate.serial()),
        _ if certificate.is_self_issued() => "mtls-ca rotate prepare".to_owned(),
        _ => format!("# put the CA's current certificate in its place, in {}", proof::presented_file(case)),
    }
}
